package ingest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"catsvdogs/services/ingest/xstream"
	"catsvdogs/services/pipeline/broker"
	"catsvdogs/services/pipeline/checkpoint"
	"catsvdogs/services/pipeline/spend"
	"catsvdogs/services/pipeline/telemetry"
)

// stateVersion is that of xState. Another one is not read.
const stateVersion = 1

// xState is what ingest keeps of X's stream, or the simulator's, in the topic ingest.state, beside what tweets.raw tells.
// Its position is one up to which everything was acknowledged.
type xState struct {
	Version int            `json:"version"`
	At      time.Time      `json:"at"`
	Stream  xstream.Memory `json:"stream"`
	Billed  spend.Count    `json:"billed"`
}

var errStateVersion = errors.New("the state was written by another version of ingest")

func parseState(value []byte) (xState, error) {
	var s xState
	if err := json.Unmarshal(value, &s); err != nil {
		return xState{}, fmt.Errorf("read the state: %w", err)
	}
	if s.Version != stateVersion {
		return xState{}, fmt.Errorf("%w: %d, not %d", errStateVersion, s.Version, stateVersion)
	}
	s.Billed = s.Billed.Bounded()
	return s, nil
}

// loadState returns what an earlier process has left; known says that one has. Without the topic, or with a record that
// cannot be read, it goes on with what tweets.raw tells, says so, and unavailable is true.
func loadState(ctx context.Context, cfg broker.Config, tel *telemetry.Stage, source string) (s xState, known, unavailable bool, err error) {
	value, err := checkpoint.Load(ctx, cfg, tel, source)
	switch {
	case errors.Is(err, checkpoint.ErrNoTopic):
		tel.Logger.Warn("what an earlier process has left is known from tweets.raw alone", "error", err)
		return xState{}, false, true, nil
	case err != nil:
		return xState{}, false, false, err
	case value == nil:
		return xState{}, false, false, nil
	}
	if s, err = parseState(value); err != nil {
		tel.Logger.Warn("what an earlier process has left cannot be read; it is known from tweets.raw alone", "error", err)
		return xState{}, false, false, nil
	}
	return s, true, false, nil
}

// recalled is all that is known of the time before this process.
type recalled struct {
	memory xstream.Memory
	billed spend.Count
	seen   func(id string) bool
	// unknown: nothing tells where the stream was, and not all of the topic was read.
	unknown bool
}

// recallStream puts together what state and the tail of the topic tell. Of the two the tail may be newer, because a state
// is written now and then, and the state, because other records than the stream's may have filled the tail.
func (s *xSource) recallStream(ctx context.Context, state xState, known bool) (recalled, error) {
	now := time.Now()
	var before *past
	var whole bool
	since := state.Stream.Position.Since()
	limited := s.cfg.X.Budget.Limited()
	for records := s.recallFirst; ; records = min(recallFurther*records, s.recallMost) {
		var err error
		if before, err = newPast(s.source, state.Billed.At, now); err != nil {
			return recalled{}, err
		}
		whole, err = recallReach(ctx, s.cfg.Kafka, s.tel, reach{records: records, since: since, most: s.recallMost}, before.note)
		if err != nil {
			return recalled{}, err
		}
		if whole || records == s.recallMost {
			break
		}
		// How far back it has to go is known from the state, or else from what was found.
		if known && !state.Stream.Position.At.IsZero() {
			break
		}
		wanted := before.resume.Since()
		if limited && !known {
			wanted = before.month
		}
		covered := !before.oldest.After(wanted) || !since.IsZero() && !since.After(wanted)
		if !before.resume.At.IsZero() && covered {
			break
		}
		since = wanted
	}
	r := recalled{memory: state.Stream, seen: before.window.Seen, billed: add(state.Billed, before.billed)}
	if before.resume.At.After(r.memory.Position.At) {
		r.memory.Position = before.resume
	}
	if pace := before.pace(); pace > 0 {
		r.memory.Pace = pace
	}
	r.unknown = !known && !whole && r.memory.Position.At.IsZero()
	return r, nil
}

// add returns what was billed up to a state and after it.
func add(state, after spend.Count) spend.Count {
	before := state.On(after.At)
	after.Day, after.DayOthers = after.Day+before.Day, before.DayOthers
	after.Month, after.MonthOthers = after.Month+before.Month, before.MonthOthers
	return after
}
