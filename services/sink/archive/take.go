package archive

import (
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// take puts records into the open objects of their partitions and queues the objects that become full.
func (a *archiver) take(fetches kgo.Fetches) (err error) {
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
					a.queue(done)
				}
				continue
			}
			var done []*closedObject
			if done, err = p.add(r, fetched.LogStartOffset, &a.memory, a.packing); err != nil {
				return
			}
			for _, c := range done {
				a.queue(c)
			}
		}
		if err = a.closeLargest(); err != nil {
			return
		}
		if p.lost > 0 {
			a.metrics.lost.WithLabelValues(p.topic).Add(float64(p.lost))
			a.tel.Logger.Error("Kafka has dropped records before they were archived; ledger audit shows the gap",
				"topic", p.topic, "partition", p.number, "offsets", p.lost)
			p.lost = 0
		}
	})
	return err
}

// close closes the partition's open object and queues it. The lock is held.
func (a *archiver) close(p *partition, reason string) error {
	c, err := p.close(reason, a.packing)
	if err != nil {
		return err
	}
	a.queue(c)
	return nil
}

// closeDue closes the objects that the clock or the memory bound says. An announced range is closed by its last offset
// only.
func (a *archiver) closeDue(lastRecord time.Time) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	now := time.Now()
	for _, p := range a.owned {
		if p.open == nil || p.intent != nil {
			continue
		}
		if reason := a.packing.rotation.due(p.open, now, lastRecord); reason != "" {
			if err := a.close(p, reason); err != nil {
				return err
			}
		}
	}
	return a.closeLargest()
}

// closeAll closes what is open, for a stop.
func (a *archiver) closeAll() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, p := range a.owned {
		if p.open != nil && p.intent == nil {
			if err := a.close(p, reasonStop); err != nil {
				return err
			}
		}
	}
	return nil
}
