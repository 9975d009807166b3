package elasticsearch

import (
	"encoding/json"
	"strconv"
	"strings"
)

// searchBody is what _search and _count take as their body.
type searchBody struct {
	Query          json.RawMessage `json:"query"`
	Size           *int            `json:"size"`
	From           *int            `json:"from"`
	Sort           json.RawMessage `json:"sort"`
	Source         json.RawMessage `json:"_source"`
	TrackTotalHits any             `json:"track_total_hits"`
	Aggs           json.RawMessage `json:"aggs"`
	Aggregations   json.RawMessage `json:"aggregations"`
	Timeout        string          `json:"timeout"`
}

// asked is a request resolved against the catalog of its moment.
type asked struct {
	catalog *catalog
	scopes  []scope
	body    searchBody
	matches predicate
}

func (a asked) shards() map[string]int {
	return map[string]int{"total": len(a.scopes), "successful": len(a.scopes), "skipped": 0, "failed": 0}
}

// ask reads what _search and _count have in common: the target, and the query in the URL or in the body.
func (h *handler) ask(r request) (asked, error) {
	a := asked{catalog: h.store.current.Load()}
	var err error
	a.scopes, err = a.catalog.resolve(r.path["target"], r.query.Get("ignore_unavailable") == "true")
	if err != nil {
		return a, err
	}
	if len(r.body) > 0 {
		if err := decodeStrict(r.body, &a.body); err != nil {
			f := unsupported(strings.TrimPrefix(err.Error(), "x_content_parse_exception: "),
				"query, size, from, sort, _source, track_total_hits and aggs in a search")
			return a, f
		}
	}
	var q query = matchAll{}
	switch {
	case r.query.Has("q"):
		q, err = parseQueryString(r.query.Get("q"), splitNonEmpty(r.query.Get("df")), r.query.Get("default_operator"))
	case len(a.body.Query) > 0:
		q, err = parseQuery(a.body.Query)
	}
	if err != nil {
		return a, err
	}
	a.matches, err = a.catalog.plan(a.scopes, q, r.now)
	return a, err
}

// override takes over the parameters of the URL, which win over the body.
func (b *searchBody) override(r request) error {
	for name, into := range map[string]**int{"size": &b.Size, "from": &b.From} {
		if !r.query.Has(name) {
			continue
		}
		n, err := strconv.Atoi(r.query.Get(name))
		if err != nil {
			return badArgument("Failed to parse int parameter [%s] with value [%s]", name, r.query.Get(name))
		}
		*into = &n
	}
	if text := r.query.Get("track_total_hits"); text != "" {
		b.TrackTotalHits = text
		if is, err := strconv.ParseBool(text); err == nil && text != "0" && text != "1" {
			b.TrackTotalHits = is
		}
	}
	if text := r.query.Get("_source"); text != "" {
		b.Source = []byte(text)
		if text != "true" && text != "false" {
			b.Source, _ = json.Marshal(strings.Split(text, ",")) // a list of strings always encodes
		}
	}
	if text := r.query.Get("sort"); text != "" {
		var keys []map[string]string
		for one := range strings.SplitSeq(text, ",") {
			field, direction, found := strings.Cut(one, ":")
			if !found {
				direction = "asc"
			}
			keys = append(keys, map[string]string{field: direction})
		}
		b.Sort, _ = json.Marshal(keys) // a list of strings always encodes
	}
	return nil
}

func (b *searchBody) window() (from, size int, err error) {
	size = defaultSize
	if b.Size != nil {
		size = *b.Size
	}
	if b.From != nil {
		from = *b.From
	}
	if from < 0 || size < 0 || from+size > maxWindow || from+size < 0 {
		return 0, 0, badArgument("Result window is too large or negative, from + size must be less than or equal to: [%d] but was [%d]", maxWindow, from+size)
	}
	return from, size, nil
}
