package live

import (
	"context"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"

	"catsvdogs/services/pipeline/topic"
)

// logBegin tells since when the log has records; zero where nobody knows.
type logBegin struct {
	began time.Time // its first record was written
	lost  time.Time // records that were written before this have left it
}

// findLogBegin asks for the first record of each partition. Where a partition no longer begins with offset 0, older records
// have been there and have left: compaction takes records away as well, but only those that have a newer one, and does not
// move the beginning.
func findLogBegin(ctx context.Context, adm *kadm.Client) (l logBegin, err error) {
	first, err := adm.ListOffsetsAfterMilli(ctx, 0, topic.Enriched)
	if err == nil {
		err = first.Error()
	}
	if err != nil {
		return l, fmt.Errorf("find the first records of %s: %w", topic.Enriched, err)
	}
	begins, err := adm.ListStartOffsets(ctx, topic.Enriched)
	if err == nil {
		err = begins.Error()
	}
	if err != nil {
		return l, fmt.Errorf("find the start of %s: %w", topic.Enriched, err)
	}
	first.Each(func(o kadm.ListedOffset) {
		if o.Timestamp <= 0 {
			return // no record, or one whose time nobody knows
		}
		written := time.UnixMilli(o.Timestamp)
		if l.began.IsZero() || written.Before(l.began) {
			l.began = written
		}
		if begin, ok := begins.Lookup(topic.Enriched, o.Partition); ok && begin.Offset > 0 && written.After(l.lost) {
			l.lost = written
		}
	})
	return l, nil
}
