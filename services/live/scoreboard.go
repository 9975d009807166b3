package live

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"sync"
	"time"

	"catsvdogs/services/live/broadcast"
	"catsvdogs/services/live/rollup"
	"catsvdogs/services/pipeline/telemetry"
)

// tickEvery is the shortest time between two states: four a second look continuous and cost little. A post waits no
// longer than this between being counted and being sent.
const tickEvery = 250 * time.Millisecond

// hashtagsEvery is the shortest time between two states that differ in their hashtags. Time alone makes a state each second, so
// none is older for long.
const hashtagsEvery = 900 * time.Millisecond

// scoreboard counts batches and publishes what they change. One goroutine runs it; others may ask for days.
type scoreboard struct {
	competing Competing
	zone      *time.Location
	hub       *broadcast.Hub
	metrics   *metrics
	stage     *telemetry.Stage

	mu        sync.Mutex // of all that follows
	rollup    *rollup.Rollup
	progress  Progress
	behind    int64     // records that are committed and not counted
	cutOff    time.Time // when the broker was last heard; zero while it answers
	epoch     string
	seq       uint64
	published time.Time
	tagged    time.Time // when the hashtags of the state were taken
	state     State
	asObject  map[string]any // state, as a reader decodes it
	unshown   []time.Time    // creation of posts that no state has shown yet; a tick's worth at most
	took      latencies
	days      dayCache
	account   *Account // the ledger's latest; never changed
}

// run counts until ctx ends, then publishes the last state.
func (s *scoreboard) run(ctx context.Context, batches <-chan batch) error {
	second := time.NewTicker(time.Second)
	defer second.Stop()
	due := time.NewTimer(tickEvery)
	due.Stop()
	for {
		changed := false
		select {
		case <-ctx.Done():
			return s.publish(time.Now())
		case b := <-batches:
			s.count(b)
			changed = true
		case <-second.C: // time alone changes the rate, the trace, the headline and the day
			changed = true
		case <-due.C:
			if err := s.publish(time.Now()); err != nil {
				return err
			}
		}
		if !changed {
			continue
		}
		// The first change after a pause is shown at once; those that follow wait for their tick.
		if wait := tickEvery - time.Since(s.published); wait > 0 {
			due.Reset(wait)
			continue
		}
		due.Stop()
		if err := s.publish(time.Now()); err != nil {
			return err
		}
	}
}

// count takes a batch into the numbers.
func (s *scoreboard) count(b batch) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	s.advance(now)
	s.rollup.Partitions(b.partitions)
	if !b.log.began.IsZero() {
		s.rollup.Began(b.log.began)
	}
	s.rollup.LostBefore(b.log.lost)
	for _, l := range b.looks {
		outcome := s.rollup.Apply(l.Observation)
		s.metrics.observations.WithLabelValues(string(outcome)).Inc()
		if outcome == rollup.Counted && s.progress.Phase == PhaseLive {
			s.unshown = append(s.unshown, l.created)
		}
	}
	if b.progress.Phase == PhaseLive && s.progress.Phase != PhaseLive {
		s.stage.Logger.Info("caught up with the days so far", "posts_today", s.rollup.Snapshot().Views[rollup.All].Total)
	}
	s.progress, s.behind, s.cutOff = b.progress, b.behind, b.cutOff
	switch {
	case !s.cutOff.IsZero():
		s.stage.Unready("cut off from the broker since " + instant(s.cutOff))
	case s.progress.Phase == PhaseLive:
		s.stage.Ready()
	}
}

// advance is called with mu held.
func (s *scoreboard) advance(now time.Time) {
	if newDay := s.rollup.Advance(now); newDay || s.epoch == "" {
		s.epoch, s.seq, s.asObject = strconv.FormatInt(now.UnixMilli(), 36), 0, nil
	}
}

// publish encodes the state once for all readers, unless it says nothing new.
func (s *scoreboard) publish(now time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.advance(now)
	s.showLatencies(now)
	state := newState(s.competing, s.zone, s.progress, s.cutOff, s.rollup.Snapshot(), now)
	state.Epoch, state.Seq = s.epoch, s.seq+1
	state.Freshness = Freshness{BehindRecords: s.behind, SourceToPage: s.took.of(now)}
	state.Account = s.account
	s.slowDown(&state, now)
	s.published = now
	if s.asObject != nil && state.tellsTheSameAs(s.state) {
		return nil
	}
	whole, asObject, err := encode(state)
	if err != nil {
		return err
	}
	var difference map[string]any
	if s.asObject != nil {
		difference = mergePatch(s.asObject, asObject)
	}
	s.hub.Publish(state.eventID(), whole, difference)
	s.state, s.asObject, s.seq = state, asObject, state.Seq
	delete(s.days, state.Day) // or who asks would be told what was before
	s.metrics.states.Inc()
	return nil
}

// slowDown lets what few look at and much changes, lists that a change repeats as a whole, wait for the next second. It is
// called with mu held.
func (s *scoreboard) slowDown(state *State, now time.Time) {
	begun := s.asObject != nil && s.state.Progress.Phase == state.Progress.Phase
	if begun && now.Sub(s.tagged) < hashtagsEvery {
		state.Hashtags, state.Organic.Hashtags = s.state.Hashtags, s.state.Organic.Hashtags
		return
	}
	s.tagged = now
}

// showLatencies notes the posts that the state about to be published is the first to show; it is called with mu held.
func (s *scoreboard) showLatencies(now time.Time) {
	for _, created := range s.unshown {
		// Two clocks that disagree by a few milliseconds must not make a post arrive before it was written.
		took := max(0, now.Sub(created))
		s.metrics.sourceToLive.Observe(took.Seconds())
		s.took.add(now, took)
	}
	s.unshown = s.unshown[:0]
}

// encode returns the state as JSON, and as a reader of that JSON would hold it. encoding/json writes <, > and & as
// escapes, so that not even a reader who pastes the answer into a page lets a post's text become markup.
func encode(s State) (whole []byte, asObject map[string]any, err error) {
	if whole, err = json.Marshal(s); err == nil {
		err = json.Unmarshal(whole, &asObject)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("encode the state: %w", err)
	}
	return whole, asObject, nil
}

// remembered is for the metrics.
func (s *scoreboard) remembered() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.rollup.Remembered()
}
