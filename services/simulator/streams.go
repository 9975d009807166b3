package simulator

import (
	"context"
	"sync"
	"time"
)

// slotPatience is how long a new client waits for the place of one that is
// just leaving: a client that reconnects at once would otherwise be told that
// it is connected already, which it has to take as a reason to wait a minute.
const slotPatience = 250 * time.Millisecond

// streams lets one stream be open at a time and ends it when the server stops.
type streams struct {
	ctx    context.Context // a stream outlives its request: the connection is hijacked
	cancel context.CancelFunc
	slot   chan struct{}

	mu      sync.Mutex
	closed  bool
	running sync.WaitGroup
}

func newStreams() *streams {
	ctx, cancel := context.WithCancel(context.Background())
	return &streams{ctx: ctx, cancel: cancel, slot: make(chan struct{}, 1)}
}

// open says whether a client is connected.
func (s *streams) open() bool { return len(s.slot) > 0 }

// begin takes the one place, or returns false. The caller calls leave later.
func (s *streams) begin(ctx context.Context) bool {
	patience := time.NewTimer(slotPatience)
	defer patience.Stop()
	select {
	case s.slot <- struct{}{}:
	case <-patience.C:
		return false
	case <-ctx.Done():
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		<-s.slot
		return false
	}
	s.running.Add(1)
	return true
}

func (s *streams) leave() {
	<-s.slot
	s.running.Done()
}

// end ends the open stream and waits for it. Bounded by the deadlines on the
// stream's writes.
func (s *streams) end() {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.cancel()
	s.running.Wait()
}
