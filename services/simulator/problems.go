package simulator

import (
	"encoding/json"
	"net/http"

	"catsvdogs/services/simulator/wire"
)

// problemBase is where X keeps its problem types today; old answers carry
// https://api.twitter.com, so clients compare the last segment only.
const problemBase = "https://api.x.com/2/problems/"

// problem is X's error body (RFC 7807 and additions).
type problem struct {
	Errors          []requestError `json:"errors,omitempty"`
	Title           string         `json:"title"`
	Detail          string         `json:"detail"`
	Type            string         `json:"type"`
	Status          int            `json:"status,omitempty"`
	ConnectionIssue string         `json:"connection_issue,omitempty"`

	code int
}

// requestError is one mistake in a request.
type requestError struct {
	Parameters map[string][]string `json:"parameters"`
	Message    string              `json:"message"`
}

// unauthorized is as measured on X in August 2026; it comes without
// rate-limit headers.
func unauthorized() problem {
	return problem{Title: "Unauthorized", Detail: "Unauthorized", Type: "about:blank", Status: http.StatusUnauthorized, code: http.StatusUnauthorized}
}

// tooManyRequests has the form of the measured 401; of this one there is no
// record.
func tooManyRequests() problem {
	return problem{Title: "Too Many Requests", Detail: "Too Many Requests", Type: "about:blank", Status: http.StatusTooManyRequests, code: http.StatusTooManyRequests}
}

// tooManyConnections refuses a second stream. The documentation also says that
// a new connection closes the old one; every recorded answer says this.
func tooManyConnections() problem {
	return problem{
		Title: "ConnectionException", Detail: "This stream is currently at the maximum allowed connection limit.",
		ConnectionIssue: "TooManyConnections", Type: problemBase + "streaming-connection", code: http.StatusTooManyRequests,
	}
}

// withoutRules refuses a stream that could deliver nothing.
func withoutRules() problem {
	return problem{
		Title:           "ConnectionException",
		Detail:          "You must define rules using the POST /2/tweets/search/stream/rules endpoint before connecting to filtered stream.",
		ConnectionIssue: "RuleConfigurationIssue", Type: problemBase + "streaming-connection", code: http.StatusConflict,
	}
}

// invalidRequest lists everything that is wrong with a request.
func invalidRequest(errors ...requestError) problem {
	return problem{
		Errors: errors, Title: "Invalid Request", Detail: "One or more parameters to your request was invalid.",
		Type: problemBase + "invalid-request", code: http.StatusBadRequest,
	}
}

// ruleCap refuses rules beyond the plan's number. Type as specified; no record
// of title and status.
func ruleCap() problem {
	return problem{
		Title: "RulesCapExceeded", Detail: "You have exceeded the maximum number of rules.",
		Type: problemBase + "rule-cap", code: http.StatusBadRequest,
	}
}

func bodyTooLarge() problem {
	return problem{
		Title: "Request Entity Too Large", Detail: "The request body is larger than the rules of any plan.",
		Type: "about:blank", Status: http.StatusRequestEntityTooLarge, code: http.StatusRequestEntityTooLarge,
	}
}

// mistaken is a mistake in a parameter, or in the body when it names none.
func mistaken(parameter string, values []string, message string) requestError {
	if parameter == "" {
		return requestError{Parameters: map[string][]string{}, Message: message}
	}
	return requestError{Parameters: map[string][]string{parameter: values}, Message: message}
}

func fromMistakes(mistakes []wire.Mistake) problem {
	errors := make([]requestError, 0, len(mistakes))
	for _, m := range mistakes {
		errors = append(errors, mistaken(m.Parameter, m.Values, m.Message))
	}
	return invalidRequest(errors...)
}

func writeProblem(w http.ResponseWriter, p problem) {
	writeBody(w, "application/problem+json", p.code, p)
}

func writeJSON(w http.ResponseWriter, status int, body any) {
	writeBody(w, "application/json; charset=utf-8", status, body)
}

func writeBody(w http.ResponseWriter, contentType string, status int, body any) {
	w.Header().Set("Content-Type", contentType)
	w.WriteHeader(status)
	out := json.NewEncoder(w)
	out.SetEscapeHTML(false) // this is no page, and messages hold '<'
	// All bodies are structs of strings and numbers, which always encode, and a
	// client that has gone cannot be told.
	_ = out.Encode(body)
}
