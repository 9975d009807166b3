package ledger

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/services/ledger/account"
	"catsvdogs/services/pipeline/topic"
)

// judgeArchive holds what has come into the archive since the last round against Kafka, partition by partition.
func (a *auditor) judgeArchive(ctx context.Context, p progress, topicName string) error {
	since, anything := a.listFrom(p, topicName)
	if !anything {
		return nil
	}
	objects, err := a.objects(ctx, topicName, since)
	if err != nil {
		return err
	}
	numbers := map[int32]bool{}
	for number := range p.logs[topicName] {
		numbers[number] = true
	}
	for number := range objects {
		numbers[number] = true
	}
	for _, number := range slices.Sorted(maps.Keys(numbers)) {
		if a.partition >= 0 && a.partition != number {
			continue
		}
		if err := a.judgeShelf(ctx, p, topicName, number, objects[number]); err != nil {
			return fmt.Errorf("audit the archive of %s/%d: %w", topicName, number, err)
		}
	}
	return nil
}

// listFrom is the hour from which on the archive is to be listed, so that a round lists what is new and not years; zero is
// everything. It says false when no partition has come further.
func (a *auditor) listFrom(p progress, topicName string) (since time.Time, anything bool) {
	all := false
	for number := range p.logs[topicName] {
		of := a.book.partition(topicName, number)
		if of.Shelved && at(p.archived, topicName, number) <= of.Covered {
			continue
		}
		hour, known := of.hour()
		all = all || !known
		if anything = true; since.IsZero() || hour.Before(since) {
			since = hour
		}
	}
	if all {
		return time.Time{}, anything
	}
	return since, anything
}

// judgeShelf walks over the objects of a partition that were not walked over yet. Nothing of it counts unless it comes to
// its end.
func (a *auditor) judgeShelf(ctx context.Context, p progress, topicName string, number int32, objects []named) (err error) {
	of, kafka := a.book.partition(topicName, number), p.logs[topicName][number]
	archived := at(p.archived, topicName, number)
	last, err := a.lastOf(ctx, topicName, number, objects)
	if err != nil {
		return err
	}
	from, to, wanted := a.reach(topicName, number, of, kafka, archived, last, objects)
	if of.Shelved && to <= from {
		return nil
	}
	var found []account.Finding
	cursor, err := openCursor(ctx, a.options, topicName, number, max(from, kafka.start), min(to, kafka.end), kgo.ReadCommitted())
	if err != nil {
		return err
	}
	log := &partitionLog{cursor: cursor, options: a.options}
	defer log.closeAll()
	shelf := account.NewShelf(topicName, number, account.Span{From: from, To: to, Start: kafka.start, End: kafka.end}, log,
		func(l account.Stamp) (bool, error) { return a.isDeleted(ctx, l) },
		func(f account.Finding) { found = append(found, f) })
	for i, o := range objects {
		// The next one's first offset bounds what this one can hold, unless they overlap, which the next one then shows. One
		// that begins behind the end may cover what lies before, where there are no records.
		if o.first >= to && shelf.Covered >= to || i+1 < len(objects) && objects[i+1].first <= from {
			continue
		}
		if err := a.judgeObject(ctx, shelf, o.name(topicName, number), o, kafka.start); err != nil {
			return err
		}
		a.tellProgress("archive", topicName, number, shelf.Sum.Records)
	}
	if err := shelf.End(); err != nil {
		return err
	}
	if wanted > to {
		found = append(found, account.Finding{Kind: account.Behind, Topic: topicName, Partition: number, First: to, Last: wanted - 1, Detail: "was asked for and is not archived yet"})
	}
	a.book.note(found...)
	if !of.Shelved {
		of.ArchivedFrom = from
	}
	of.Shelf.Objects += shelf.Sum.Objects
	of.Shelf.Records += shelf.Sum.Records
	of.Shelf.Suppressed += shelf.Sum.Suppressed
	of.Shelf.Compared += shelf.Sum.Compared
	of.cover(to)
	return nil
}

// judgeObject walks over an object. Its error says that the walk cannot go on.
func (a *auditor) judgeObject(ctx context.Context, shelf *account.Shelf, name string, n named, start int64) error {
	var stop error // of Kafka or the store's list: no fault of the object
	begun := false
	err := a.open(ctx, name, n, func(o account.Object, packed io.Reader) error {
		shelf.Begin(o)
		begun = true
		return lines(packed, n.isGzip, func(text []byte) error {
			r, suppressed, err := parseLine(text)
			if err != nil {
				return err
			}
			if stop = shelf.Line(stampOfLine(r, suppressed)); stop != nil {
				return stop
			}
			if r.Topic == topic.Enriched && r.Offset < start && !suppressed && a.wholeArchive() {
				a.book.see(r, -1) // Kafka has it no longer
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
	shelf.EndObject(err)
	return nil
}

// lastOf is the offset behind the last object.
func (a *auditor) lastOf(ctx context.Context, topicName string, number int32, objects []named) (int64, error) {
	if len(objects) == 0 {
		return 0, nil
	}
	last := objects[len(objects)-1]
	end := last.first + 1
	err := a.open(ctx, last.name(topicName, number), last, func(o account.Object, _ io.Reader) error {
		if o.RangeErr == nil {
			end = max(end, o.Last+1)
		}
		return nil
	})
	return end, err
}

// wholeArchive says whether the archive is audited from its beginning, and not from where Kafka's begins.
func (a *auditor) wholeArchive() bool {
	return a.isAudit && a.from.isOpen() && a.cfg.Archive && a.isArchived(topic.Enriched, a.partition)
}

// reach returns the offsets to judge, to excluded, and up to where they were asked for, which may be beyond.
func (a *auditor) reach(topicName string, number int32, of *partition, kafka logSpan, archived, last int64, objects []named) (from, to, wanted int64) {
	switch {
	case of.Shelved:
		from = of.Covered
	case a.from.isOffset:
		from = a.from.offset
	case a.from.isTime():
		from = kafka.end
		if offset, ok := a.fromOffsets[topicName][number]; ok && offset >= 0 {
			from = offset
		}
		for _, o := range objects {
			if !o.time().Before(a.from.hour()) {
				from = min(from, o.first)
			}
		}
	case !a.isAudit && kafka.end > 0:
		from = kafka.start // ledger watch leaves what Kafka has forgotten to ledger audit
	default:
		from = kafka.start
		if len(objects) > 0 {
			from = min(from, objects[0].first)
			if kafka.end == kafka.start {
				from = objects[0].first // Kafka has none, so its start says nothing
			}
		}
	}
	to = last
	if archived >= 0 {
		to = archived
	}
	switch {
	case a.to.isOffset:
		wanted = a.to.offset
	case a.to.isTime():
		wanted = a.wantedByTime(topicName, number, kafka, last, objects)
	default:
		wanted = to
	}
	return from, max(min(to, wanted), from), wanted
}

// wantedByTime is the end of what may be of a time before the bound.
func (a *auditor) wantedByTime(topicName string, number int32, kafka logSpan, last int64, objects []named) int64 {
	end := int64(0)
	if to := a.toOffsets[topicName][number]; kafka.end > kafka.start && to > kafka.start { // otherwise the bound lies before what Kafka still has
		end = to
	}
	for i, o := range objects {
		if !o.time().Before(a.to.nextHour()) {
			continue
		}
		if end = max(end, o.first+1); i+1 < len(objects) {
			end = max(end, objects[i+1].first)
		} else {
			end = max(end, last)
		}
	}
	return end
}

var errNothing = errors.New("nothing was audited: neither Kafka nor the archive has a record of what was asked for")
