package verify

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/services/pipeline/archived"
)

// settle accounts for what the index has and no observation up to the end has shown: it may be of a record behind that. It
// reads on, in the archive and then in Kafka up to its end at this moment. What is left is a finding.
func (p *posts) settle(ctx context.Context, w *walk, objects []entry) error {
	defer clear(p.ahead)
	read := w.sum.To
	for i, e := range objects {
		if len(p.ahead) == 0 {
			return nil
		}
		if i+1 < len(objects) && objects[i+1].first <= w.sum.To {
			continue
		}
		_, err := w.v.Archive.Lines(ctx, e.object(w.sum.Topic, w.sum.Partition), func(text []byte) error {
			l, err := archived.ParseLine(text)
			if err == nil && l.Offset >= w.sum.To && !l.Suppressed {
				p.account(l.Record)
			}
			if err == nil {
				read = max(read, l.Offset+1)
			}
			return err
		})
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil { // whoever verifies that part is told
			continue
		}
	}
	if len(p.ahead) == 0 {
		return nil
	}
	ends, err := kadm.NewClient(w.v.Kafka).ListCommittedOffsets(ctx, w.sum.Topic)
	if err != nil {
		return fmt.Errorf("ask Kafka for the end of %s: %w", w.sum.Topic, err)
	}
	end, _ := ends.Lookup(w.sum.Topic, w.sum.Partition)
	rest, err := w.v.newCursor(w.sum.Topic, w.sum.Partition, max(read, w.span.start), end.Offset, kgo.ReadCommitted())
	if err != nil {
		return err
	}
	defer rest.close()
	for len(p.ahead) > 0 {
		r, err := rest.peek(ctx)
		if err != nil {
			return err
		}
		if r == nil {
			break
		}
		rest.pop()
		p.account(r)
	}
	for _, id := range slices.Sorted(maps.Keys(p.ahead)) {
		w.found(p.ahead[id].finding)
	}
	return nil
}

// account takes a record that is not verified for the reason of what the index has. An observation after it, of which the
// index then has nothing, is for another verification to find.
func (p *posts) account(r *kgo.Record) {
	id, o := observe(r)
	if a, ok := p.ahead[id]; ok && o.at >= a.at {
		delete(p.ahead, id)
	}
}
