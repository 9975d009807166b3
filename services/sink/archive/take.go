package archive

import (
	"fmt"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// take puts records into the open objects of their partitions and returns the objects that became full.
func (a *archiver) take(fetches kgo.Fetches) (closed []*closedObject, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	fetches.EachPartition(func(fetched kgo.FetchTopicPartition) {
		if err != nil || len(fetched.Records) == 0 {
			return
		}
		at := topicPartition{fetched.Topic, fetched.Partition}
		p := a.owned[at]
		for _, r := range fetched.Records {
			if p == nil || r.Offset < p.next {
				// Not while rebalances wait for us, unless the log itself was cut back. Archiving it would double it.
				err = fmt.Errorf("record %s/%d@%d is not one that this member may archive; was the topic truncated?", r.Topic, r.Partition, r.Offset)
				return
			}
			if r.Attrs.IsControl() {
				var done *closedObject
				if done, err = p.mark(r, a.packing); err != nil {
					return
				}
				if done != nil {
					closed = append(closed, done)
				}
				continue
			}
			var done []*closedObject
			if done, err = p.add(r, fetched.LogStartOffset, &a.memory, a.packing); err != nil {
				return
			}
			closed = append(closed, done...)
		}
		if p.lost > 0 {
			a.metrics.lost.WithLabelValues(p.topic).Add(float64(p.lost))
			a.tel.Logger.Error("Kafka has dropped records before they were archived; verifying the archive shows the gap",
				"topic", p.topic, "partition", p.number, "offsets", p.lost)
			p.lost = 0
		}
	})
	return closed, err
}

// closeDue closes the objects that the clock or the memory bound says. An announced range is closed by its last offset
// only.
func (a *archiver) closeDue(lastRecord time.Time) (closed []*closedObject, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	now := time.Now()
	waiting, total := 0, 0
	var open []*partition
	for _, p := range a.owned {
		if p.open == nil {
			continue
		}
		if p.intent == nil {
			if reason := a.packing.rotation.due(p.open, now, lastRecord); reason != "" {
				c, err := p.close(reason, a.packing)
				if err != nil {
					return nil, err
				}
				closed = append(closed, c)
				continue
			}
			open = append(open, p)
		}
		total += p.open.bytes()
		waiting += p.open.reach.Records
	}
	slices.SortFunc(open, func(x, y *partition) int { return y.open.bytes() - x.open.bytes() })
	for _, p := range open {
		if total <= a.packing.rotation.Memory {
			break
		}
		total -= p.open.bytes()
		waiting -= p.open.reach.Records
		c, err := p.close(reasonMemory, a.packing)
		if err != nil {
			return nil, err
		}
		closed = append(closed, c)
	}
	a.metrics.open.Set(float64(waiting))
	a.metrics.held.Set(float64(total))
	return closed, nil
}

// closeAll closes what is open, for a stop.
func (a *archiver) closeAll() (closed []*closedObject, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, p := range a.owned {
		if p.open != nil && p.intent == nil {
			c, err := p.close(reasonStop, a.packing)
			if err != nil {
				return nil, err
			}
			closed = append(closed, c)
		}
	}
	return closed, nil
}
