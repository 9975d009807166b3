package archive

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// topicPartition names a partition of a topic.
type topicPartition struct {
	topic  string
	number int32
}

// assignment is the partitions that this member owns. The group's callbacks change it while the loop works, so every
// commit checks, under the lock, that the partition is still owned: a revocation waits for the lock, so what is
// committed under it was ours.
type assignment struct {
	mu    sync.Mutex
	owned map[topicPartition]*partition
}

// partition is what is known of an owned partition. An announced range whose last record has been compacted away is
// complete when a later record comes; compaction takes a record only when there is a later one with its key.
type partition struct {
	topicPartition
	start  int64   // where the next object starts; -1 before the first record when nothing was ever committed
	commit int64   // the group's committed offset; -1 for none
	next   int64   // offset after the last record that was taken
	intent *intent // what a former owner announced at start; nil once it is done
	open   *object // nil when no record has come
}

// closedObject is an object that is on its way to the store.
type closedObject struct {
	*partition
	start  int64 // committed offset while the object is on its way
	object *object
	reason string
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
			p := &partition{topicPartition: topicPartition{t, number}, start: -1, commit: -1}
			if c, ok := committed.Lookup(t, number); ok {
				if c.Err != nil {
					return nil, fmt.Errorf("fetch the offset of %s/%d: %w", t, number, c.Err)
				}
				p.start, p.next, p.commit = c.At, c.At, c.At
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
			delete(a.owned, topicPartition{t, number})
		}
	}
}

// add puts a record into the open object and returns the objects that are closed by it: none, one, or two.
func (p *partition) add(r *kgo.Record, rotation Rotation) ([]*closedObject, error) {
	var closed []*closedObject
	if p.start < 0 {
		p.start = r.Offset // nothing was ever committed: the log starts here
	}
	if p.open != nil {
		reason := ""
		if p.intent != nil {
			if r.Offset > p.intent.Last {
				reason = reasonIntent // the record at Last has been compacted away meanwhile
			}
		} else {
			reason = rotation.full(p.open, r)
		}
		if reason != "" {
			closed = append(closed, p.close(reason))
		}
	} else if p.intent != nil && r.Offset > p.intent.Last {
		// The whole announced range has left Kafka (retention). If the object was put, it is complete; if not, its
		// records are gone, and verifying the archive shows the gap.
		p.intent, p.start = nil, r.Offset
	}
	if p.open == nil {
		o, err := newObject(r, time.Now())
		if err != nil {
			return nil, err
		}
		if p.intent != nil {
			o.name = p.intent.Object
		}
		p.open = o
	}
	if err := p.open.add(r); err != nil {
		return nil, err
	}
	p.next = r.Offset + 1
	if p.intent != nil && r.Offset == p.intent.Last {
		closed = append(closed, p.close(reasonIntent))
	}
	return closed, nil
}

// close takes the open object out. The range of an intent ends where it was announced to end.
func (p *partition) close(reason string) *closedObject {
	c := &closedObject{partition: p, start: p.start, object: p.open, reason: reason}
	if p.intent != nil {
		c.object.last, p.intent = p.intent.Last, nil
	}
	p.start, p.open = c.object.last+1, nil
	return c
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
		offset, text := at(c)
		if text != "" && c.commit >= 0 && c.commit != offset {
			// Moving the offset here would leave out what lies between.
			return nil, fmt.Errorf("%s/%d: an object that starts at %d does not follow the committed offset %d", c.topic, c.number, offset, c.commit)
		}
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
	if failed != nil {
		return nil, fmt.Errorf("commit offsets of the archive: %w", failed)
	}
	for _, c := range mine {
		c.commit = offsets[c.topic][c.number].Offset
	}
	return mine, nil
}
