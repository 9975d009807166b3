package elasticsearch

import (
	"encoding/json"
	"math"
	"net/http"
	"strconv"
	"time"
)

const (
	maxWindow        = 10_000 // index.max_result_window: from + size
	defaultSize      = 10
	defaultTotalHits = 10_000 // hits are counted exactly up to here unless the request says otherwise
)

// count answers _count.
func (h *handler) count(r request) (reply, error) {
	a, err := h.ask(r)
	if err != nil {
		return reply{}, err
	}
	n, err := h.store.countMatches(r.context, a.matches)
	if err != nil {
		return reply{}, err
	}
	return reply{http.StatusOK, map[string]any{"count": n, "_shards": a.shards()}}, nil
}

// hit is one found document.
type hit struct {
	Index  string          `json:"_index"`
	ID     string          `json:"_id"`
	Score  *float64        `json:"_score"`
	Source json.RawMessage `json:"_source,omitempty"`
	Sort   []any           `json:"sort,omitempty"`
}

// search answers _search.
func (h *handler) search(r request) (reply, error) {
	began := time.Now()
	a, err := h.ask(r)
	if err != nil {
		return reply{}, err
	}
	if err := a.body.override(r); err != nil {
		return reply{}, err
	}
	from, size, err := a.body.window()
	if err != nil {
		return reply{}, err
	}
	hits := map[string]any{}
	if err := h.total(r, a, hits); err != nil {
		return reply{}, err
	}
	hits["hits"], hits["max_score"], err = h.page(r, a, from, size)
	if err != nil {
		return reply{}, err
	}
	answer := map[string]any{"timed_out": false, "_shards": a.shards(), "hits": hits}
	definitions := a.body.Aggs
	if len(definitions) == 0 {
		definitions = a.body.Aggregations
	}
	if len(definitions) > 0 {
		if answer["aggregations"], err = h.aggregate(r, a, definitions); err != nil {
			return reply{}, err
		}
	}
	answer["took"] = time.Since(began).Milliseconds()
	return reply{http.StatusOK, answer}, nil
}

// page returns the hits from from on and the best score.
func (h *handler) page(r request, a asked, from, size int) ([]hit, *float64, error) {
	keys, err := parseSort(a.body.Sort)
	if err != nil {
		return nil, nil, err
	}
	orders, err := a.catalog.parseOrders(a.scopes, keys)
	if err != nil {
		return nil, nil, err
	}
	filter, err := parseSourceFilter(a.body.Source)
	if err != nil {
		return nil, nil, err
	}
	hits := []hit{}
	if size == 0 {
		return hits, nil, nil
	}
	rows, err := h.store.selectMatches(r.context, a.matches, orders, from, size)
	if err != nil {
		return nil, nil, err
	}
	names := map[int64]string{}
	for _, s := range a.scopes {
		names[s.index.id] = s.index.name
	}
	var best *float64
	for _, row := range rows {
		one := hit{Index: names[row.index], ID: row.id, Sort: row.sort}
		if len(keys) == 0 {
			one.Score = &row.score
			if best == nil || row.score > *best {
				best = &row.score
			}
		}
		if one.Source, err = filter.apply(row.source); err != nil {
			return nil, nil, err
		}
		hits = append(hits, one)
	}
	return hits, best, nil
}

// total counts as far as track_total_hits asks.
func (h *handler) total(r request, a asked, hits map[string]any) error {
	limit := int64(defaultTotalHits)
	switch v := a.body.TrackTotalHits.(type) {
	case nil:
	case bool:
		if !v {
			return nil
		}
		limit = math.MaxInt64
	default:
		text, _ := plain(v)
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil || n < 0 {
			return badArgument("[track_total_hits] takes true, false or a number")
		}
		limit = n
	}
	n, err := h.store.countMatches(r.context, a.matches)
	if err != nil {
		return err
	}
	relation := "eq"
	if n > limit {
		n, relation = limit, "gte"
	}
	hits["total"] = map[string]any{"value": n, "relation": relation}
	return nil
}
