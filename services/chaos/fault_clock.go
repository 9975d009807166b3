//go:build unix

package chaos

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"time"

	"catsvdogs/services/chaos/plan"
)

// How wrong a clock becomes. Fast by more than two hours is further ahead than a broker takes a record's time
// (message.timestamp.after.max.ms, an hour), and both are more than S3 takes of a request's (15 minutes).
const (
	leastFast = 2*time.Hour + 5*time.Minute
	leastSlow = time.Hour
	mostWrong = 26 * time.Hour
)

// clockFaults set the wall clock of one process, which runs on: its monotonic clock does not move.
func clockFaults() (kinds []kind) {
	for _, service := range []string{"ingest", "enricher", "sink", "refresher", "live"} {
		add := func(way, says string, least time.Duration, fast bool) {
			kinds = append(kinds, kind{
				Kind: plan.Kind{Name: "clock-" + way + "-" + service, Lane: service, Takes: 11 * time.Second},
				says: "the clock of " + a(service) + " " + says, hold: 9 * time.Second,
				make: func(s *scene, random *rand.Rand) fault {
					f := &wrongClock{instance: one(s, service, random)}
					f.by = (least + time.Duration(random.Int64N(int64(mostWrong-least)))).Truncate(time.Millisecond)
					if !fast {
						f.by = -f.by
					}
					return f
				},
			})
		}
		add("forward", "jumps forward by more than two hours, and back after nine seconds", leastFast, true)
		add("back", "jumps back by more than an hour, and forward after nine seconds", leastSlow, false)
	}
	return kinds
}

type wrongClock struct {
	*instance
	by     time.Duration
	before time.Duration // how wrong it was
}

func (f *wrongClock) inject(ctx context.Context) error {
	if err := f.reads(ctx, 0, &f.before); err != nil {
		return err
	}
	f.clock.Shift(f.by)
	return nil
}

func (f *wrongClock) evidence(ctx context.Context) (string, error) {
	var now time.Duration
	err := f.reads(ctx, f.by, &now)
	return fmt.Sprintf("the Date of %s's answers was %s off, and is %s off", f.name, f.before, now), err
}

func (f *wrongClock) heal(ctx context.Context) error {
	f.clock.Shift(0)
	return f.reads(ctx, 0, new(time.Duration))
}

// dateWithin is how far the time in an answer may be off from what the clock was set to: it has whole seconds, and is cached for
// as long.
const dateWithin = 3 * time.Second

// reads waits until the process itself tells a time that is off by this, and returns by how much it is. A process that has ended
// is waited for.
func (i *instance) reads(ctx context.Context, by time.Duration, is *time.Duration) error {
	return await(ctx, proveWithin, fmt.Sprintf("%s to tell a time that is off by %s", i.name, by), func(ctx context.Context) error {
		tells, err := i.tells(ctx)
		if err != nil {
			return err
		}
		*is = time.Until(tells).Round(time.Second)
		if off := (*is - by).Abs(); off > dateWithin {
			return fmt.Errorf("it tells %s", tells.Format(time.RFC3339))
		}
		return nil
	})
}

// tells asks a process what time it is: each answer has that (https://www.rfc-editor.org/rfc/rfc9110#section-6.6.1).
func (i *instance) tells(ctx context.Context) (time.Time, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+i.telemetry+"/healthz", nil)
	if err != nil {
		return time.Time{}, fmt.Errorf("ask %s for the time: %w", i.name, err)
	}
	resp, err := asking.Do(req)
	if err != nil {
		return time.Time{}, fmt.Errorf("ask %s for the time: %w", i.name, err)
	}
	defer func() { _ = resp.Body.Close() }() // its connection is not kept
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 1<<10))
	told, err := http.ParseTime(resp.Header.Get("Date"))
	if err != nil {
		return time.Time{}, fmt.Errorf("ask %s for the time: %w", i.name, err)
	}
	return told, nil
}
