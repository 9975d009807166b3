package archive

import (
	"context"
	"fmt"
	"sync"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// assignment is the partitions that this member owns. The group's callbacks change it while the loop works, so every
// commit checks, under the lock, that the partition is still owned: a revocation waits for the lock, so what is
// committed under it was ours.
type assignment struct {
	mu     sync.Mutex
	owned  map[topicPartition]*partition
	memory memory
}

// adopt is called when partitions have been assigned, with the offsets where consuming will start.
func (a *archiver) adopt(ctx context.Context, offsets map[string]map[int32]kgo.Offset) (map[string]map[int32]kgo.Offset, error) {
	a.mu.Lock()
	client := a.client // set under the lock, see connect
	a.mu.Unlock()
	committed, err := kadm.NewClient(client).FetchOffsets(ctx, a.cfg.Group)
	if err != nil {
		return nil, fmt.Errorf("fetch the group's offsets: %w", err)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	for t, partitions := range offsets {
		for number := range partitions {
			p := &partition{topicPartition: topicPartition{t, number}, start: -1, commit: -1, after: -1}
			if c, ok := committed.Lookup(t, number); ok {
				if c.Err != nil {
					return nil, fmt.Errorf("fetch the offset of %s/%d: %w", t, number, c.Err)
				}
				p.start, p.next, p.commit, p.after = c.At, c.At, c.At, c.At
				if p.intent, err = parseIntent(c.Metadata); err != nil {
					return nil, fmt.Errorf("%s/%d: %w", t, number, err)
				}
			}
			a.owned[p.topicPartition] = p
		}
	}
	return offsets, nil
}

// release is called before partitions are given to another member, or after they were lost. What is open is dropped:
// the new owner reads it again from the committed offset.
func (a *archiver) release(_ context.Context, _ *kgo.Client, lost map[string][]int32) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for t, partitions := range lost {
		for _, number := range partitions {
			at := topicPartition{t, number}
			p := a.owned[at]
			delete(a.owned, at)
			if p == nil || p.open == nil {
				continue
			}
			a.tel.Logger.Info("an open object is dropped because its partition was revoked; the new owner archives its records",
				"topic", t, "partition", number, "records", p.open.reach.Records)
			a.metrics.dropped.Add(float64(p.open.reach.Records))
			p.open.drop()
		}
	}
}

// commit commits what at returns for each object whose partition is still owned, and returns those objects. An error
// means that it is not known what was committed; the member's state is then behind Kafka's and must be thrown away.
func (a *archiver) commit(ctx context.Context, objects []*closedObject, at func(*closedObject) (offset int64, metadata string)) ([]*closedObject, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	var mine []*closedObject
	offsets := map[string]map[int32]kgo.EpochOffset{}
	metadata := map[topicPartition]string{}
	for _, c := range objects {
		if a.owned[c.topicPartition] != c.partition {
			continue // revoked meanwhile; whoever owns it now does it again
		}
		if c.commit != c.after {
			// Moving the offset here would leave out what lies between.
			return nil, fmt.Errorf("%s/%d: an object that follows offset %d does not follow the committed offset %d", c.topic, c.number, c.after, c.commit)
		}
		offset, text := at(c)
		if offsets[c.topic] == nil {
			offsets[c.topic] = map[int32]kgo.EpochOffset{}
		}
		offsets[c.topic][c.number] = kgo.EpochOffset{Epoch: -1, Offset: offset}
		metadata[c.topicPartition] = text
		mine = append(mine, c)
	}
	if len(mine) == 0 {
		return nil, nil
	}
	if err := a.commitOffsets(ctx, offsets, metadata); err != nil {
		return nil, fmt.Errorf("commit offsets of the archive: %w", err)
	}
	for _, c := range mine {
		c.commit = offsets[c.topic][c.number].Offset
		c.after = c.commit
	}
	return mine, nil
}

func (a *archiver) commitOffsets(ctx context.Context, offsets map[string]map[int32]kgo.EpochOffset, metadata map[topicPartition]string) error {
	ctx = kgo.PreCommitFnContext(ctx, func(req *kmsg.OffsetCommitRequest) error {
		for i := range req.Topics {
			t := &req.Topics[i]
			for j := range t.Partitions {
				text := metadata[topicPartition{t.Topic, t.Partitions[j].Partition}]
				t.Partitions[j].Metadata = &text
			}
		}
		return nil
	})
	var failed error
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
