package elasticsearch

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"
)

const (
	maxAggregations = 32
	maxBuckets      = 65_536 // search.max_buckets
	defaultBuckets  = 10
)

// aggregation is a terms or value_count aggregation while it counts.
type aggregation struct {
	isTerms   bool
	field     string
	size      int
	byKey     bool
	ascending bool
	kind      string           // of the field, in the first index that has it
	values    int64            // seen, for value_count
	documents map[string]int64 // by value
}

// parseAggregations reads "aggs".
func parseAggregations(text json.RawMessage) (map[string]*aggregation, error) {
	var named map[string]json.RawMessage
	if err := decodeStrict(text, &named); err != nil {
		return nil, err
	}
	if len(named) > maxAggregations {
		return nil, badArgument("more than %d aggregations", maxAggregations)
	}
	all := map[string]*aggregation{}
	for name, definition := range named {
		kind, body, err := single(definition, "aggregation "+name)
		if err != nil || kind != "terms" && kind != "value_count" {
			return nil, unsupported("aggregation ["+name+"]", "terms and value_count, without others below them")
		}
		var options struct {
			Field string            `json:"field"`
			Size  *int              `json:"size"`
			Order map[string]string `json:"order"`
		}
		if err := decodeStrict(body, &options); err != nil {
			return nil, err
		}
		a := &aggregation{isTerms: kind == "terms", field: options.Field, size: defaultBuckets, documents: map[string]int64{}}
		if options.Size != nil {
			a.size = *options.Size
		}
		if a.size < 1 || a.size > maxBuckets || a.field == "" {
			return nil, badArgument("aggregation [%s] needs a field and a size between 1 and %d", name, maxBuckets)
		}
		for key, direction := range options.Order {
			if len(options.Order) > 1 || key != "_count" && key != "_key" || direction != "asc" && direction != "desc" {
				return nil, unsupported("the order of aggregation ["+name+"]", "one of _count and _key, asc or desc")
			}
			a.byKey, a.ascending = key == "_key", direction == "asc"
		}
		all[name] = a
	}
	return all, nil
}

// aggregate reads every matching document once, for all aggregations.
func (h *handler) aggregate(r request, a asked, definitions json.RawMessage) (map[string]any, error) {
	all, err := parseAggregations(definitions)
	if err != nil {
		return nil, err
	}
	mappings := map[int64]*field{}
	for _, s := range a.scopes {
		mappings[s.index.id] = s.index.mapping
		for _, one := range all {
			if f := s.index.mapping.at(one.field); f != nil && f.kind == "text" {
				return nil, badArgument("Fielddata is disabled on [%s], a text; use a keyword field instead", one.field)
			} else if f != nil && one.kind == "" {
				one.kind = f.kind
			}
		}
	}
	err = h.store.eachMatch(r.context, a.matches, func(index int64, source []byte) error {
		document, err := decodeDocument(source)
		if err != nil {
			return fmt.Errorf("read stored document: %w", err)
		}
		content, err := indexDocument(mappings[index], "", document)
		if err != nil {
			return fmt.Errorf("read stored document: %w", err)
		}
		for _, one := range all {
			if err := one.add(content.postings); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	results := map[string]any{}
	for name, one := range all {
		results[name] = one.result()
	}
	return results, nil
}

// add counts a document's values; one that it has twice counts once among the buckets.
func (a *aggregation) add(postings []posting) error {
	var seen []string
	for _, p := range postings {
		if p.path != a.field {
			continue
		}
		a.values++
		text := p.text
		if p.value != nil {
			text = fmt.Sprint(p.value)
		}
		if !a.isTerms || slices.Contains(seen, text) {
			continue
		}
		seen = append(seen, text)
		a.documents[text]++
		if len(a.documents) > maxBuckets {
			return fail(http.StatusServiceUnavailable, "too_many_buckets_exception", "Trying to create too many buckets. Must be less than or equal to: [%d]", maxBuckets)
		}
	}
	return nil
}

// bucket is one value with the number of documents that have it.
type bucket struct {
	Key      any    `json:"key"`
	KeyText  string `json:"key_as_string,omitempty"`
	DocCount int64  `json:"doc_count"`
}

func (a *aggregation) result() map[string]any {
	if !a.isTerms {
		return map[string]any{"value": a.values}
	}
	buckets := make([]bucket, 0, len(a.documents))
	for text, n := range a.documents {
		b := bucket{Key: text, DocCount: n}
		switch a.kind {
		case "boolean":
			b.KeyText, b.Key = text, map[string]int64{"true": 1}[text]
		case "date":
			ms, _ := strconv.ParseInt(text, 10, 64) // as add has printed it
			b.Key, b.KeyText = ms, time.UnixMilli(ms).UTC().Format("2006-01-02T15:04:05.000Z")
		case "", "keyword":
		default:
			f, _ := strconv.ParseFloat(text, 64) // as add has printed it
			b.Key = json.Number(text)
			if float64(int64(f)) != f {
				b.Key = f
			}
		}
		buckets = append(buckets, b)
	}
	slices.SortFunc(buckets, func(x, y bucket) int {
		keys := compareKeys(x.Key, y.Key)
		counts := cmp.Compare(x.DocCount, y.DocCount)
		if !a.ascending {
			counts = -counts
		}
		if a.byKey && !a.ascending {
			keys = -keys
		}
		if a.byKey {
			return keys
		}
		return cmp.Or(counts, keys)
	})
	others := int64(0)
	for _, b := range buckets[min(a.size, len(buckets)):] {
		others += b.DocCount
	}
	return map[string]any{"doc_count_error_upper_bound": 0, "sum_other_doc_count": others, "buckets": buckets[:min(a.size, len(buckets))]}
}

func compareKeys(x, y any) int {
	a, aIsText := x.(string)
	b, bIsText := y.(string)
	if aIsText && bIsText {
		return cmp.Compare(a, b)
	}
	m, _ := strconv.ParseFloat(fmt.Sprint(x), 64) // a number in every case left
	n, _ := strconv.ParseFloat(fmt.Sprint(y), 64)
	return cmp.Compare(m, n)
}
