package live

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"catsvdogs/services/live/broadcast"
	"catsvdogs/services/live/rollup"
	"catsvdogs/services/pipeline/telemetry"
)

const (
	// tickEvery is the shortest time between two states: four a second look continuous and cost little.
	tickEvery = 250 * time.Millisecond
	// idleTickEvery is the longest. A page that has heard nothing for 25 s takes its connection for dead (stream.js).
	idleTickEvery = 10 * time.Second
)

// scoreboard counts batches and publishes what they change. One goroutine runs it.
type scoreboard struct {
	competing Competing
	zone      *time.Location
	rollup    *rollup.Rollup
	hub       *broadcast.Hub
	metrics   *metrics
	stage     *telemetry.Stage

	progress  Progress
	epoch     string
	seq       uint64
	published time.Time
	state     State
	asObject  map[string]any // state, as a reader decodes it
	unshown   []time.Time    // creation of posts that no state has shown yet; a tick's worth at most
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
		case <-second.C:
			changed = s.passes(time.Now())
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
	now := time.Now()
	s.advance(now)
	for _, l := range b.looks {
		outcome := s.rollup.Apply(l.Observation)
		s.metrics.observations.WithLabelValues(string(outcome)).Inc()
		if outcome == rollup.Counted && s.progress.Phase == PhaseLive {
			s.unshown = append(s.unshown, l.created)
		}
	}
	if b.progress.Phase == PhaseLive && s.progress.Phase != PhaseLive {
		s.stage.Logger.Info("caught up with the day so far", "posts", s.rollup.Snapshot().Total)
		s.stage.Ready()
	}
	s.progress = b.progress
}

// passes says whether time alone has changed what readers should see.
func (s *scoreboard) passes(now time.Time) bool {
	newDay := s.advance(now)
	snapshot := s.rollup.Snapshot()
	rate := Rate{Last10s: rounded(snapshot.PerSecond10s, 1000), Last60s: rounded(snapshot.PerSecond60s, 1000)}
	return newDay || rate != s.state.Rate || now.Sub(s.published) >= idleTickEvery
}

func (s *scoreboard) advance(now time.Time) (newDay bool) {
	newDay = s.rollup.Advance(now)
	if newDay || s.epoch == "" {
		s.epoch, s.seq, s.asObject = strconv.FormatInt(now.UnixMilli(), 36), 0, nil
	}
	return newDay
}

// publish encodes the state once for all readers.
func (s *scoreboard) publish(now time.Time) error {
	s.advance(now)
	s.seq++
	state := newState(s.competing, s.zone, s.progress, s.rollup.Snapshot(), now)
	state.Epoch, state.Seq = s.epoch, s.seq
	whole, asObject, err := encode(state)
	if err != nil {
		return err
	}
	var difference []byte
	if s.asObject != nil {
		if difference, err = json.Marshal(mergePatch(s.asObject, asObject)); err != nil {
			return fmt.Errorf("encode the change of the state: %w", err)
		}
	}
	s.hub.Publish(state.eventID(), whole, difference)
	s.state, s.asObject, s.published = state, asObject, now

	s.metrics.ticks.Inc()
	for _, created := range s.unshown {
		// Two clocks that disagree by a few milliseconds must not make a post arrive before it was written.
		s.metrics.sourceToLive.Observe(max(0, time.Since(created).Seconds()))
	}
	s.unshown = s.unshown[:0]
	return nil
}

// encode returns the state as JSON, and as a reader of that JSON would hold it.
func encode(s State) (whole []byte, asObject map[string]any, err error) {
	if whole, err = json.Marshal(s); err == nil {
		err = json.Unmarshal(whole, &asObject)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("encode the state: %w", err)
	}
	return whole, asObject, nil
}
