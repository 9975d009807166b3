package ledger

import (
	"context"
	"errors"
	"io"

	"github.com/minio/minio-go/v7"
	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/services/ledger/account"
	"catsvdogs/services/pipeline/topic"
)

// walk goes over the objects of a partition for some of its offsets. Nothing of it counts unless it comes to its end.
type walk struct {
	a      *auditor
	topic  string
	number int32
	span   account.Span
	log    *partitionLog
	shelf  *account.Shelf
	found  []account.Finding
	seen   []keptObject
}

// openWalk begins one. What was read of Kafka in this round or shortly before is not read again.
func (a *auditor) openWalk(ctx context.Context, topicName string, number int32, span account.Span) (*walk, error) {
	w := &walk{a: a, topic: topicName, number: number, span: span}
	from, to := max(span.From, span.Start), min(span.To, span.End)
	var known []account.Stamp
	if r := a.readers[topicName]; r != nil && to <= r.next[number] {
		if some, ok := a.book.partition(topicName, number).stamps.between(from, to); ok {
			known, from = some, to
		}
	}
	read, err := openCursor(ctx, a.options, topicName, number, from, to, kgo.ReadCommitted())
	if err != nil {
		return nil, err
	}
	w.log = &partitionLog{cursor: read, known: known, options: a.options}
	w.shelf = account.NewShelf(topicName, number, span, w.log,
		func(l account.Stamp) (bool, error) { return a.isDeleted(ctx, l) },
		func(f account.Finding) { w.found = append(w.found, f) })
	return w, nil
}

func (w *walk) close() { w.log.closeAll() }

// over goes over all that lies in the span of objects that are in the order of their first offsets.
func (w *walk) over(ctx context.Context, objects []named) error {
	for i, o := range objects {
		// The next one's first offset bounds what this one can hold, unless they overlap, which the next one then shows. One
		// that begins behind the end may cover what lies before, where there are no records.
		if o.first >= w.span.To && w.shelf.Covered >= w.span.To || i+1 < len(objects) && objects[i+1].first <= w.span.From {
			continue
		}
		if err := w.object(ctx, o); err != nil {
			return err
		}
	}
	return w.shelf.End()
}

// object walks over an object. Its error says that the walk cannot go on.
func (w *walk) object(ctx context.Context, n named) error {
	var stop error // of Kafka or the store's list: no fault of the object
	begun := false
	err := w.a.open(ctx, n.name(w.topic, w.number), n, func(o account.Object, packed io.Reader) error {
		w.shelf.Begin(o)
		begun = true
		w.seen = append(w.seen, keptOf(n, o))
		return lines(packed, n.isGzip, func(text []byte) error {
			r, suppressed, err := parseLine(text)
			if err != nil {
				return err
			}
			if stop = w.shelf.Line(stampOfLine(r, suppressed)); stop != nil {
				return stop
			}
			if r.Topic == topic.Enriched && r.Offset < w.span.Start && !suppressed && w.a.wholeArchive() {
				w.a.book.see(r, nowhere) // Kafka has it no longer
			}
			return nil
		})
	})
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case stop != nil:
		return stop
	case !begun && err != nil:
		return err // the store, and not the object
	}
	w.shelf.EndObject(err)
	w.a.tellProgress("archive", w.topic, w.number, w.shelf.Sum.Records)
	return nil
}

// count takes what was seen and found up to the end of the span, where nothing before from was judged yet.
func (w *walk) count(from int64) {
	of := w.a.book.partition(w.topic, w.number)
	w.a.book.note(w.found...)
	if !of.Shelved {
		of.ArchivedFrom = from
	}
	of.Shelf.Objects += w.shelf.Sum.Objects
	of.Shelf.Records += w.shelf.Sum.Records
	of.Shelf.Suppressed += w.shelf.Sum.Suppressed
	of.Shelf.Compared += w.shelf.Sum.Compared
	of.cover(w.span.To)
	if !w.a.isAudit {
		of.keep(w.seen)
	}
}

// judgeByName judges what has come into the archive of a partition without a list of it, which may be long: the next
// object is named after the first record that is not in one before. It judges nothing where that is not so, and leaves it to
// who lists.
func (a *auditor) judgeByName(ctx context.Context, p progress, topicName string, number int32) error {
	of, kafka := a.book.partition(topicName, number), p.logs[topicName][number]
	from, to := of.Covered, at(p.archived, topicName, number)
	if a.isAudit || !of.Shelved || to <= from || to > kafka.end || from < kafka.start || from < 0 {
		return nil
	}
	w, err := a.openWalk(ctx, topicName, number, account.Span{From: from, To: to, Start: kafka.start, End: kafka.end})
	if err != nil {
		return err
	}
	defer w.close()
	for w.shelf.Covered < to {
		before := w.shelf.Covered
		n, ok := of.nextObject(before)
		if !ok {
			return nil
		}
		err := w.object(ctx, n)
		if answer, ok := errors.AsType[minio.ErrorResponse](err); ok && answer.Code == minio.NoSuchKey {
			return nil
		}
		if err != nil {
			return err
		}
		if w.shelf.Covered <= before {
			return nil
		}
	}
	if err := w.shelf.End(); err != nil {
		return err
	}
	if len(w.found) == 0 { // what is wrong may look otherwise in the light of all objects
		w.count(from)
	}
	return nil
}

// nextObject is the object that begins with the first record that waits for the archive from an offset on.
func (p *partition) nextObject(from int64) (named, bool) {
	for _, run := range p.Waiting.Runs {
		if run.Next > from {
			first := max(run.First, from)
			hour, ok := p.hourOf(first)
			return named{first: first, hour: int32(hour.Unix() / 3600), isGzip: p.isGzip}, ok
		}
	}
	return named{}, false
}
