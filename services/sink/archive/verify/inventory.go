package verify

import (
	"cmp"
	"context"
	"slices"
	"time"

	"catsvdogs/services/pipeline/archived"
)

// entry is an object of a partition, as small as can be: there may be a million.
type entry struct {
	first  int64
	hour   int32 // since 1970
	isGzip bool
}

func (e entry) object(topicName string, partition int32) archived.Object {
	o := archived.Object{
		Topic: topicName, Partition: partition, First: e.first,
		Hour: time.Unix(int64(e.hour)*3600, 0).UTC(), Format: archived.Zstd,
	}
	if e.isGzip {
		o.Format = archived.Gzip
	}
	return o
}

func (e entry) time() time.Time { return time.Unix(int64(e.hour)*3600, 0).UTC() }

// inventory is the objects of a topic by partition, each partition's in the order of their first offsets. A listing does
// not have that order: it goes by the hour, and records' times may go back.
type inventory map[int32][]entry

func (v *Verifier) inventory(ctx context.Context, topicName string) (inventory, error) {
	found := inventory{}
	err := v.Archive.Objects(ctx, topicName, func(o archived.Listed) error {
		found[o.Partition] = append(found[o.Partition], entry{first: o.First, hour: int32(o.Hour.Unix() / 3600), isGzip: o.Format == archived.Gzip})
		return nil
	})
	for _, entries := range found {
		slices.SortFunc(entries, func(a, b entry) int { return cmp.Or(cmp.Compare(a.first, b.first), cmp.Compare(a.hour, b.hour)) })
	}
	return found, err
}
