package verify

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"

	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/services/pipeline/archived"
	"catsvdogs/services/pipeline/broker"
)

// walk is a partition on its way from its first offset to its last.
type walk struct {
	v     *Verifier
	ctx   context.Context
	span  *span
	posts *posts  // nil when the index is not asked
	log   *cursor // committed records
	all   *cursor // records that were aborted as well; nil until it is asked for
	sum   Partition

	covered int64 // offset that the next object must begin to cover
	last    int64 // offset of the last line
	told    int64 // up to here, a gap was told of
	missing *Finding
	double  *Finding
}

func (v *Verifier) partition(ctx context.Context, topicName string, partition int32, s *span, objects []entry, p *posts) (err error) {
	last, err := v.lastOf(ctx, topicName, partition, objects)
	if err != nil {
		return err
	}
	from, to, wanted := v.reach(s, objects, last)
	w := &walk{
		v: v, ctx: ctx, span: s, posts: p, covered: from, last: -1, told: -1,
		sum: Partition{Topic: topicName, Partition: partition, From: from, To: to},
	}
	if w.log, err = v.newCursor(topicName, partition, max(from, s.start), min(to, s.end), kgo.ReadCommitted()); err != nil {
		return err
	}
	defer w.log.close()
	defer func() {
		if w.all != nil {
			w.all.close()
		}
	}()
	for i, e := range objects {
		// The next one's first offset bounds what this one can hold, unless they overlap, which the next one then shows. One
		// that begins behind the end may cover what lies before, where there are no records.
		if e.first >= to && w.covered >= to || i+1 < len(objects) && objects[i+1].first <= from {
			continue
		}
		if err := w.object(e.object(topicName, partition)); err != nil {
			return err
		}
	}
	if w.covered < to {
		w.gap(w.covered, to-1)
	}
	if err := w.upTo(to); err != nil {
		return err
	}
	w.flush()
	if p != nil {
		if err := p.ask(ctx, w); err != nil {
			return err
		}
		if err := p.settle(ctx, w, objects); err != nil {
			return err
		}
	}
	w.sum.Behind = max(0, s.end-max(to, s.archived, s.start))
	if wanted > to {
		w.found(Finding{Kind: Behind, First: to, Last: wanted - 1, Detail: "was asked for and is not archived yet"})
	}
	if !v.To.isOpen() && w.sum.Pending > 0 {
		w.found(Finding{Kind: Behind, First: max(from, s.indexed), Last: to - 1, Records: w.sum.Pending, Detail: "was asked for and is not indexed yet"})
	}
	v.Done(w.sum)
	return nil
}

// lastOf is the offset behind the last object.
func (v *Verifier) lastOf(ctx context.Context, topicName string, partition int32, objects []entry) (int64, error) {
	if len(objects) == 0 {
		return 0, nil
	}
	last := objects[len(objects)-1]
	end := last.first + 1
	err := v.Archive.Open(ctx, last.object(topicName, partition), func(c archived.Content, _ io.Reader) error {
		if c.RangeErr == nil {
			end = max(end, c.Range.Last+1)
		}
		return nil
	})
	return end, err
}

func (w *walk) found(f Finding) {
	f.Topic, f.Partition = w.sum.Topic, w.sum.Partition
	w.sum.count(f.Kind)
	w.v.Found(f)
}

// object walks over an object. Its error says that verifying cannot go on.
func (w *walk) object(o archived.Object) error {
	w.sum.Objects++
	var stop error // of Kafka or the index: no fault of the object
	lines, at := 0, int64(-1)
	err := w.v.Archive.Open(w.ctx, o, func(c archived.Content, packed io.Reader) error {
		if c.RangeErr != nil {
			w.found(Finding{Kind: NoRange, First: o.First, Last: o.First, Object: o.Name(), Detail: c.RangeErr.Error()})
		} else {
			if c.Range.Start > w.covered {
				w.gap(w.covered, min(c.Range.Start, w.sum.To)-1)
			}
			w.covered = max(w.covered, c.Range.Last+1)
		}
		err := o.Format.Lines(packed, func(text []byte) error {
			l, err := archived.ParseLine(text)
			if err != nil {
				return err
			}
			lines++
			// The first line may lie behind First: its record may have been compacted away while its range was announced and not
			// put. That it was lost the number of lines would tell.
			if l.Topic != o.Topic || l.Partition != o.Partition || l.Offset <= at || l.Offset < o.First ||
				c.RangeErr == nil && (l.Offset < c.Range.Start || l.Offset > c.Range.Last) {
				w.found(Finding{Kind: Disorder, First: l.Offset, Last: l.Offset, Records: 1, Object: o.Name(), Key: string(l.Key)})
				return nil
			}
			at = l.Offset
			stop = w.line(o, l)
			return stop
		})
		if err == nil && c.RangeErr == nil && lines != c.Range.Records {
			w.flush()
			w.found(Finding{Kind: Count, First: o.First, Last: c.Range.Last, Records: int64(c.Range.Records - lines), Object: o.Name(), Detail: "lines are missing, or below zero, too many"})
		}
		return err
	})
	switch {
	case w.ctx.Err() != nil || stop != nil:
		return errors.Join(w.ctx.Err(), stop)
	case err != nil:
		w.flush()
		w.found(Finding{Kind: Unreadable, First: max(o.First, at+1), Last: max(o.First, w.covered-1), Object: o.Name(), Detail: err.Error()})
	}
	if w.v.Progress != nil {
		w.v.Progress(w.sum)
	}
	return nil
}

// line takes the next line of the archive.
func (w *walk) line(o archived.Object, l archived.Line) error {
	if l.Offset <= w.last {
		w.doubled(o, l.Offset)
		return nil
	}
	w.last = l.Offset
	if l.Offset < w.sum.From || l.Offset >= w.sum.To {
		return nil
	}
	if err := w.upTo(l.Offset); err != nil {
		return err
	}
	w.sum.Records++
	if l.Suppressed {
		w.sum.Suppressed++
		if !w.v.deleted.Matches(l.Record) {
			w.differs(o, l, "its content is suppressed, and no deletion on the list takes it")
		}
	}
	r, err := w.log.peek(w.ctx)
	if err != nil {
		return err
	}
	if r != nil && r.Offset == l.Offset {
		w.log.pop()
		w.sum.Compared++
		if what := difference(r, l); what != "" {
			w.differs(o, l, "Kafka has another "+what)
		}
	} else if l.Offset >= max(w.sum.From, w.span.start) && l.Offset < w.span.end {
		aborted, err := w.isAborted(l.Offset)
		if err != nil {
			return err
		}
		if aborted {
			w.found(Finding{Kind: Aborted, First: l.Offset, Last: l.Offset, Records: 1, Object: o.Name(), Key: string(l.Key)})
		}
	}
	if w.posts == nil || l.Suppressed { // the index is asked for the deletion
		return nil
	}
	return w.posts.take(w.ctx, w, l.Record)
}

// isAborted says whether Kafka has a record at an offset where it has none that was committed. It has none at all where
// the record was compacted away after it was archived.
func (w *walk) isAborted(offset int64) (bool, error) {
	if w.all == nil {
		var err error
		if w.all, err = w.v.newCursor(w.sum.Topic, w.sum.Partition, offset, min(w.sum.To, w.span.end), kgo.ReadUncommitted()); err != nil {
			return false, err
		}
	}
	for {
		r, err := w.all.peek(w.ctx)
		if r == nil || err != nil || r.Offset >= offset {
			return r != nil && r.Offset == offset, err
		}
		w.all.pop()
	}
}

func (w *walk) differs(o archived.Object, l archived.Line, detail string) {
	w.found(Finding{Kind: Differs, First: l.Offset, Last: l.Offset, Records: 1, Object: o.Name(), Key: string(l.Key), Detail: detail})
}

// difference says in what a line is not the record; "" when it is. Of a suppressed one key, time and observation are left.
func difference(r *kgo.Record, l archived.Line) string {
	switch {
	case !equal(r.Key, l.Key):
		return "key"
	case r.Timestamp.UnixMilli() != l.Timestamp.UnixMilli():
		return "timestamp"
	case l.Suppressed && !broker.ObservedAt(r).Equal(broker.ObservedAt(l.Record)):
		return "observed_at"
	case l.Suppressed:
		return ""
	case !equal(r.Value, l.Value):
		return "value"
	case !slices.EqualFunc(r.Headers, l.Headers, func(a, b kgo.RecordHeader) bool { return a.Key == b.Key && equal(a.Value, b.Value) }):
		return "headers"
	}
	return ""
}

func equal(a, b []byte) bool { return bytes.Equal(a, b) && (a == nil) == (b == nil) }
