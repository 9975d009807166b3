// Package replay reads a topic's records back out of the archive: which objects, in which order, and what of them. It owns
// neither how the archive is stored (pipeline/archived) nor how records are written.
package replay

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/cenkalti/backoff/v5"

	"catsvdogs/services/pipeline/archived"
)

// Archive is an archive that is read; archived.Bucket is one.
type Archive interface {
	Objects(ctx context.Context, topicName string, each func(archived.Listed) error) error
	Open(ctx context.Context, o archived.Object, use func(archived.Content, io.Reader) error) error
}

// maxObjects bounds what a plan holds, at some 150 bytes each. It is ten years of 12 partitions that have an object an hour.
const maxObjects = 1 << 20

// Plan is the objects that are to be replayed, in their order.
type Plan struct {
	topic   string
	span    Span
	objects []archived.Listed
}

// Plan lists the archive of a topic. What is added to it later, such as the very records that are replayed, is not in the
// plan. While the store is away it tries again, for as long as ctx lives.
func (r *Runner) Plan(ctx context.Context, topicName string, span Span) (*Plan, error) {
	p := &Plan{topic: topicName, span: span}
	err := r.again(ctx, func() error {
		var err error
		p.objects, err = list(ctx, r.Archive, topicName, span)
		if refused(err) || errors.Is(err, errTooMany) {
			return backoff.Permanent(err)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("plan what to replay: %w", err)
	}
	return p, nil
}

var errTooMany = fmt.Errorf("over %d objects; replay a shorter time, one after the other", maxObjects)

// list returns the objects in the order in which they are to be read. The records of a partition come in the order of
// their offsets, over all of the span. Of the partitions' next objects that of the earliest hour comes first, so that all
// partitions get on together.
func list(ctx context.Context, a Archive, topicName string, span Span) ([]archived.Listed, error) {
	partitions := map[int32][]archived.Listed{}
	n := 0
	err := a.Objects(ctx, topicName, func(o archived.Listed) error {
		if !span.meets(o.Hour) {
			return nil
		}
		if n++; n > maxObjects {
			return errTooMany
		}
		partitions[o.Partition] = append(partitions[o.Partition], o)
		return nil
	})
	if err != nil {
		return nil, err
	}
	ordered := make([]archived.Listed, 0, n)
	for _, objects := range partitions {
		slices.SortFunc(objects, func(a, b archived.Listed) int {
			return cmp.Or(cmp.Compare(a.First, b.First), a.Hour.Compare(b.Hour))
		})
	}
	for len(ordered) < n {
		next, found := int32(0), false
		for partition, objects := range partitions {
			if len(objects) == 0 {
				continue
			}
			if !found || before(objects[0], partitions[next][0]) {
				next, found = partition, true
			}
		}
		ordered = append(ordered, partitions[next][0])
		partitions[next] = partitions[next][1:]
	}
	return ordered, nil
}

func before(a, b archived.Listed) bool {
	return cmp.Or(a.Hour.Compare(b.Hour), cmp.Compare(a.Partition, b.Partition)) < 0
}

// Objects is how many objects there are, and how many bytes they take in the store.
func (p *Plan) Objects() (n int, bytes int64) {
	for _, o := range p.objects {
		bytes += o.Size
	}
	return len(p.objects), bytes
}

// Earliest is a time before which there are no records from the i-th object on; zero when there are no objects.
func (p *Plan) Earliest(i int) time.Time {
	if i >= len(p.objects) {
		return time.Time{}
	}
	earliest := p.objects[i].Hour
	for _, o := range p.objects[i:] {
		if o.Hour.Before(earliest) {
			earliest = o.Hour
		}
	}
	if earliest.Before(p.span.From) {
		return p.span.From
	}
	return earliest
}
