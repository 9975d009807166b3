package elasticsearch

import (
	"fmt"
	"net/http"
)

// failure is an error as Elasticsearch answers it: a status, a type such as index_not_found_exception, and a reason.
type failure struct {
	status int
	kind   string
	reason string
	index  string // the index it is about, if any
	cause  *cause // the last of the chain, if there is one
}

type cause struct {
	Type   string `json:"type"`
	Reason string `json:"reason"`
}

// Error implements error.
func (f *failure) Error() string { return f.kind + ": " + f.reason }

func fail(status int, kind, format string, args ...any) *failure {
	return &failure{status: status, kind: kind, reason: fmt.Sprintf(format, args...)}
}

func badArgument(format string, args ...any) *failure {
	return fail(http.StatusBadRequest, "illegal_argument_exception", format, args...)
}

// unsupported is the answer to what Elasticsearch would know and this server does not.
func unsupported(what, known string) *failure {
	return fail(http.StatusBadRequest, "parsing_exception",
		"%s: not supported; the embedded index knows %s; give --elasticsearch-url for a real Elasticsearch", what, known)
}

func noSuchIndex(name string) *failure {
	f := fail(http.StatusNotFound, "index_not_found_exception", "no such index [%s]", name)
	f.index = name
	return f
}

// body is the error object within an answer.
func (f *failure) body() map[string]any {
	body := map[string]any{"type": f.kind, "reason": f.reason}
	if f.index != "" {
		body["index"] = f.index
	}
	if f.cause != nil {
		body["caused_by"] = f.cause
	}
	return body
}

// answer is the whole answer to a request that failed.
func (f *failure) answer() map[string]any {
	body := f.body()
	body["root_cause"] = []any{f.body()}
	return map[string]any{"error": body, "status": f.status}
}
