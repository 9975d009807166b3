package ledger

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"catsvdogs/services/ledger/account"
	"catsvdogs/services/pipeline/topic"
)

// judgeArchive holds what has come into the archive since the last round against Kafka, partition by partition.
func (a *auditor) judgeArchive(ctx context.Context, p progress, topicName string) error {
	for number := range p.logs[topicName] {
		if a.partition >= 0 && a.partition != number {
			continue
		}
		if err := a.judgeByName(ctx, p, topicName, number); err != nil {
			return inArchive(topicName, number, err)
		}
	}
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
			return inArchive(topicName, number, err)
		}
	}
	return nil
}

func inArchive(topicName string, number int32, err error) error {
	return fmt.Errorf("audit the archive of %s/%d: %w", topicName, number, err)
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

// judgeShelf walks over the objects of a partition that were not walked over yet.
func (a *auditor) judgeShelf(ctx context.Context, p progress, topicName string, number int32, objects []named) (err error) {
	of, kafka := a.book.partition(topicName, number), p.logs[topicName][number]
	archived := at(p.archived, topicName, number)
	last := archived
	if archived < 0 || a.to.isTime() { // otherwise nobody asks
		if last, err = a.lastOf(ctx, topicName, number, objects); err != nil {
			return err
		}
	}
	from, to, wanted := a.reach(topicName, number, of, kafka, archived, last, objects)
	if of.Shelved && to <= from {
		return nil
	}
	w, err := a.openWalk(ctx, topicName, number, account.Span{From: from, To: to, Start: kafka.start, End: kafka.end})
	if err != nil {
		return err
	}
	defer w.close()
	if err := w.over(ctx, objects); err != nil {
		return err
	}
	if wanted > to {
		w.found = append(w.found, account.Finding{Kind: account.Behind, Topic: topicName, Partition: number, First: to, Last: wanted - 1, Detail: "was asked for and is not archived yet"})
	}
	w.count(from)
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
