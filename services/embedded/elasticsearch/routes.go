package elasticsearch

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// handler answers HTTP requests from the store.
type handler struct {
	store *store
	log   *slog.Logger
	now   func() time.Time
	large chan struct{} // holds one for each large body in memory
}

// request is what a route gets: the named segments of the path, the query parameters it allows, and the body.
type request struct {
	context context.Context
	path    map[string]string
	query   url.Values
	body    []byte
	now     time.Time
}

// reply is a status and a value to encode as JSON; a nil value is an empty body.
type reply struct {
	status int
	value  any
}

// route is one operation. In pattern {index} and {target} match no name that begins with an underscore, except _all.
type route struct {
	methods string // separated by spaces
	pattern string
	params  string // allowed query parameters, separated by spaces, besides pretty, human and error_trace
	serve   func(*handler, request) (reply, error)
}

const searchParams = "q df default_operator ignore_unavailable allow_no_indices expand_wildcards preference timeout"

// routes returns the operations by path; the first that matches is taken.
func routes() []route {
	return []route{
		{"GET HEAD", "/", "", (*handler).info},
		{"POST PUT", "/_bulk", "refresh timeout wait_for_active_shards", (*handler).bulk},
		{"POST PUT", "/{index}/_bulk", "refresh timeout wait_for_active_shards", (*handler).bulk},
		{"GET HEAD", "/{index}/_doc/{id}", "refresh realtime preference", (*handler).document},
		{"GET POST", "/_count", searchParams, (*handler).count},
		{"GET POST", "/{target}/_count", searchParams, (*handler).count},
		{"GET POST", "/_search", searchParams + " size from sort _source track_total_hits", (*handler).search},
		{"GET POST", "/{target}/_search", searchParams + " size from sort _source track_total_hits", (*handler).search},
		{"GET POST", "/_refresh", "ignore_unavailable allow_no_indices expand_wildcards", (*handler).refresh},
		{"GET POST", "/{target}/_refresh", "ignore_unavailable allow_no_indices expand_wildcards", (*handler).refresh},
		{"POST", "/_index_template/_simulate_index/{name}", "create cause master_timeout include_defaults", (*handler).simulateIndex},
		{"PUT POST", "/_index_template/{name}", "create cause master_timeout", (*handler).putIndexTemplate},
		{"GET HEAD", "/_index_template", "flat_settings local master_timeout", (*handler).getIndexTemplate},
		{"GET HEAD", "/_index_template/{name}", "flat_settings local master_timeout", (*handler).getIndexTemplate},
		{"DELETE", "/_index_template/{name}", "master_timeout timeout", (*handler).deleteIndexTemplate},
		{"PUT POST", "/_component_template/{name}", "create cause master_timeout", (*handler).putComponentTemplate},
		{"GET HEAD", "/_component_template", "flat_settings local master_timeout", (*handler).getComponentTemplate},
		{"GET HEAD", "/_component_template/{name}", "flat_settings local master_timeout", (*handler).getComponentTemplate},
		{"DELETE", "/_component_template/{name}", "master_timeout timeout", (*handler).deleteComponentTemplate},
		{"GET", "/_cluster/health", "wait_for_status timeout master_timeout level local", (*handler).health},
		{"GET", "/_cluster/health/{target}", "wait_for_status timeout master_timeout level local", (*handler).health},
		{"GET", "/_cat/indices", "format bytes", (*handler).listIndices},
		{"GET", "/_cat/indices/{target}", "format bytes", (*handler).listIndices},
		{"GET HEAD", "/_alias", "ignore_unavailable local", (*handler).getAlias},
		{"GET HEAD", "/_alias/{name}", "ignore_unavailable local", (*handler).getAlias},
		{"POST", "/_aliases", "timeout master_timeout", (*handler).changeAliases},
		{"PUT POST", "/{target}/_mapping", "ignore_unavailable allow_no_indices expand_wildcards timeout master_timeout", (*handler).putMapping},
		{"GET", "/_mapping", "ignore_unavailable allow_no_indices expand_wildcards local master_timeout", (*handler).getMapping},
		{"GET", "/{target}/_mapping", "ignore_unavailable allow_no_indices expand_wildcards local master_timeout", (*handler).getMapping},
		{"PUT", "/{index}", "wait_for_active_shards timeout master_timeout", (*handler).putIndex},
		{"GET HEAD", "/{target}", "ignore_unavailable allow_no_indices expand_wildcards flat_settings local master_timeout include_defaults", (*handler).getIndex},
		{"DELETE", "/{target}", "ignore_unavailable timeout master_timeout", (*handler).deleteIndex},
	}
}

// ServeHTTP implements http.Handler.
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	// Clients of Elasticsearch refuse to talk to a server without it.
	w.Header().Set("X-Elastic-Product", "Elasticsearch")
	answer, err := h.serve(w, r)
	if err != nil {
		var known *failure
		if !errors.As(err, &known) {
			h.log.Error("index", "method", r.Method, "error", err)
			known = fail(http.StatusInternalServerError, "exception", "%s", err)
		}
		answer = reply{known.status, known.answer()}
	}
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false) // sources come back as they were sent
	if err := encoder.Encode(answer.value); err != nil {
		h.log.Error("encode answer", "error", err)
		answer.status = http.StatusInternalServerError
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(answer.status)
	if r.Method != http.MethodHead && answer.value != nil {
		_, _ = w.Write(text.Bytes()) // fails only when the client has gone
	}
}

func (h *handler) serve(w http.ResponseWriter, r *http.Request) (reply, error) {
	segments, err := pathSegments(r.URL)
	if err != nil {
		return reply{}, badArgument("the path is not properly escaped: %s", err)
	}
	var allowed []string
	for _, route := range routes() {
		path, ok := match(route.pattern, segments)
		if !ok {
			continue
		}
		methods := strings.Fields(route.methods)
		if !slices.Contains(methods, r.Method) {
			allowed = append(allowed, methods...)
			continue
		}
		query, err := url.ParseQuery(r.URL.RawQuery)
		if err != nil {
			return reply{}, badArgument("the query parameters are not properly escaped: %s", err)
		}
		known := append(strings.Fields(route.params), "pretty", "human", "error_trace")
		for name := range query {
			if !slices.Contains(known, name) {
				return reply{}, badArgument("request [%s] contains unrecognized parameter: [%s]; the embedded index knows: %s", r.URL.Path, name, route.params)
			}
		}
		body, forget, err := h.readBody(w, r)
		if err != nil {
			return reply{}, err
		}
		defer forget()
		return route.serve(h, request{context: r.Context(), path: path, query: query, body: body, now: h.now()})
	}
	if len(allowed) > 0 {
		w.Header().Set("Allow", strings.Join(allowed, ","))
		return reply{http.StatusMethodNotAllowed, map[string]any{"status": http.StatusMethodNotAllowed,
			"error": "Incorrect HTTP method for uri [" + r.URL.RequestURI() + "] and method [" + r.Method + "], allowed: [" + strings.Join(allowed, ", ") + "]"}}, nil
	}
	return reply{http.StatusBadRequest, map[string]any{"status": http.StatusBadRequest,
		"error": "no handler found for uri [" + r.URL.RequestURI() + "] and method [" + r.Method + "]; the embedded index does not have this endpoint"}}, nil
}

// pathSegments splits before it unescapes: an id may contain a slash.
func pathSegments(u *url.URL) ([]string, error) {
	var segments []string
	for segment := range strings.SplitSeq(strings.Trim(u.EscapedPath(), "/"), "/") {
		plain, err := url.PathUnescape(segment)
		if err != nil {
			return nil, err
		}
		segments = append(segments, plain)
	}
	return segments, nil
}

// match compares the segments of a path with a pattern and returns those that it names.
func match(pattern string, segments []string) (map[string]string, bool) {
	want := strings.Split(strings.TrimPrefix(pattern, "/"), "/")
	if len(want) != len(segments) {
		return nil, false
	}
	named := map[string]string{}
	for i, segment := range segments {
		name, isNamed := strings.CutPrefix(want[i], "{")
		if !isNamed {
			if segment != want[i] {
				return nil, false
			}
			continue
		}
		name = strings.TrimSuffix(name, "}")
		internal := (name == "index" || name == "target") && strings.HasPrefix(segment, "_") && segment != "_all"
		if segment == "" || internal {
			return nil, false
		}
		named[name] = segment
	}
	return named, true
}
