package simulator

import (
	"catsvdogs/services/simulator/chronicle"
	"catsvdogs/services/simulator/world"
)

// missing is why a post or a user is not in an answer (ResourceNotFoundProblem,
// ResourceUnauthorizedProblem, ResourceUnavailableProblem).
type missing struct {
	Value        string `json:"value,omitempty"`
	Detail       string `json:"detail"`
	Title        string `json:"title"`
	ResourceType string `json:"resource_type"`
	Parameter    string `json:"parameter"`
	ResourceID   string `json:"resource_id"`
	Section      string `json:"section,omitempty"`
	Type         string `json:"type"`
}

func notFound(kind, parameter, id string) missing {
	return missing{
		Value: id, Detail: "Could not find " + kind + " with " + parameter + ": [" + id + "].", Title: "Not Found Error",
		ResourceType: kind, Parameter: parameter, ResourceID: id, Type: problemBase + "resource-not-found",
	}
}

// notAuthorized is the answer to who asks for a post of a protected author.
func notAuthorized(parameter, id string) missing {
	return missing{
		Value: id, Detail: "Sorry, you are not authorized to see the Tweet with " + parameter + ": [" + id + "].", Title: "Authorization Error",
		ResourceType: "tweet", Parameter: parameter, ResourceID: id, Section: "data", Type: problemBase + "not-authorized-for-resource",
	}
}

// unavailable is the answer for a post that may have been made and that nobody
// knows any more: X forgets none, and a client that believed "not found" would
// delete what is there. Type as specified; the rest is worded here.
func unavailable(parameter, id string) missing {
	return missing{
		Detail: "The Tweet with " + parameter + ": [" + id + "] is not available: this simulator does not remember that far back.", Title: "Resource Unavailable",
		ResourceType: "tweet", Parameter: parameter, ResourceID: id, Type: problemBase + "resource-unavailable",
	}
}

// absence is what look-up says of a post that it does not give.
func absence(parameter, id string, of chronicle.Whereabouts) missing {
	switch {
	case of.Lost == world.Protected:
		return notAuthorized(parameter, id)
	case of.Forgotten:
		return unavailable(parameter, id)
	default:
		return notFound("tweet", parameter, id)
	}
}
