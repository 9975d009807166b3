package refresher

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"catsvdogs/services/pipeline/checkpoint"
	"catsvdogs/services/pipeline/spend"
	"catsvdogs/services/pipeline/xapi"
)

// stateVersion is that of state. Another one is not read.
const stateVersion = 1

// state is what the next process has to know and Kafka's other topics do not tell: what looks have cost, and which requests
// still count at X. It stands in ingest.state under checkpoint.RefresherOf; ingest reads the count.
type state struct {
	Version  int         `json:"version"`
	At       time.Time   `json:"at"`
	Billed   spend.Count `json:"billed"`
	Requests []burst     `json:"requests,omitempty"`
}

// burst is requests of the same quarter of a minute, as of its end.
type burst struct {
	At time.Time `json:"at"`
	N  int       `json:"n"`
}

const burstSpan = 15 * time.Second

// burstsOf sums requests up; the times are in order. Later than they were is on the safe side.
func burstsOf(requests []time.Time) (out []burst) {
	for _, at := range requests {
		end := at.Truncate(burstSpan).Add(burstSpan)
		if n := len(out); n == 0 || !out[n-1].At.Equal(end) {
			out = append(out, burst{At: end.UTC()})
		}
		out[len(out)-1].N++
	}
	return out
}

// limiterAfter returns the limiter of look-ups, with the requests of an earlier process, and those that this one has made
// since.
func limiterAfter(before state, own []time.Time, now time.Time) *xapi.Limiter {
	l := xapi.NewLimiter(xapi.LookupLimit, lookupBurst)
	var times []time.Time
	for _, b := range before.Requests {
		if now.Sub(b.At) >= xapi.LimitWindow {
			continue
		}
		for range min(b.N, xapi.LookupLimit-len(times)) {
			times = append(times, minTime(b.At, now))
		}
	}
	for _, at := range own {
		if at.After(before.At) && len(times) < xapi.LookupLimit {
			times = append(times, at)
		}
	}
	slices.SortFunc(times, time.Time.Compare)
	for _, at := range times {
		l.Sent(at)
	}
	return l
}

// lookupBurst is how many look-ups may come at once before they are spread over the window.
const lookupBurst = xapi.LookupLimit / 4

func minTime(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

var errStateVersion = errors.New("the state was written by another version of the refresher")

// loadState returns what an earlier process has left; the zero state when there is nothing.
func (r *refresher) loadState(ctx context.Context) (state, error) {
	value, err := checkpoint.Load(ctx, r.cfg.Kafka, r.tel, checkpoint.RefresherOf(r.source))
	switch {
	case errors.Is(err, checkpoint.ErrNoTopic):
		r.tel.Logger.Warn("what an earlier process has spent is not known", "error", err)
		return state{}, nil
	case err != nil:
		return state{}, fmt.Errorf("read what an earlier process has left: %w", err)
	case value == nil:
		return state{}, nil
	}
	var s state
	if err = json.Unmarshal(value, &s); err == nil && s.Version != stateVersion {
		err = errStateVersion
	}
	if err != nil {
		r.tel.Logger.Warn("what an earlier process has left cannot be read", "error", err)
		return state{}, nil
	}
	s.Billed = s.Billed.Bounded()
	return s, nil
}

// remember writes what the next process has to know.
func (r *refresher) remember(ctx context.Context) error {
	count := r.purse.governor.Count()
	value, err := json.Marshal(state{Version: stateVersion, At: count.At, Billed: count, Requests: burstsOf(r.requests())})
	if err != nil {
		return fmt.Errorf("encode the state: %w", err)
	}
	return r.store.Save(ctx, value)
}
