package group

import (
	"testing"
	"time"

	"catsvdogs/services/pipeline/kafkatest"
)

// One post for an index that was closed must neither fill the memory with what comes after it nor stop other partitions.
func TestAPartitionWhoseOffsetIsHeldUpIsPausedAloneAndGoesOnAfterwards(t *testing.T) {
	t.Parallel()
	_, kafka := kafkatest.Start(t, 2)
	const n = 260_000
	produce(t, kafka, n, 1)
	s := newShelf()
	s.keep = func(r *Record) bool { // a fast machine would read everything between two looks
		for r.Partition == 0 && r.Offset == mostBehind+1000 && t.Context().Err() == nil && len(s.member.Client.PauseFetchPartitions(nil)) == 0 {
			<-time.After(10 * time.Millisecond)
		}
		return r.Partition == 0 && r.Offset == 0
	}
	s.finishes = true
	m := start(t, kafka, s, 64<<20)
	eventually(t, "the partition is paused", func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.member != nil && len(s.member.Client.PauseFetchPartitions(nil)) > 0
	})
	eventually(t, "the other partition is read to its end", func() bool { return committed(t, kafka) > n/3 }) // of this one nothing is
	if keys, _ := s.count(); keys == n {
		t.Error("everything was read, so nothing was bounded")
	}
	s.mu.Lock()
	s.keep = nil
	s.mu.Unlock()
	s.finish(nil)
	eventually(t, "all is committed", func() bool { return committed(t, kafka) == n })
	m.stop(t)
}
