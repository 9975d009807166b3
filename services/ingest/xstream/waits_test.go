package xstream

import (
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"catsvdogs/services/pipeline/xapi"
)

const tooMany = `{"title":"ConnectionException","detail":"This stream is currently at the maximum allowed connection limit.","connection_issue":"TooManyConnections","type":"https://api.twitter.com/2/problems/streaming-connection"}`

func TestWaitsBetweenConnectsAreThoseThatXDocuments(t *testing.T) {
	t.Parallel()
	seconds := func(s ...float64) (out []time.Duration) {
		for _, f := range s {
			out = append(out, time.Duration(f*float64(time.Second)))
		}
		return out
	}
	closed := func(_ int, w http.ResponseWriter, _ *http.Request) { w.WriteHeader(200) }
	inFuture := func(d time.Duration) string {
		// The clock of a bubble starts here.
		return fmt.Sprint(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC).Add(d).Unix())
	}
	for name, c := range map[string]struct {
		stream  func(int, http.ResponseWriter, *http.Request)
		dialErr error
		want    []time.Duration
	}{
		"an established stream that ends, then connects that bring nothing": {stream: closed, want: seconds(0, .25, .5, .75, 1)},
		"HTTP errors":                {stream: refuse(503, "busy"), want: seconds(5, 10, 20, 40, 80, 160, 320, 320)},
		"an answer that X never had": {stream: refuse(418, ""), want: seconds(5, 10)},
		"a redirect":                 {stream: refuse(302, "", "Location", "https://elsewhere.example/"), want: seconds(5, 10)},
		"a stream that is encoded":   {stream: refuse(200, "x", "Content-Encoding", "gzip"), want: seconds(5, 10)},
		"429":                        {stream: refuse(429, `{"errors":[{"code":88,"message":"Rate limit exceeded"}]}`), want: seconds(60, 120, 240, 480, 900, 900)},
		"429 with a later reset":     {stream: refuse(429, "", "x-rate-limit-reset", inFuture(100*time.Second)), want: seconds(100, 120)},
		"429 with an earlier reset":  {stream: refuse(429, "", "x-rate-limit-reset", inFuture(10*time.Second)), want: seconds(60, 120)},
		"429 for the rest of a day":  {stream: refuse(429, "", "x-rate-limit-reset", inFuture(20*time.Hour)), want: seconds(72000, 120)},
		"429 with an absurd reset":   {stream: refuse(429, "", "x-rate-limit-reset", "99999999999999"), want: seconds(60, 120)},
		"429 with a broken reset":    {stream: refuse(429, "", "x-rate-limit-reset", "soon"), want: seconds(60, 120)},
		"too many connections":       {stream: refuse(429, tooMany, "x-rate-limit-remaining", "48", "x-rate-limit-reset", inFuture(10*time.Minute)), want: seconds(60, 120)},
		"no credit":                  {stream: refuse(402, `{"title":"CreditsDepleted"}`), want: seconds(900, 900)},
		"no credit as a 403":         {stream: refuse(403, `{"title":"UsageCapExceeded","type":"https://api.x.com/2/problems/usage-capped"}`), want: seconds(900, 900)},
		"an account being set up":    {stream: refuse(409, `{"connection_issue":"ProvisioningSubscription"}`), want: seconds(5, 10)},
		"no rules":                   {stream: refuse(409, `{"connection_issue":"RuleConfigurationIssue"}`), want: seconds(5, 10)},
		"503 with Retry-After":       {stream: refuse(503, "", "Retry-After", "30"), want: seconds(30, 30, 30, 40)},
		"network errors":             {dialErr: errNoRoute, want: append(seconds(.25, .5, .75, 1), seconds(1.25, 1.5)...)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				x := newScriptedX(t, c.stream)
				x.dialErr = c.dialErr
				r := read(t, x, nil)
				var total time.Duration
				for _, d := range c.want {
					total += d
				}
				after(t, total)
				if err := r.stop(); err != nil {
					t.Errorf("stopped with %v", err)
				}
				var got []time.Duration
				for i := 1; i < len(x.connects); i++ {
					got = append(got, x.connects[i].Sub(x.connects[i-1]))
				}
				if diff := cmp.Diff(c.want, got); diff != "" {
					t.Errorf("waits (-want +got):\n%s", diff)
				}
			})
		})
	}
}

func TestChanceOnlyAddsToAWaitAndNeverPassesItsBound(t *testing.T) {
	t.Parallel()
	now := time.Unix(0, 0)
	for kind, bound := range map[xapi.Kind]time.Duration{
		xapi.Network: networkMax, xapi.HTTP: httpMax, Closed: networkMax, xapi.RateLimited: limitMax + limitMax/10, xapi.NoCredit: noCreditPause * 11 / 10,
	} {
		low := backoff{random: func() float64 { return 0 }}
		high := backoff{random: func() float64 { return 0.999999 }}
		for range 200 {
			least, most := low.next(&Failure{Kind: kind}, now), high.next(&Failure{Kind: kind}, now)
			if most < least || most > bound {
				t.Fatalf("%s: waits from %s to %s, bound %s", kind, least, most, bound)
			}
		}
		if low.healthy(); kind != xapi.NoCredit && low.next(&Failure{Kind: kind}, now) >= bound/10 {
			t.Errorf("%s: a healthy stream did not start the row anew", kind)
		}
	}
}

func TestKindsThatTakeTurnsStillGrow(t *testing.T) {
	t.Parallel()
	b := backoff{random: func() float64 { return 0 }}
	var got []time.Duration
	for range 3 {
		got = append(got, b.next(&Failure{Kind: xapi.HTTP}, time.Now()), b.next(&Failure{Kind: xapi.Network}, time.Now()))
	}
	want := []time.Duration{5 * time.Second, 250 * time.Millisecond, 10 * time.Second, 500 * time.Millisecond, 20 * time.Second, 750 * time.Millisecond}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("waits (-want +got):\n%s", diff)
	}
}

func TestAnOutageOfTheNetworkDoesNotUseUpTheConnects(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		x := newScriptedX(t, hold)
		r := read(t, x, nil)
		after(t, time.Second)
		x.server.SetKeepAlivesEnabled(false)
		x.mu.Lock()
		x.dialErr = errNoRoute
		x.mu.Unlock()
		after(t, 30*time.Minute)
		x.mu.Lock()
		dials := len(x.connects)
		x.dialErr = nil
		x.mu.Unlock()
		after(t, networkMax)
		if len(x.connects) != dials+1 || dials < 100 || len(r.stream.Memory().Connects) != 2 {
			t.Errorf("%d dials in the outage, %d after it; counted %v", dials, len(x.connects)-dials, r.stream.Memory().Connects)
		}
	})
}

func TestNeverMoreThanFiftyConnectsInFifteenMinutes(t *testing.T) {
	t.Parallel()
	for name, stream := range map[string]func(int, http.ResponseWriter, *http.Request){
		"a server that closes cleanly at once": func(_ int, w http.ResponseWriter, _ *http.Request) { w.WriteHeader(200) },
		"a server that closes after a post":    func(_ int, w http.ResponseWriter, _ *http.Request) { send(w, "{}\r\n") },
		"a server that cuts":                   func(int, http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				x := newScriptedX(t, stream)
				r := read(t, x, nil)
				after(t, 3*time.Hour)
				if err := r.stop(); err != nil {
					t.Errorf("stopped with %v", err)
				}
				if len(x.connects) < 300 {
					t.Errorf("connected only %d times in three hours", len(x.connects))
				}
				for i := 50; i < len(x.connects); i++ {
					if d := x.connects[i].Sub(x.connects[i-50]); d < 15*time.Minute {
						t.Fatalf("connects %d to %d came within %s", i-50, i, d)
					}
				}
			})
		})
	}
}
