package xstream

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// remembering keeps what a stream wants remembered, as a process does that has to tell the next one.
type remembering struct{ last Memory }

func (m *remembering) options(o *Options) {
	o.Memory = m.last
	o.Remember = func(_ context.Context, now Memory) { m.last = now }
}

func TestNeverMoreThanFiftyConnectsInFifteenMinutesOverAllLivesOfTheProcess(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		x := newScriptedX(t, hold)
		var m remembering
		for range 1200 {
			r := read(t, x, nil, m.options)
			after(t, time.Second)
			if err := r.stop(); err != nil { // what is remembered is what it was before the connect, as after a kill
				t.Fatal(err)
			}
		}
		if len(x.connects) < 51 {
			t.Fatalf("connected %d times", len(x.connects))
		}
		for i := 50; i < len(x.connects); i++ {
			if d := x.connects[i].Sub(x.connects[i-50]); d < 15*time.Minute {
				t.Fatalf("connects %d to %d came within %s", i-50, i, d)
			}
		}
	})
}

func TestARestartWaitsAsLongAsXHasSaid(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		x := newScriptedX(t, refuse(429, "", "Retry-After", "600"))
		var m remembering
		for range 10 {
			r := read(t, x, nil, m.options)
			after(t, 10*time.Second)
			_ = r.stop()
		}
		if len(x.connects) != 1 {
			t.Errorf("connected %d times in 100 s", len(x.connects))
		}
		read(t, x, nil, m.options)
		after(t, 10*time.Minute)
		if len(x.connects) != 2 || m.last.Failures.Limits != 2 {
			t.Errorf("connected %d times; failures %+v", len(x.connects), m.last.Failures)
		}
	})
}

func TestAMemoryFromTheFutureHoldsNothingUpForEver(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		x := newScriptedX(t, hold)
		r := read(t, x, nil, func(o *Options) {
			later := time.Now().AddDate(50, 0, 0)
			for range 2 * connectLimit {
				o.Memory.Connects = append(o.Memory.Connects, later)
			}
			o.Memory.NotBefore, o.Memory.Failures = later, Failures{Drops: -5, Limits: 1 << 40}
		})
		after(t, resetMax+time.Second)
		if len(x.connects) == 0 {
			t.Errorf("never connected; log:\n%s", r.log)
		}
	})
}

func TestAStreamThatWorksIsRememberedAsHealthyWhileItLasts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		x := newPostingX(t, time.Second)
		x.fault = func(n int) streamFault {
			if n == 0 {
				return streamFault{status: 503}
			}
			return streamFault{}
		}
		r, records := follow(t, x)
		after(t, 4*time.Second)
		if got := r.stream.Memory(); got.Failures.HTTP != 1 || len(got.Places) != 0 {
			t.Errorf("after a refusal: %+v", got)
		}
		after(t, 2*time.Minute)
		got := r.stream.Memory()
		last := records()[len(records())-1]
		if diff := cmp.Diff(Resume{ID: VersionID(last.Value), At: last.ObservedAt}, got.Position); diff != "" {
			t.Errorf("position (-want +got):\n%s", diff)
		}
		if got.Failures != (Failures{}) || !got.NotBefore.IsZero() || len(got.Places) != 1 || len(got.Connects) != 2 || got.Pace != time.Second {
			t.Errorf("after two minutes: %+v", got)
		}
	})
}

func TestThatNothingIsKnownOfThePastIsTold(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		x := newPostingX(t, time.Second)
		_, records := follow(t, x, func(o *Options) { o.Unknown = true })
		after(t, 10*time.Second)
		if _, gaps := count(t, records()); len(gaps) != 1 || gaps[0].Reason != UnknownPast {
			t.Errorf("gap events %+v", gaps)
		}
	})
}

func TestALineThatNeverEndsIsGivenUp(t *testing.T) {
	t.Parallel()
	for name, piece := range map[string]struct {
		text  string
		every time.Duration
		after time.Duration
	}{
		"a byte each five seconds": {"m", 5 * time.Second, 70 * time.Second},
		"a flood":                  {strings.Repeat("m", 4<<20), time.Millisecond, time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				x := newScriptedX(t, func(n int, w http.ResponseWriter, r *http.Request) {
					if n > 0 {
						hold(n, w, r)
						return
					}
					send(w, post+"\r\n")
					for {
						select {
						case <-time.After(piece.every):
							send(w, piece.text)
						case <-r.Context().Done():
							return
						}
					}
				})
				r := read(t, x, nil)
				after(t, piece.after)
				if len(x.connects) != 2 || !strings.Contains(r.log.String(), errEndless.Error()) {
					t.Errorf("connects at %v; log:\n%s", x.connects, r.log)
				}
			})
		})
	}
}
