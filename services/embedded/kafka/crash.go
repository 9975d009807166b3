package kafka

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

// producerPartition is where one producer writes in a partition: at most one transaction of it is open there.
type producerPartition struct {
	producer  int64
	topic     string
	partition int32
}

// abortOpenTransactions writes the markers that a kill left out, and returns how many. kfake (2026-09) takes a transaction
// that was open when it was killed for aborted and says so in every answer, but writes no marker; a client, which takes all
// that a producer writes up to the next marker for a part of the aborted transaction (KIP-98), would drop the committed
// batches behind it. It reads all logs; so does kfake when it starts after a kill.
func (s *Server) abortOpenTransactions(ctx context.Context) (int, error) {
	cl, err := kgo.NewClient(kgo.SeedBrokers(s.Addrs()...), kgo.KeepControlRecords())
	if err != nil {
		return 0, err
	}
	defer cl.Close()
	admin := kadm.NewClient(cl)
	starts, err := admin.ListStartOffsets(ctx)
	if err != nil {
		return 0, err
	}
	ends, err := admin.ListEndOffsets(ctx)
	if err != nil {
		return 0, err
	}
	unread, from := 0, map[string]map[int32]kgo.Offset{}
	ends.Each(func(end kadm.ListedOffset) {
		if start, ok := starts.Lookup(end.Topic, end.Partition); ok && start.Offset < end.Offset {
			if from[end.Topic] == nil {
				from[end.Topic] = map[int32]kgo.Offset{}
			}
			from[end.Topic][end.Partition] = kgo.NewOffset().At(start.Offset)
			unread++
		}
	})
	cl.AddConsumePartitions(from)
	open := map[producerPartition]int16{} // the epoch of the producer
	for unread > 0 {
		fetches := cl.PollFetches(ctx)
		if ctx.Err() != nil {
			return 0, context.Cause(ctx)
		}
		if err := fetches.Err(); err != nil {
			return 0, err
		}
		fetches.EachRecord(func(r *kgo.Record) {
			at := producerPartition{r.ProducerID, r.Topic, r.Partition}
			switch {
			case r.Attrs.IsControl():
				delete(open, at)
			case r.Attrs.IsTransactional():
				open[at] = r.ProducerEpoch
			}
			if end, ok := ends.Lookup(r.Topic, r.Partition); ok && r.Offset == end.Offset-1 {
				unread--
			}
		})
	}
	for at, epoch := range open {
		var topics kadm.TopicsSet
		topics.Add(at.topic, at.partition)
		answers, err := admin.WriteTxnMarkers(ctx, kadm.TxnMarkers{ProducerID: at.producer, ProducerEpoch: epoch, Topics: topics})
		if err != nil {
			return 0, err
		}
		answers.EachPartition(func(p kadm.TxnMarkersPartitionResponse) { err = errors.Join(err, p.Err) })
		if err != nil {
			return 0, fmt.Errorf("%s/%d: %w", at.topic, at.partition, err)
		}
	}
	return len(open), nil
}

// replay opens the broker again so that it reads its logs: its own list of aborted transactions, which it would keep in its
// snapshots, has them end before the markers.
func (s *Server) replay(dir string, log *slog.Logger) error {
	s.cluster.Close()
	snapshots, err := filepath.Glob(filepath.Join(dir, "partitions", "*", "snapshot.json"))
	if err != nil {
		return err
	}
	for _, path := range snapshots {
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("remove a snapshot of the embedded broker: %w", err)
		}
	}
	return s.open(dir, log)
}
