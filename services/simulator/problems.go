package simulator

import (
	"encoding/json"
	"net/http"
	"strings"

	"catsvdogs/services/simulator/faultplan"
	"catsvdogs/services/simulator/wire"
)

// problemBase is where X keeps its problem types today; old answers carry
// https://api.twitter.com, so clients compare the last segment only.
const (
	problemBase    = "https://api.x.com/2/problems/"
	oldProblemBase = "https://api.twitter.com/2/problems/"
)

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

// unknownPath is the answer of X to a path that it does not have, and to a method
// that a path does not take.
func unknownPath(status int) problem {
	text := http.StatusText(status)
	return problem{Title: text, Detail: text, Type: "about:blank", Status: status, code: status}
}

// connectionException refuses a stream for one of the issues that X specifies
// (ConnectionExceptionProblem). Of TooManyConnections the documentation also
// says that a new connection closes the old one; every recorded answer says
// this. The details of RulesInvalidIssue and ProvisioningSubscription are
// worded here: there is no record of them.
func connectionException(status int, issue string) problem {
	detail := map[string]string{
		"TooManyConnections":       "This stream is currently at the maximum allowed connection limit.",
		"RuleConfigurationIssue":   "You must define rules using the POST /2/tweets/search/stream/rules endpoint before connecting to filtered stream.",
		"RulesInvalidIssue":        "The rules of this stream are not valid.",
		"ProvisioningSubscription": "Your subscription is being provisioned. Try again later.",
	}[issue]
	return problem{Title: "ConnectionException", Detail: detail, ConnectionIssue: issue, Type: problemBase + "streaming-connection", code: status}
}

// creditsDepleted is an empty pay-per-use account, in the two forms that were
// seen in 2026.
func creditsDepleted(form string) problem {
	if form == "payment_required" {
		return problem{
			Title: "Payment Required", Detail: "credits depleted", Type: problemBase + "credits-depleted",
			Status: http.StatusPaymentRequired, code: http.StatusPaymentRequired,
		}
	}
	return problem{
		Title: "CreditsDepleted", Detail: "Your enrolled account [1] does not have any credits to fulfill this request.",
		Type: problemBase + "credits", code: http.StatusPaymentRequired,
	}
}

// clientForbidden is a 403 of an app that is in no project; it has no errors.
type clientForbidden struct {
	ClientID           string `json:"client_id"`
	Detail             string `json:"detail"`
	RegistrationURL    string `json:"registration_url"`
	Title              string `json:"title"`
	RequiredEnrollment string `json:"required_enrollment"`
	Reason             string `json:"reason"`
	Type               string `json:"type"`
}

func notEnrolled() clientForbidden {
	return clientForbidden{
		ClientID: appID, Title: "Client Forbidden", Reason: "client-not-enrolled", RequiredEnrollment: "Appropriate Level of API Access",
		RegistrationURL: "https://developer.x.com/en/docs/projects/overview", Type: problemBase + "client-forbidden",
		Detail: "When authenticating requests to the X API v2 endpoints, you must use keys and tokens from a developer App that is attached to a Project.",
	}
}

// disconnectMessage is what X says in a stream before it ends it
// (OperationalDisconnectProblem, ClientDisconnectedProblem).
func disconnectMessage(variant string) string {
	if variant == "client-disconnected" {
		return `{"errors":[{"title":"client-disconnected","detail":"This client has been disconnected.","type":"` + problemBase + `client-disconnected"}]}`
	}
	kind, old := strings.CutSuffix(variant, faultplan.OldHost)
	base := problemBase
	if old {
		base = oldProblemBase
	}
	detail := "This stream has been disconnected for operational reasons."
	switch kind {
	case "UpstreamOperationalDisconnect":
		detail = "This stream has been disconnected upstream for operational reasons."
	case "SlowReader":
		detail = "This stream has been disconnected because the client reads too slowly."
	}
	return `{"errors":[{"title":"operational-disconnect","disconnect_type":"` + kind + `","detail":"` + detail + `","type":"` + base + `operational-disconnect"}]}`
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

// jobUnderWay refuses a second compliance job (ConflictProblem). The detail is
// the specification's; there is no record of an answer.
func jobUnderWay() problem {
	return problem{
		Title: "Conflict", Detail: "You cannot create a new job if one is already in progress.", Type: problemBase + "conflict",
		Status: http.StatusConflict, code: http.StatusConflict,
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
