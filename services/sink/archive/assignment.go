package archive

import (
	"context"
	"fmt"
	"sync"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"catsvdogs/services/pipeline/crashpoint"
)

// assignment is the partitions that this member owns. The group's callbacks change it while the loop works, so every
// commit checks, under the lock, that the partition is still owned: a revocation waits for the lock, so what is
// committed under it was ours.
type assignment struct {
	mu     sync.Mutex
	owned  map[topicPartition]*partition
	memory memory

	started bool // the servers have answered
	ended   bool // nothing more is uploaded
}

// release is called before partitions are given to another member, or after they were lost. What is open is dropped:
// the new owner reads it again from the committed offset.
func (a *archiver) release(_ context.Context, _ *kgo.Client, lost map[string][]int32) {
	crashpoint.At(crashpoint.ArchiveRebalance)
	a.mu.Lock()
	defer a.mu.Unlock()
	for t, partitions := range lost {
		for _, number := range partitions {
			at := topicPartition{t, number}
			p := a.owned[at]
			delete(a.owned, at)
			if p == nil {
				continue
			}
			p.disown() // what is on its way ends, and drops what waits
			if p.open == nil {
				continue
			}
			a.tel.Logger.Info("an open object is dropped because its partition was revoked; the new owner archives its records",
				"topic", t, "partition", number, "records", p.open.reach.Records)
			a.metrics.dropped.Add(float64(p.open.reach.Records))
			p.open.drop()
			p.open = nil
		}
	}
}

// commit commits an offset for the object's partition. It says false when that is not owned any more. An error means that
// it is not known what was committed; the member's state is then behind Kafka's and must be thrown away.
func (a *archiver) commit(ctx context.Context, c *closedObject, offset int64, metadata string) (bool, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.owned[c.topicPartition] != c.partition {
		return false, nil // revoked meanwhile; whoever owns it now does it again
	}
	if c.commit != c.after {
		// Moving the offset here would leave out what lies between.
		return false, fmt.Errorf("%s/%d: an object that follows offset %d does not follow the committed offset %d", c.topic, c.number, c.after, c.commit)
	}
	if err := a.commitOffset(ctx, c.topicPartition, offset, metadata); err != nil {
		return false, fmt.Errorf("commit an offset of the archive: %w", err)
	}
	c.commit, c.after = offset, offset
	return true, nil
}

func (a *archiver) commitOffset(ctx context.Context, at topicPartition, offset int64, metadata string) error {
	ctx = kgo.PreCommitFnContext(ctx, func(req *kmsg.OffsetCommitRequest) error {
		for i := range req.Topics {
			for j := range req.Topics[i].Partitions {
				req.Topics[i].Partitions[j].Metadata = &metadata
			}
		}
		return nil
	})
	var failed error
	offsets := map[string]map[int32]kgo.EpochOffset{at.topic: {at.number: {Epoch: -1, Offset: offset}}}
	a.client.CommitOffsetsSync(ctx, offsets, func(_ *kgo.Client, _ *kmsg.OffsetCommitRequest, resp *kmsg.OffsetCommitResponse, err error) {
		if err != nil {
			failed = err
			return
		}
		for _, t := range resp.Topics {
			for _, p := range t.Partitions {
				if err := kerr.ErrorForCode(p.ErrorCode); err != nil {
					failed = fmt.Errorf("%s/%d: %w", t.Topic, p.Partition, err)
				}
			}
		}
	})
	return failed
}
