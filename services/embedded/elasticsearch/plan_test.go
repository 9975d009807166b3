package elasticsearch

import (
	"strings"
	"testing"
	"time"
)

// A question for some documents by id or by number must not cost the index its length.
func TestWhatIsAskedForByIDOrNumberIsLookedUp(t *testing.T) {
	t.Parallel()
	s, err := openStore(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.close() })
	m, err := parseMapping([]byte(`{"properties":{"likes":{"type":"long"}}}`))
	if err != nil {
		t.Fatal(err)
	}
	c := &catalog{fields: map[string]int64{"likes": 1}}
	scopes := []scope{{index: &index{id: 1, mapping: m}}, {index: &index{id: 2, mapping: m}}}
	for _, text := range []string{`{"ids":{"values":["1","2"]}}`, `{"range":{"likes":{"gte":5,"lt":10}}}`} {
		q, err := parseQuery([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		p, err := c.plan(scopes, q, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		condition, args := p.sql()
		rows, err := s.read.QueryContext(t.Context(), "EXPLAIN QUERY PLAN SELECT d.id FROM docs d WHERE d.source IS NOT NULL AND "+condition, args...)
		if err != nil {
			t.Fatal(err)
		}
		var steps []string
		for rows.Next() {
			var id, parent, unused int
			var step string
			if err := rows.Scan(&id, &parent, &unused, &step); err != nil {
				t.Fatal(err)
			}
			steps = append(steps, step)
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
		plan := strings.Join(steps, "; ")
		t.Log(plan)
		if !strings.Contains(plan, "SEARCH d USING INTEGER PRIMARY KEY") || strings.Contains(plan, "tokens") || strings.Contains(plan, "SCAN docs") {
			t.Errorf("%s: %s", text, plan)
		}
	}
}
