package ledger

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/minio/minio-go/v7"
)

// shelfAgain is how far looking again is: objects of a partition and an hour, up to a first offset.
type shelfAgain struct {
	topic  string
	number int32
	hour   int32
	after  int64 // first offset of the last object that was looked at; -1 for none
}

// nextShelf goes on to the next partition or hour when one is done; false when nothing is remembered.
func (a *auditor) nextShelf(at *shelfAgain) bool {
	if at.topic != "" && at.after < math.MaxInt64 {
		return true
	}
	type shelf struct {
		topic  string
		number int32
	}
	var shelves []shelf
	for _, topicName := range a.topics {
		for number, of := range a.book.Partitions[topicName] {
			if len(of.kept) > 0 {
				shelves = append(shelves, shelf{topicName, number})
			}
		}
	}
	if len(shelves) == 0 {
		return false
	}
	order := func(a, b shelf) int { return cmp.Or(cmp.Compare(a.topic, b.topic), cmp.Compare(a.number, b.number)) }
	slices.SortFunc(shelves, order)
	here, found := slices.BinarySearchFunc(shelves, shelf{at.topic, at.number}, order)
	if found {
		if hour, ok := a.book.partition(at.topic, at.number).hourAfter(at.hour); ok {
			at.hour, at.after = hour, -1
			return true
		}
		here++
	}
	next := shelves[here%len(shelves)]
	hour, _ := a.book.partition(next.topic, next.number).hourAfter(math.MinInt32)
	*at = shelfAgain{topic: next.topic, number: next.number, hour: hour, after: -1}
	return true
}

// hourAfter is the first hour of the objects that are remembered after another.
func (p *partition) hourAfter(hour int32) (next int32, ok bool) {
	for _, k := range p.kept {
		if k.hour > hour && (!ok || k.hour < next) {
			next, ok = k.hour, true
		}
	}
	return next, ok
}

// listAgain lists some objects, at most so many; all says that there are no more in this hour.
func (a *auditor) listAgain(ctx context.Context, at shelfAgain, most int) (listed []keptObject, all bool, err error) {
	here := named{first: max(at.after, 0), hour: at.hour}
	prefix := strings.TrimSuffix(here.name(at.topic, at.number), fmt.Sprintf("%020d.ndjson.zst", here.first))
	options := minio.ListObjectsOptions{Prefix: prefix, MaxKeys: most}
	if at.after >= 0 {
		options.StartAfter = here.name(at.topic, at.number)
	}
	for info := range a.store.ListObjectsIter(ctx, a.cfg.S3.S3Bucket, options) { // which ends with the loop
		if info.Err != nil {
			return nil, false, fmt.Errorf("list the archive of %s again: %w", at.topic, info.Err)
		}
		if number, n, ok := parseName(at.topic, info.Key); ok && number == at.number && n.hour == at.hour {
			listed = append(listed, keptObject{named: n, version: digest([]byte(info.ETag))})
		}
		if len(listed) == most {
			return listed, false, nil
		}
	}
	return listed, true, ctx.Err()
}
