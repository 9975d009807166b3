package index

import (
	"context"
	"fmt"

	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/services/pipeline/broker"
	"catsvdogs/services/pipeline/crashpoint"
	"catsvdogs/services/pipeline/delivery"
	"catsvdogs/services/pipeline/topic"
	"catsvdogs/services/sink/bulk"
	"catsvdogs/services/sink/group"
)

// Serve gives every record its verdict.
//
//	batches ─▶ newItem ─▶ bulk.Writer ─┬─ stored, stale ─────────────────────▶ Record.Done
//	              └─ no document ──────┴─ refused ─▶ tweets.dlq, acknowledged ──┘
func (x *indexer) Serve(ctx context.Context, m *group.Member, batches <-chan []*group.Record) error {
	ctx, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	s := &serving{indexer: x, member: m, ctx: ctx, fail: fail}
	if err := bulk.Convert(ctx, x.writer, batches, s.itemsOf, m.Hold); err != nil {
		return err
	}
	if err := m.Client.Flush(ctx); err != nil { // dead letters that were written and are not acknowledged
		return fmt.Errorf("write to %s: %w", topic.DeadLetter, err)
	}
	return context.Cause(ctx)
}

// serving is one Serve.
type serving struct {
	*indexer
	member *group.Member
	ctx    context.Context
	fail   context.CancelCauseFunc
}

func (s *serving) itemsOf(batch []*group.Record) []*bulk.Item {
	items := make([]*bulk.Item, 0, len(batch))
	for _, r := range batch {
		it, err := newItem(r.Record, s.cfg.Period)
		if refusal, refused := delivery.AsRefusal(err); refused {
			s.bury(r, refusal)
			continue
		} else if err != nil {
			s.fail(err)
			return nil
		}
		it.Memory, it.Parked = broker.Footprint(r.Record), r.Aside
		it.Settled = func(it *bulk.Item) { s.settled(r, it) }
		items = append(items, it)
	}
	return items
}

func (s *serving) settled(r *group.Record, it *bulk.Item) {
	switch v := it.Verdict; v.Outcome {
	case bulk.Refused:
		s.bury(r, &delivery.Refusal{Reason: v.Kind, Detail: it.Index + ": " + v.Reason})
		return
	case bulk.Stored:
		crashpoint.At(crashpoint.IndexStored)
		if r.Value != nil { // a stub is no document that anybody sees
			s.ready.arrived()
		}
	}
	r.Done()
}

// bury writes a dead letter; the record is done when that is acknowledged. A broker that does not take it ends the
// session: the record must be neither lost nor passed over.
func (s *serving) bury(r *group.Record, why *delivery.Refusal) {
	s.metrics.deadLetters.WithLabelValues(why.Reason).Inc()
	s.tel.Logger.Debug("dead letter", "partition", r.Partition, "offset", r.Offset, "reason", why.Reason)
	s.member.Client.Produce(s.ctx, delivery.DeadLetter(r.Record, delivery.StageSinkIndex, why), func(_ *kgo.Record, err error) {
		if err != nil {
			s.fail(fmt.Errorf("write to %s: %w", topic.DeadLetter, err))
			return
		}
		r.Done()
	})
}
