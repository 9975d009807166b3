package xstream

import (
	"context"
	"slices"
	"time"

	"catsvdogs/services/pipeline/xapi"
)

// Memory is what a process knows of its stream and the next one has to know as well: without it a process that is started
// again and again would connect more often than X allows, and end connections that are not its own. The zero value is that
// of a first start.
type Memory struct {
	// Position is where the stream is.
	Position Resume `json:"position,omitzero"`
	// Pace is how long a post is waited for, on average, in nanoseconds; 0 when that is not known.
	Pace time.Duration `json:"pace_ns,omitempty"`
	// Connects are requests for the stream that X has got within its window, oldest first; at most 50.
	Connects []time.Time `json:"connects,omitempty"`
	// Places are connects of which X may still hold the connection, oldest first; at most maxPlaces.
	Places []time.Time `json:"places,omitempty"`
	// Failures are those in a row.
	Failures Failures `json:"failures,omitzero"`
	// NotBefore is when X wants the next connect at the earliest; zero for at any time.
	NotBefore time.Time `json:"not_before,omitzero"`
}

// Failures counts, for each row of waits, how often in a row it failed.
type Failures struct {
	Drops   int `json:"drops,omitempty"`
	Network int `json:"network,omitempty"`
	HTTP    int `json:"http,omitempty"`
	Limits  int `json:"limits,omitempty"`
}

// maxPlaces bounds the connects that are remembered as X's: those of some unlucky hours.
const maxPlaces = 16

// maxFailures bounds a row that is taken over. All waits have long reached their bound there.
const maxFailures = 100

// Memory returns what is to be remembered now. Safe for concurrent use.
func (s *Stream) Memory() Memory {
	s.memoryMu.Lock()
	m := s.memory
	s.memoryMu.Unlock()
	if at := s.outlet.position.Load(); at != nil {
		m.Position = *at
	}
	if pace := s.paceKnown.Load(); pace > 0 {
		m.Pace = time.Duration(pace)
	}
	return m
}

// recollect takes over what an earlier process has left. Its clock may have been wrong: what is in the future for us is
// taken for now, or a wait would never end.
func (s *Stream) recollect(m Memory, now time.Time) {
	past := func(times []time.Time, most int) []time.Time {
		var out []time.Time
		for _, at := range times {
			if at.After(now) {
				at = now
			}
			out = append(out, at)
		}
		slices.SortFunc(out, time.Time.Compare)
		return out[max(0, len(out)-most):]
	}
	for _, at := range past(m.Connects, connectLimit) {
		if now.Sub(at) < xapi.LimitWindow {
			s.limiter.Sent(at)
		}
	}
	s.places = past(m.Places, maxPlaces)
	row := func(n int) int { return min(max(n, 0), maxFailures) }
	s.backoff.Failures = Failures{row(m.Failures.Drops), row(m.Failures.Network), row(m.Failures.HTTP), row(m.Failures.Limits)}
	if s.notBefore = m.NotBefore; s.notBefore.Sub(now) > resetMax {
		s.notBefore = now.Add(resetMax)
	}
	s.cover.resume(m.Position, now)
	s.pace.resume(m.Pace)
	s.memory.Position, s.memory.Pace = m.Position, m.Pace
	s.publish()
}

// publish makes what the goroutine of Run knows visible to Memory.
func (s *Stream) publish() {
	s.memoryMu.Lock()
	defer s.memoryMu.Unlock()
	s.memory.Connects, s.memory.Places = s.limiter.Times(), slices.Clone(s.places)
	s.memory.Failures, s.memory.NotBefore = s.backoff.Failures, s.notBefore
}

// intend counts a connect before it is made, and has it remembered: a process that is killed in it must not be one that
// has not connected.
func (s *Stream) intend(ctx context.Context, at time.Time) {
	s.limiter.Sent(at)
	s.notBefore = time.Time{}
	s.places = append(s.places, at)
	s.places = s.places[max(0, len(s.places)-maxPlaces):]
	s.publish()
	s.opts.Remember(ctx, s.Memory())
}

// settle takes back what X does not count or hold. A request that was never written is no connect: X's limit must not
// hold us back for an outage of the network. Of a connect that X has refused, or ended itself, it holds no connection.
func (s *Stream) settle(run *session, f *Failure) {
	last := len(s.places) - 1
	if !run.sent.Load() {
		s.limiter.Unsent()
	}
	refused := run.connected.IsZero() && f.Status != 0
	if !run.sent.Load() || refused || f.Kind == Closed || f.Kind == Disconnected {
		s.places = slices.Delete(s.places, last, last+1)
	}
	s.publish()
}

// notBeforeAfter returns when X wants the next connect, if that is more than a rule of good conduct between two of them.
// For a lack of credit a person has to do something, and will start this program again then.
func notBeforeAfter(f *Failure, wait time.Duration, now time.Time) time.Time {
	if f.Kind == xapi.RateLimited || f.Kind == xapi.TooManyConnections || f.Kind == xapi.HTTP {
		return now.Add(wait)
	}
	return time.Time{}
}
