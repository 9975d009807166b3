package broker

import (
	"context"
	"maps"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// Keep asks where the log ends each second until ctx ends: a client that only waits for records cannot tell a broker that is
// away from a topic in which nothing happens. It may run beside everything else.
func (e *Extent) Keep(ctx context.Context) {
	every := time.NewTicker(askEvery)
	defer every.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-every.C:
		}
		asked, cancel := context.WithTimeout(ctx, askWithin)
		ends, err := e.committedEnds(asked)
		cancel()
		if err == nil { // how long that has not been so is what shows
			e.hear(ends)
		}
	}
}

func (e *Extent) hear(ends map[int32]int64) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.heard, e.ends = time.Now(), maps.Clone(ends)
}

// Heard is when every leader has last said where its partitions end. Any goroutine may ask.
func (e *Extent) Heard() time.Time {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.heard
}

func (e *Extent) lastEnds() map[int32]int64 {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.ends
}

// Behind counts the offsets that were committed when the leaders were last heard and have not been read.
func (e *Extent) Behind() (n int64) {
	for partition, end := range e.lastEnds() {
		n += max(0, end-e.next[partition])
	}
	return n
}

// Added returns the partitions that the topic was given since the last call, and where to begin with them: with their
// beginning.
func (e *Extent) Added() map[string]map[int32]kgo.Offset {
	added := map[int32]kgo.Offset{}
	for partition := range e.lastEnds() {
		if _, known := e.start[partition]; !known {
			e.start[partition], e.next[partition] = 0, 0
			added[partition] = kgo.NewOffset().AtStart()
		}
	}
	if len(added) == 0 {
		return nil
	}
	return map[string]map[int32]kgo.Offset{e.topic: added}
}
