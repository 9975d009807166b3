package archive

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/services/pipeline/archived"
	"catsvdogs/services/pipeline/broker"
	"catsvdogs/services/sink/archive/bucket"
)

// adopt is called when partitions have been assigned, with the offsets where consuming will start, and returns those where
// it must. It asks the store: what was announced and is there need not come from Kafka again, which may have dropped it,
// and where the group knows no offset the archive itself tells how far it is.
func (a *archiver) adopt(ctx context.Context, offsets map[string]map[int32]kgo.Offset) (map[string]map[int32]kgo.Offset, error) {
	a.mu.Lock()
	client := a.client // set under the lock, see connect
	a.mu.Unlock()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(a.working, cancel)()
	committed, err := kadm.NewClient(client).FetchOffsets(ctx, a.cfg.Group)
	if err != nil {
		return nil, fmt.Errorf("fetch the group's offsets: %w", err)
	}
	for t, partitions := range offsets {
		var unknown []*partition
		var adopted []*partition
		for number := range partitions {
			p := &partition{topicPartition: topicPartition{t, number}, start: -1, commit: -1, after: -1}
			p.owning, p.disown = context.WithCancel(a.working)
			adopted = append(adopted, p)
			c, ok := committed.Lookup(t, number)
			if !ok {
				unknown = append(unknown, p)
				continue
			}
			if c.Err != nil {
				return nil, fmt.Errorf("fetch the offset of %s/%d: %w", t, number, c.Err)
			}
			p.start, p.next, p.commit, p.after = c.At, c.At, c.At, c.At
			if p.intent, err = parseIntent(c.Metadata); err != nil {
				return nil, fmt.Errorf("%s/%d: %w", t, number, err)
			}
			if p.intent != nil {
				if err := a.insist(ctx, func() error { return a.look(ctx, p) }); err != nil {
					return nil, err
				}
			}
		}
		if len(unknown) > 0 {
			if err := a.insist(ctx, func() error { return a.locate(ctx, t, unknown) }); err != nil {
				return nil, err
			}
		}
		a.mu.Lock()
		for _, p := range adopted {
			if p.next > max(p.commit, 0) {
				partitions[p.number] = kgo.NewOffset().At(p.next)
			}
			a.owned[p.topicPartition] = p
			for _, c := range p.waiting {
				p.waiting = nil
				a.queue(c)
			}
		}
		a.mu.Unlock()
	}
	a.ready()
	return offsets, nil
}

// look asks whether the announced object is there. Then only what follows from it may be missing, and the offset behind it.
func (a *archiver) look(ctx context.Context, p *partition) error {
	p.start = max(p.intent.Start, p.commit)
	_, err := a.bucket.Stat(ctx, p.intent.Object)
	if errors.Is(err, bucket.ErrMissing) {
		return nil
	}
	if err != nil {
		return err
	}
	reach := archived.Range{Start: p.start, Last: p.intent.Last}
	p.waiting = []*closedObject{{
		partition: p, object: &object{Object: p.intent.object, reach: reach}, after: p.commit,
		table: p.intent.Table, adopted: true, found: true, reason: reasonIntent,
	}}
	p.after, p.start, p.next, p.intent = reach.Last+1, reach.Last+1, reach.Last+1, nil
	return nil
}

// locate finds the end of the archive of partitions for which the group has no offset: they are new, or Kafka has
// forgotten the group, as it does a week after its last member has left (offsets.retention.minutes).
func (a *archiver) locate(ctx context.Context, topicName string, partitions []*partition) error {
	last := map[int32]archived.Object{}
	err := a.bucket.List(ctx, topicName+"/", func(name string, _ time.Time) error {
		o, ok := archived.ParseName(name)
		if before, known := last[o.Partition]; ok && o.Topic == topicName && (!known || o.First > before.First) {
			last[o.Partition] = o
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, p := range partitions {
		o, ok := last[p.number]
		if !ok {
			continue // it begins where the log does
		}
		end, err := a.endOf(ctx, o)
		if err != nil {
			return err
		}
		a.tel.Logger.Warn("Kafka knows no offset of the archive's group; it goes on behind the last object", "topic", topicName, "partition", p.number, "object", o.Name(), "offset", end)
		p.start, p.next = end, end
	}
	return nil
}

// endOf returns the offset behind an object, once its last record has been held against Kafka's: that log may have begun
// anew.
func (a *archiver) endOf(ctx context.Context, o archived.Object) (int64, error) {
	reach, err := a.rangeOf(ctx, o)
	if err != nil {
		return 0, err
	}
	var last *kgo.Record
	if _, err := a.bucket.Get(ctx, o.Name(), func(packed io.Reader) error {
		return o.Format.Lines(packed, func(text []byte) error {
			l, err := archived.ParseLine(text)
			last = l.Record
			return err
		})
	}); err != nil {
		return 0, err
	}
	if last == nil {
		return reach.Last + 1, nil
	}
	same, err := a.isOfThisLog(ctx, last, reach.Last)
	if err == nil && !same {
		err = fmt.Errorf("%s: %w", o.Name(), errForeign)
	}
	return reach.Last + 1, err
}

// rangeOf returns what an object says that it covers, or, of one that an earlier version has put and that says nothing of it,
// what its lines cover.
func (a *archiver) rangeOf(ctx context.Context, o archived.Object) (archived.Range, error) {
	stat, err := a.bucket.Stat(ctx, o.Name())
	if err != nil {
		return archived.Range{}, err
	}
	reach, err := archived.ParseRange(func(name string) string { return stat.Metadata[http.CanonicalHeaderKey(name)] })
	if err == nil {
		return reach, nil
	}
	reach = archived.Range{Start: o.First, Last: -1}
	if _, err := a.bucket.Get(ctx, o.Name(), func(packed io.Reader) error {
		return o.Format.Lines(packed, func(text []byte) error {
			l, err := archived.ParseLine(text)
			if err != nil {
				return err
			}
			reach.Last = l.Offset
			reach.Records++
			if l.Suppressed {
				reach.Suppressed++
			}
			return nil
		})
	}); err != nil {
		return archived.Range{}, err
	}
	if reach.Records == 0 {
		return archived.Range{}, fmt.Errorf("%s: it has no lines either: %w", o.Name(), err)
	}
	return reach, nil
}

// isOfThisLog says whether Kafka may have written an archived record: its offsets reach so far, and where it still has
// the record, it is the same one.
func (a *archiver) isOfThisLog(ctx context.Context, r *kgo.Record, end int64) (bool, error) {
	options := append(broker.Dialing(a.cfg.Kafka), kgo.AlwaysRetryEOF(), kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{
		r.Topic: {r.Partition: kgo.NewOffset().At(r.Offset)},
	}), kgo.FetchMaxPartitionBytes(fetchPartitionBytes))
	cl, err := kgo.NewClient(options...)
	if err != nil {
		return false, fmt.Errorf("connect to Kafka: %w", err)
	}
	defer cl.Close()
	admin := kadm.NewClient(cl)
	starts, err := admin.ListStartOffsets(ctx, r.Topic)
	if err != nil {
		return false, fmt.Errorf("ask Kafka for the start of %s: %w", r.Topic, err)
	}
	ends, err := admin.ListEndOffsets(ctx, r.Topic)
	if err != nil {
		return false, fmt.Errorf("ask Kafka for the end of %s: %w", r.Topic, err)
	}
	first, _ := starts.Lookup(r.Topic, r.Partition)
	behind, _ := ends.Lookup(r.Topic, r.Partition)
	if err := errors.Join(first.Err, behind.Err); err != nil {
		return false, fmt.Errorf("ask Kafka for the offsets of %s: %w", r.Topic, err)
	}
	if behind.Offset <= end {
		return false, nil
	}
	if first.Offset > r.Offset {
		return true, nil // as far as anybody can tell
	}
	ctx, cancel := context.WithTimeoutCause(ctx, 30*time.Second, errors.New("it does not come"))
	defer cancel()
	fetches := cl.PollRecords(ctx, 1)
	if err := fetches.Err(); err != nil {
		return false, fmt.Errorf("read %s/%d@%d: %w", r.Topic, r.Partition, r.Offset, err)
	}
	return !slices.ContainsFunc(fetches.Records(), func(now *kgo.Record) bool {
		return now.Offset == r.Offset && (string(now.Key) != string(r.Key) || !now.Timestamp.Equal(r.Timestamp))
	}), nil
}
