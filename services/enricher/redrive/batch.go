package redrive

import (
	"context"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/services/pipeline/delivery"
	"catsvdogs/services/pipeline/stage"
)

func (r *run) noteResolution(record *kgo.Record) error {
	if place, ok := delivery.Resolved(record); ok {
		r.resolved.add(place.Partition, place.Offset)
	}
	return nil
}

// take decides about a record and puts it back when its batch is full.
func (r *run) take(ctx context.Context, record *kgo.Record) error {
	if _, ok := delivery.Resolved(record); ok {
		r.table.resolutions++
		return nil
	}
	v, reason, why := r.judge(record)
	r.table.count(reason, v, why)
	if v != goesBack {
		return nil
	}
	if r.cfg.DryRun {
		r.table.backed(reason)
		return nil
	}
	bytes := size(record)
	if len(r.batch) > 0 && r.batchBytes+bytes > batchBytes {
		if err := r.flush(ctx); err != nil {
			return err
		}
	}
	r.batch, r.reasons, r.batchBytes = append(r.batch, record), append(r.reasons, reason), r.batchBytes+bytes
	if len(r.batch) >= r.pace.burst(batchRecords) {
		return r.flush(ctx)
	}
	return nil
}

// flush puts the batch back. A stop comes before a transaction or after it, never in the middle.
func (r *run) flush(ctx context.Context) error {
	if len(r.batch) == 0 {
		return nil
	}
	if err := r.pace.wait(ctx, len(r.batch)); err != nil {
		return err
	}
	working, done := stage.Detached(ctx)
	defer done()
	if err := r.writer.putBack(working, r.batch, time.Now()); err != nil {
		return err
	}
	for _, reason := range r.reasons {
		r.table.backed(reason)
	}
	clear(r.batch) // so that their values can go
	r.batch, r.reasons, r.batchBytes = r.batch[:0], r.reasons[:0], 0
	return nil
}
