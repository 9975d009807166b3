package xstream

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"catsvdogs/services/ingest/window"
	"catsvdogs/services/pipeline/tweet"
)

// follow reads the posts of x with a window, and returns what has come so far.
func follow(t *testing.T, x *postingX, change ...func(*Options)) (*reading, func() []tweet.Raw) {
	t.Helper()
	w, err := window.New(1 << 17)
	if err != nil {
		t.Fatal(err)
	}
	r := read(t, x.scriptedX, nil, append([]func(*Options){func(o *Options) {
		o.Rules, o.Seen = []Rule{catImages, dogImages}, w.Seen
	}}, change...)...)
	return r, func() []tweet.Raw {
		r.mu.Lock()
		defer r.mu.Unlock()
		return slices.Clone(r.records)
	}
}

// count returns how often each version of a post came, and the gap events.
func count(t *testing.T, records []tweet.Raw) (posts map[string]int, gaps []GapEvent) {
	t.Helper()
	posts = map[string]int{}
	for _, r := range records {
		if r.Kind == tweet.KindGap {
			var e GapEvent
			if err := json.Unmarshal(r.Value, &e); err != nil || r.Key != nil {
				t.Errorf("gap event %s with the key %q: %v", r.Value, r.Key, err)
			}
			gaps = append(gaps, e)
			continue
		}
		if m := parseMessage(r.Value, func(s string) string { return s }); m.id != "" {
			posts[m.id]++
		}
	}
	return posts, gaps
}

// once checks that each post of x up to a moment came exactly once.
func once(t *testing.T, x *postingX, records []tweet.Raw, until time.Time) {
	t.Helper()
	posts, gaps := count(t, records)
	if len(gaps) > 0 {
		t.Errorf("gap events: %+v", gaps)
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	missing, many := 0, 0
	for _, p := range x.posts {
		if p.at.After(until) {
			continue
		}
		switch n := posts[formatID(p.id)]; {
		case n == 0:
			missing++
			if missing < 4 {
				t.Errorf("the post of %s is missing", p.at)
			}
		case n > 1:
			many++
		}
	}
	if missing+many > 0 {
		t.Errorf("of %d posts %d are missing and %d came more than once", len(x.posts), missing, many)
	}
}

func TestAfterAnHourOfFaultsEachPostHasComeExactlyOnce(t *testing.T) {
	t.Parallel()
	for seed := range uint64(2) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				x := newPostingX(t, 500*time.Millisecond)
				began := time.Now()
				chance := rand.New(rand.NewPCG(seed, 7))
				hour := began.Add(time.Hour)
				x.fault = func(n int) streamFault {
					if n == 0 || time.Now().After(hour) {
						return streamFault{twice: true, late: true, how: map[bool]string{true: "close"}[n == 0], after: time.Minute}
					}
					if chance.IntN(4) == 0 {
						return []streamFault{{status: 503}, {status: 429, body: tooMany}, {status: 429}, {status: 409, body: `{"connection_issue":"ProvisioningSubscription"}`}}[chance.IntN(4)]
					}
					return streamFault{
						how: []string{"close", "cut", "stall", "told"}[chance.IntN(4)], after: time.Duration(chance.IntN(240)) * time.Second,
						twice: chance.IntN(2) == 0, late: chance.IntN(2) == 0,
					}
				}
				x.refuseSearch = func(n int, w http.ResponseWriter, _ *http.Request) bool {
					switch {
					case time.Now().After(hour) || n%5 != 3:
						return false
					case n%2 == 0:
						w.WriteHeader(503)
					default:
						w.WriteHeader(429)
					}
					return true
				}
				r, records := follow(t, x)
				after(t, 2*time.Hour)
				if err := r.stop(); err != nil {
					t.Fatal(err)
				}
				once(t, x, records(), time.Now().Add(-time.Minute))
				if n := testutil.ToFloat64(r.stream.metrics.gapsOpened); n < 10 {
					t.Errorf("only %v gaps were opened", n)
				}
				if open := testutil.ToFloat64(r.stream.metrics.openGaps); open != 0 {
					t.Errorf("%v gaps are still open", open)
				}
			})
		})
	}
}

func TestAHostWhoseClockIsWrongDatesAndSearchesAsXDoes(t *testing.T) {
	t.Parallel()
	for name, ahead := range map[string]time.Duration{"slow": 3 * time.Hour, "fast": -3 * time.Hour} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				x := newPostingX(t, time.Second)
				x.ahead = ahead
				x.fault = func(n int) streamFault {
					return [...]streamFault{{how: "close", after: 2 * time.Minute}, {status: 503}, {status: 503}, {}}[min(n, 3)]
				}
				r, records := follow(t, x)
				after(t, 10*time.Minute)
				if err := r.stop(); err != nil {
					t.Fatal(err)
				}
				filled := 0
				for _, rec := range records() {
					if rec.Fill != "" {
						filled++
					} else if late := rec.ObservedAt.Sub(createdOf(t, rec)); late < -2*time.Second || late > 10*time.Second {
						t.Fatalf("a post of the stream was observed %s after it was created", late)
					}
				}
				if filled < 5 {
					t.Errorf("only %d posts were found", filled)
				}
				once(t, x, records(), x.now().Add(-time.Minute))
			})
		})
	}
}

// createdOf is when the post of a record was created, as its id tells.
func createdOf(t *testing.T, r tweet.Raw) time.Time {
	t.Helper()
	id, err := strconv.ParseUint(string(r.Key), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return time.UnixMilli(int64(id>>snowflakeShift) + snowflakeEpoch)
}

func TestAFoundPostLooksLikeOneOfTheStreamAndNamesAllRulesThatFoundIt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		x := newPostingX(t, time.Second)
		x.fault = func(n int) streamFault {
			switch n {
			case 0:
				return streamFault{how: "close", after: 30 * time.Second}
			case 1, 2, 3:
				return streamFault{status: 503}
			}
			return streamFault{}
		}
		_, records := follow(t, x)
		after(t, 5*time.Minute)
		found := 0
		for _, r := range records() {
			if r.Fill == "" {
				continue
			}
			found++
			m := parseMessage(r.Value, func(s string) string { return s })
			x.mu.Lock()
			var want madePost
			for _, p := range x.posts {
				if formatID(p.id) == m.id {
					want = p
				}
			}
			x.mu.Unlock()
			if text := x.line(want); text != string(r.Value) || r.Fill != FillSearch || string(r.Key) != m.id || r.Sample != 0 || r.Since == "" {
				t.Errorf("found with the marks %q, %q\n%s\nwant\n%s", r.Fill, r.Since, r.Value, text)
			}
		}
		if found < 30 {
			t.Errorf("only %d posts were found", found)
		}
		once(t, x, records(), time.Now().Add(-time.Minute))
	})
}

func TestARestartFillsTheGapFromTheLastRecordOn(t *testing.T) {
	t.Parallel()
	for name, killed := range map[string]time.Duration{
		"killed while it streams": 10 * time.Minute,
		// The gap of minute 2 to 7 is found to have been filled in part only.
		"killed while it fills a gap": 7*time.Minute + 46*time.Second,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				x := newPostingX(t, time.Second)
				down := time.Now().Add(7 * time.Minute)
				x.fault = func(n int) streamFault {
					switch {
					case n == 0:
						return streamFault{how: "close", after: 2 * time.Minute}
					case time.Now().Before(down):
						return streamFault{status: 503}
					}
					return streamFault{}
				}
				x.refuseSearch = func(n int, _ http.ResponseWriter, r *http.Request) bool {
					if n == 3 { // half of the posts have been found then
						<-r.Context().Done()
					}
					return false
				}
				first, before := follow(t, x)
				after(t, killed)
				_ = first.stop()
				var last tweet.Raw
				for _, r := range before() {
					if r.Fill == "" && r.Key != nil {
						last = r
					}
				}
				resume := Resume{ID: string(last.Key), At: last.ObservedAt}
				if last.Since != "" {
					resume.ID = last.Since
				}
				x.refuseSearch = nil
				after(t, 20*time.Minute)
				known := map[string]bool{}
				for _, r := range before() {
					known[string(r.Key)] = true
				}
				w, _ := window.New(1 << 17)
				_, then := follow(t, x, func(o *Options) {
					o.Memory.Position = resume
					o.Seen = func(id string) bool { return known[id] || w.Seen(id) }
				})
				after(t, 10*time.Minute)
				once(t, x, append(before(), then()...), time.Now().Add(-time.Minute))
			})
		})
	}
}

func TestAFirstStartHasNoGap(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		x := newPostingX(t, time.Minute)
		after(t, time.Hour)
		_, records := follow(t, x)
		after(t, 10*time.Minute)
		if n := len(x.searched()); n > 0 || len(records()) == 0 || records()[0].Since != "" {
			t.Errorf("%d searches", n)
		}
	})
}

func TestWhatCannotBeFilledIsTold(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*Options)
		search func(int, http.ResponseWriter, *http.Request) bool
		away   time.Duration
		want   map[Reason]int
	}{
		"a rule that is too long for a search": {change: func(o *Options) { o.SearchQueryLength = len(catImages.Value) - 1 }, away: time.Minute, want: map[Reason]int{NotSearchable: 2}},
		"a rule that search does not know": {change: func(o *Options) {
			o.Rules = []Rule{catImages, {Value: "#dog min_followers:10", Tag: dogImages.Tag}}
		}, away: time.Minute, want: map[Reason]int{NotSearchable: 1}},
		"a search that is refused": {search: func(_ int, w http.ResponseWriter, r *http.Request) bool {
			if strings.Contains(r.URL.RawQuery, "cat") {
				w.WriteHeader(400)
				fmt.Fprint(w, `{"title":"Invalid Request"}`)
				return true
			}
			return false
		}, away: time.Minute, want: map[Reason]int{Refused: 1}},
		"a gap of nine days": {away: 9 * 24 * time.Hour, want: map[Reason]int{TooOld: 1}},
		"a search that fails for a day": {search: func(_ int, w http.ResponseWriter, _ *http.Request) bool {
			w.WriteHeader(500)
			return true
		}, away: 25 * time.Hour, want: map[Reason]int{GaveUp: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				x := newPostingX(t, 10*time.Minute)
				x.refuseSearch = c.search
				resume := Resume{ID: formatID(firstID(time.Now()))}
				if c.away > 24*time.Hour && c.search == nil {
					after(t, c.away)
				}
				changes := []func(*Options){func(o *Options) { o.Memory.Position = resume }}
				if c.change != nil {
					changes = append(changes, c.change)
				}
				r, records := follow(t, x, changes...)
				after(t, time.Hour)
				if c.search != nil {
					after(t, c.away)
				}
				_, gaps := count(t, records())
				got := map[Reason]int{}
				for _, g := range gaps {
					got[g.Reason]++
					if !g.From.Before(g.To) || g.SinceID >= g.UntilID {
						t.Errorf("event %+v", g)
					}
				}
				if fmt.Sprint(got) != fmt.Sprint(c.want) {
					t.Errorf("told %v, want %v; log:\n%s", got, c.want, r.log)
				}
			})
		})
	}
}

func TestABackfillFillsAShortGapAndASearchALongOne(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		down     time.Duration
		refused  bool
		backfill string
		searches bool
	}{
		"short":              {time.Second, false, "1", false},
		"some minutes":       {2 * time.Minute, false, "4", false},
		"long":               {10 * time.Minute, false, "", true},
		"short, but refused": {time.Second, true, "", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				x := newPostingX(t, time.Second)
				began := time.Now()
				x.fault = func(n int) streamFault {
					switch {
					case n == 0:
						return streamFault{how: "close", after: 20 * time.Minute}
					case time.Since(began) < 20*time.Minute+c.down:
						return streamFault{status: 503}
					}
					return streamFault{}
				}
				serve, got := x.stream, ""
				x.stream = func(n int, w http.ResponseWriter, r *http.Request) {
					got = r.URL.Query().Get("backfill_minutes")
					if got != "" && c.refused {
						refuse(400, `{"title":"Invalid Request"}`)(n, w, r)
						return
					}
					serve(n, w, r)
				}
				_, records := follow(t, x, func(o *Options) { o.BackfillMinutes = 5 })
				after(t, time.Hour)
				if got != c.backfill || len(x.searched()) > 0 != c.searches {
					t.Errorf("asked for %q minutes and searched %d times", got, len(x.searched()))
				}
				once(t, x, records(), time.Now().Add(-time.Minute))
			})
		})
	}
}

func TestRulesThatVanishWhileTheStreamIsOpenAreNoticedAndMadeUpFor(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		x := newPostingX(t, time.Minute) // so few that their end is not noticed at once
		_, records := follow(t, x)
		after(t, 15*time.Minute)
		x.scriptedX.mu.Lock()
		x.account = nil
		x.scriptedX.mu.Unlock()
		after(t, 20*time.Minute)
		if len(x.connects) != 1 || len(x.account) != 2 {
			t.Errorf("%d connects, %d rules", len(x.connects), len(x.account))
		}
		once(t, x, records(), time.Now().Add(-2*time.Minute))
	})
}
