//go:build unix

package chaos

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"time"

	"catsvdogs/services/chaos/plan"
)

// mappingFaults have Elasticsearch's mapping be another than the one that the sink's documents are made for.
func mappingFaults() []kind {
	return []kind{{
		// The sink tries again at growing intervals what it has set aside; the next fault is to find it done.
		Kind: plan.Kind{Name: "index-other-mapping", Lane: "index", Takes: 31 * time.Second},
		says: "every document has a field that Elasticsearch's mapping lacks, as after an update without provision", hold: 8 * time.Second,
		make: func(s *scene, _ *rand.Rand) fault { return &otherMapping{scene: s} },
	}}
}

// otherMapping has the server itself give documents the field, so that its refusals are its own: a strict mapping answers
// with strict_dynamic_mapping_exception
// (https://www.elastic.co/docs/reference/elasticsearch/mapping-reference/dynamic).
type otherMapping struct {
	*scene
	before int64
}

const addsField = "chaos-adds-field"

func (f *otherMapping) inject(ctx context.Context) error {
	const adds = `{"processors":[{"set":{"field":"not_in_the_mapping","value":1}}]}`
	if err := askJSON(ctx, http.MethodPut, f.index.Addr+"/_ingest/pipeline/"+addsField, adds, nil); err != nil {
		return err
	}
	before, err := f.changed(ctx)
	if err != nil {
		return err
	}
	f.before = before
	return f.pass(ctx, addsField)
}

// pass has all documents pass an ingest pipeline; _none is none.
func (f *otherMapping) pass(ctx context.Context, through string) error {
	return askJSON(ctx, http.MethodPut, f.index.Addr+"/tweets-*/_settings", `{"index.final_pipeline":"`+through+`"}`, nil)
}

// changed is how many documents have been given the field since the server's start.
func (f *otherMapping) changed(ctx context.Context) (n int64, err error) {
	var answer struct {
		Nodes map[string]struct {
			Ingest struct {
				Pipelines map[string]struct{ Count int64 }
			}
		}
	}
	err = askJSON(ctx, http.MethodGet, f.index.Addr+"/_nodes/stats/ingest", "", &answer)
	for _, node := range answer.Nodes {
		n += node.Ingest.Pipelines[addsField].Count
	}
	return n, err
}

func (f *otherMapping) evidence(ctx context.Context) (string, error) {
	var since int64
	err := await(ctx, proveWithin, "a document that gets a field", func(ctx context.Context) error {
		n, err := f.changed(ctx)
		if since = n - f.before; err == nil && since <= 0 {
			err = errors.New("none has")
		}
		return err
	})
	return fmt.Sprintf("Elasticsearch has given %d documents a field that its strict mapping lacks so far", since), err
}

func (f *otherMapping) heal(ctx context.Context) error {
	// A server that another fault has just taken away would keep the fault.
	return await(ctx, time.Minute, "documents to be as they are again", func(ctx context.Context) error { return f.pass(ctx, "_none") })
}
