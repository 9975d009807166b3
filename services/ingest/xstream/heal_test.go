package xstream

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus/testutil"
)

func TestAStuckConnectionIsEndedOnceForAnIncident(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		openedAt time.Duration // of what is in the way, from our first attempt on
		place    time.Duration // when an earlier process connected
		helps    bool
		kills    int
		waits    []time.Duration
	}{
		"of an earlier process":      {-time.Hour, -time.Hour - 2*time.Second, true, 1, []time.Duration{time.Second}},
		"ended, but that is no help": {-time.Hour, -time.Hour, false, 1, []time.Duration{time.Second, 2 * time.Minute, 4 * time.Minute}},
		"older than all of ours":     {-time.Hour, -time.Minute, true, 0, []time.Duration{time.Minute, 2 * time.Minute, 4 * time.Minute}},
		"younger than a refusal":     {2 * time.Second, -time.Minute, true, 0, []time.Duration{time.Minute, 2 * time.Minute, 4 * time.Minute}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				x := newPostingX(t, time.Second)
				x.open = []connection{{ID: "made-up-uuid", Endpoint: "filtered_stream", ConnectedAt: time.Now().Add(c.openedAt), ClientIP: "192.0.2.7"}}
				x.stubborn = !c.helps
				x.fault = func(int) streamFault {
					x.mu.Lock()
					defer x.mu.Unlock()
					if len(x.open) > 0 {
						return streamFault{status: 429, body: tooMany}
					}
					return streamFault{}
				}
				r, _ := follow(t, x, func(o *Options) { o.Memory.Places = []time.Time{time.Now().Add(c.place)} })
				after(t, 7*time.Minute+30*time.Second)
				var waits []time.Duration
				for i := 1; i < len(x.connects); i++ {
					waits = append(waits, x.connects[i].Sub(x.connects[i-1]))
				}
				if diff := cmp.Diff(c.waits, waits); diff != "" {
					t.Errorf("waits (-want +got):\n%s", diff)
				}
				if got := testutil.ToFloat64(r.stream.metrics.healed); x.kills != c.kills || got != float64(c.kills) {
					t.Errorf("ended connections %d times, counted %v", x.kills, got)
				}
				if log := r.log.String(); !strings.Contains(log, "192.0.2.7") || !strings.Contains(log, "age=") {
					t.Errorf("the log does not say whose connection it was: %s", log)
				}
			})
		})
	}
}

func TestTheConnectionOfAnotherProcessThatLivesIsLeftAlone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		x := newPostingX(t, time.Second)
		x.fault = func(n int) streamFault {
			if n == 0 {
				return streamFault{how: "close", after: 10 * time.Minute}
			}
			return streamFault{status: 429, body: tooMany}
		}
		r, _ := follow(t, x)
		after(t, 5*time.Minute)
		x.mu.Lock() // it came while ours was gone for X
		x.open = []connection{{Endpoint: "filtered_stream", ConnectedAt: time.Now()}}
		x.mu.Unlock()
		after(t, 5*time.Minute+59*time.Second)
		if x.kills != 0 || len(x.connects) != 2 {
			t.Errorf("ended its connection %d times; connected %d times; log:\n%s", x.kills, len(x.connects), r.log)
		}
	})
}

func TestAnAnswerAboutConnectionsThatIsNoUseWaitsAsDocumented(t *testing.T) {
	t.Parallel()
	for name, serve := range map[string]http.HandlerFunc{
		"not there": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(404) },
		"broken":    func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{"data":"x"`)) },
		"none":      func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{"meta":{"result_count":0}}`)) },
		"of another stream": func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write([]byte(`{"data":[{"endpoint_name":"sample_stream","connected_at":"2020-01-01T00:00:00Z"}]}`))
		},
		"without a time": func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodDelete {
				t.Error("it was ended")
			}
			_, _ = w.Write([]byte(`{"data":[{"endpoint_name":"filtered_stream"}]}`))
		},
		"cannot be ended": func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodDelete {
				w.WriteHeader(403)
				return
			}
			_, _ = w.Write([]byte(`{"data":[{"endpoint_name":"filtered_stream","connected_at":"1999-01-01T00:00:00Z"}]}`))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				x := newScriptedX(t, refuse(429, tooMany))
				x.others = serve
				read(t, x, nil)
				after(t, 59*time.Second)
				if len(x.connects) != 1 {
					t.Errorf("connected %d times in the first minute", len(x.connects))
				}
			})
		})
	}
}
