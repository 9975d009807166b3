package simulator

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"catsvdogs/services/simulator/faultplan"
)

// refuse answers a connect with the fault that was ordered for it, if any.
func (s *server) refuse(w http.ResponseWriter) bool {
	for _, name := range []faultplan.Name{
		faultplan.Connect401, faultplan.Connect402, faultplan.Connect403, faultplan.Connect409, faultplan.Connect429, faultplan.Connect503,
	} {
		act, ok := s.board.Take(name)
		if !ok {
			continue
		}
		s.writeRefusal(w, act)
		s.board.Fired(name)
		return true
	}
	return false
}

func (s *server) writeRefusal(w http.ResponseWriter, act faultplan.Act) {
	switch act.Name {
	case faultplan.Connect401:
		withoutLimits(w.Header())
		writeProblem(w, unauthorized())
	case faultplan.Connect402:
		writeProblem(w, creditsDepleted(act.Variant))
	case faultplan.Connect403:
		writeJSON(w, http.StatusForbidden, notEnrolled())
	case faultplan.Connect409:
		writeProblem(w, connectionException(http.StatusConflict, act.Variant))
	case faultplan.Connect429:
		s.writeTooMany(w, act, connectEndpoint)
	case faultplan.Connect503:
		writeUnavailable(w, act)
	}
}

// writeTooMany answers in the forms of 429 that have been seen. The one about
// connections comes with headers that show plenty of budget left.
func (s *server) writeTooMany(w http.ResponseWriter, act faultplan.Act, of endpoint) {
	if act.Variant == "too_many_connections" {
		writeProblem(w, connectionException(http.StatusTooManyRequests, "TooManyConnections"))
		return
	}
	if strings.HasSuffix(act.Variant, "_no_reset") {
		withoutLimits(w.Header())
	} else {
		allowance{limit: of.limit, reset: s.now().Add(act.For)}.setHeaders(w.Header())
	}
	if strings.HasPrefix(act.Variant, "problem") {
		writeProblem(w, tooManyRequests())
		return
	}
	type code struct {
		Code    int    `json:"code"`
		Message string `json:"message"`
	}
	writeJSON(w, http.StatusTooManyRequests, struct {
		Errors []code `json:"errors"`
	}{[]code{{88, "Rate limit exceeded"}}})
}

func withoutLimits(h http.Header) {
	for _, name := range []string{"limit", "remaining", "reset"} {
		h.Del("x-rate-limit-" + name)
	}
}

// writeUnavailable is what comes from in front of X, not from X itself.
func writeUnavailable(w http.ResponseWriter, act faultplan.Act) {
	withoutLimits(w.Header())
	switch act.Variant {
	case "html":
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.WriteHeader(http.StatusServiceUnavailable)
		_, _ = w.Write([]byte("<!DOCTYPE html><html><head><title>503 Service Unavailable</title></head><body>Over capacity (simulated)</body></html>\n"))
		return
	case "retry_after":
		w.Header().Set("Retry-After", strconv.Itoa(int((act.For+time.Second-1)/time.Second)))
	}
	writeProblem(w, problem{
		Title: "Service Unavailable", Detail: "Service Unavailable", Type: "about:blank",
		Status: http.StatusServiceUnavailable, code: http.StatusServiceUnavailable,
	})
}
