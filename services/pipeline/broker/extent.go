package broker

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/cenkalti/backoff/v5"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

// Extent is how far the log of a topic goes, and how far it has been read: where reading begins, where the past ends that
// stood in the log when it was asked, and where the log ends now. It is for those that read a topic without a group, to its
// present end and perhaps on from there. Records count once they are committed.
//
// Only what was read, or what a leader says holds nothing, counts as read, and never that nothing came for a while: a broker
// that is slow or away looks just like a log that has nothing more.
//
// It is for one goroutine, but for Keep and Heard.
type Extent struct {
	client           *kgo.Client
	adm              *kadm.Client
	topic            string
	start, end, next map[int32]int64 // by partition

	mu    sync.Mutex
	heard time.Time       // every leader answered then
	ends  map[int32]int64 // by partition, as of then
}

const (
	// askEvery is how often Keep asks where the log ends.
	askEvery = time.Second
	// askWithin bounds one such question, and a look at what is there.
	askWithin = 5 * time.Second
	// quietAfter is how long Read lets nothing come before it asks whether there is anything.
	quietAfter = 2 * time.Second
	// maxPoll bounds the records of a poll.
	maxPoll = 2000
)

// FindExtent asks where a topic has what was written since a time, and where it ends. While the broker is away it asks again,
// with growing pauses, and logs what it waits for, until ctx ends.
//
// Reading takes a client that reads committed records, hands out the markers of transactions (kgo.KeepControlRecords), which
// may be the last thing in a partition, and begins at Offsets.
func FindExtent(ctx context.Context, cl *kgo.Client, log *slog.Logger, topicName string, since time.Time) (*Extent, error) {
	return backoff.Retry(ctx, func() (*Extent, error) { return findExtent(ctx, cl, topicName, since) },
		backoff.WithMaxElapsedTime(0), backoff.WithNotify(func(err error, d time.Duration) {
			log.Warn("waiting for the broker", "error", err, "again_in", d.Round(time.Millisecond))
		}))
}

func findExtent(ctx context.Context, cl *kgo.Client, topicName string, since time.Time) (*Extent, error) {
	e := &Extent{client: cl, adm: kadm.NewClient(cl), topic: topicName, start: map[int32]int64{}, next: map[int32]int64{}}
	// The ends are asked for first: where nothing is younger than since, reading begins at the end, and a record that is
	// written between the two answers must not fall between them.
	var err error
	if e.end, err = e.committedEnds(ctx); err != nil {
		return nil, err
	}
	starts, err := e.adm.ListOffsetsAfterMilli(ctx, since.UnixMilli(), topicName)
	if err == nil {
		err = starts.Error()
	}
	if err != nil {
		return nil, fmt.Errorf("find where %s is in %s: %w", since.UTC().Format(time.RFC3339), topicName, err)
	}
	for partition, end := range e.end {
		e.BeginAt(partition, end)
		if o, ok := starts.Lookup(topicName, partition); ok && o.Offset >= 0 {
			e.BeginAt(partition, o.Offset)
		}
	}
	e.hear(e.end)
	return e, nil
}

// committedEnds returns where each partition ends for a reader of committed records. Each leader has to answer.
func (e *Extent) committedEnds(ctx context.Context) (map[int32]int64, error) {
	listed, err := e.adm.ListCommittedOffsets(ctx, e.topic)
	if err == nil {
		err = listed.Error()
	}
	if err != nil {
		return nil, fmt.Errorf("find the end of %s: %w", e.topic, err)
	}
	ends := map[int32]int64{}
	listed.Each(func(o kadm.ListedOffset) { ends[o.Partition] = o.Offset })
	return ends, nil
}

// BeginAt has a partition read from another offset, at most from the end of the past. Call it before Offsets.
func (e *Extent) BeginAt(partition int32, offset int64) {
	if end, known := e.end[partition]; known {
		e.start[partition] = min(offset, end)
		e.next[partition] = e.start[partition]
	}
}

// Offsets says where to begin, as the client wants it (AddConsumePartitions).
func (e *Extent) Offsets() map[string]map[int32]kgo.Offset {
	at := map[int32]kgo.Offset{}
	for partition, offset := range e.start {
		at[partition] = kgo.NewOffset().At(offset)
	}
	return map[string]map[int32]kgo.Offset{e.topic: at}
}

// Passed notes that everything before offset next of a partition has been read.
func (e *Extent) Passed(partition int32, next int64) {
	e.next[partition] = max(e.next[partition], next)
}

// Left counts the offsets of the past that have not been read.
func (e *Extent) Left() (n int64) {
	for partition, end := range e.end {
		n += max(0, end-e.next[partition])
	}
	return n
}

// Percent is how much of the past has been read, 0 to 100.
func (e *Extent) Percent() int {
	var all int64
	for partition, end := range e.end {
		all += end - e.start[partition]
	}
	if all == 0 {
		return 100
	}
	return int(100 * (all - e.Left()) / all)
}

// Partitions counts those that are read.
func (e *Extent) Partitions() int { return len(e.start) }

// Read reads the past to its end, or until ctx ends, whose error it then returns. record is called from this goroutine with
// each record, and with the markers of transactions; it may also be given records from behind the end. Those that leave the
// log meanwhile do not come. What the client has to say of a broker that is away it logs by itself.
func (e *Extent) Read(ctx context.Context, record func(*kgo.Record)) error {
	for e.Left() > 0 {
		polled, cancel := context.WithTimeout(ctx, quietAfter)
		fetches := e.client.PollRecords(polled, maxPoll)
		cancel()
		if ctx.Err() != nil {
			return ctx.Err()
		}
		fetches.EachRecord(func(r *kgo.Record) {
			e.Passed(r.Partition, r.Offset+1)
			record(r)
		})
		if fetches.NumRecords() == 0 {
			_ = e.SkipNothing(ctx) // a broker that does not answer is asked again
		}
	}
	return nil
}
