package agenda

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"catsvdogs/services/pipeline/tweet"
)

// noon is the beginning of an hour in the middle of a UTC day.
var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC).UnixMilli()

const minute = 60 * 1000

func schedule(t testing.TB, grace time.Duration, after ...time.Duration) Schedule {
	t.Helper()
	s, err := NewSchedule(after, grace)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func arrival(key uint64, created int64) Observation[uint64] {
	return Observation[uint64]{
		Post:  Post[uint64]{Key: key, Version: key, Created: created, Arrived: created + 500, ArrivalMS: 500, Observed: created + 500, Observations: 1},
		First: true, Wanted: true,
	}
}

func all(posts int) int { return posts }

func ids(posts []Post[uint64]) []uint64 {
	out := make([]uint64, 0, len(posts))
	for _, p := range posts {
		out = append(out, p.Key)
	}
	return out
}

// model is the agenda as one would explain it: it keeps all that happened to a post and asks of it anew each time.
type model struct {
	after []int64
	end   int64
	posts map[uint64]*story
}

type story struct {
	created   int64
	refreshes []int64
	gone      bool
	inFlight  bool
	notBefore int64
}

// due says whether the last look whose time has come was made at that time or later.
func (m *model) due(s *story, now int64) bool {
	if s.gone || s.inFlight || s.notBefore > now || now >= s.created+m.end {
		return false
	}
	for k := len(m.after) - 1; k >= 0; k-- {
		if at := s.created + m.after[k]; at <= now {
			return !slices.ContainsFunc(s.refreshes, func(r int64) bool { return r >= at })
		}
	}
	return false
}

func (m *model) pending(now int64) []uint64 {
	out := []uint64{}
	for id, s := range m.posts {
		if m.due(s, now) {
			out = append(out, id)
		}
	}
	slices.Sort(out)
	return out
}

// Whatever comes, in whatever order, and however often the process is started anew from what the log tells: what is due is
// what the naive model says, and each look at each post is made once, or is left out and counted.
func TestWhatIsDueIsWhatANaiveModelSaysThroughAnyRestarts(t *testing.T) {
	t.Parallel()
	handed, restarts := 0, 0
	for seed := range uint64(60) {
		rng := rand.New(rand.NewPCG(seed, 9))
		s := schedule(t, 3*time.Minute, 15*time.Minute, time.Hour, 6*time.Hour, 23*time.Hour)
		m := &model{after: s.after, end: s.Span().Milliseconds(), posts: map[uint64]*story{}}
		a := New[uint64](s, 1_000_000)
		var log []Observation[uint64] // what tweets.enriched would hold
		gone := map[uint64]int64{}
		var inFlight []Post[uint64]
		looks := map[string]bool{}
		now, nextID := noon, uint64(0)
		for range 400 {
			now += int64(rng.ExpFloat64() * 6 * minute)
			a.Advance(now)
			switch rng.IntN(8) {
			case 0, 1, 2:
				nextID++
				o := arrival(nextID, now-rng.Int64N(3*minute))
				m.posts[nextID] = &story{created: o.Created}
				log = append(log, o)
				a.Observe(o, now)
			case 3: // what was observed long ago comes once more
				if len(log) > 0 {
					a.Observe(log[rng.IntN(len(log))], now)
				}
			case 4:
				if id := 1 + rng.Uint64N(nextID+1); m.posts[id] != nil && rng.IntN(3) == 0 {
					m.posts[id].gone, m.posts[id].inFlight = true, false
					gone[id] = now + minute // no observation is newer
					a.Delete(id, gone[id], now)
				}
			case 5: // a process starts from the log; what was in flight is lost
				restarts++
				a = New[uint64](s, 1_000_000)
				for _, o := range log {
					a.Observe(o, now)
				}
				for id, at := range gone {
					a.Delete(id, at, now)
				}
				for _, s := range m.posts {
					s.inFlight, s.notBefore = false, 0
				}
				inFlight = nil
				a.Advance(now)
			default:
				for _, p := range inFlight {
					story := m.posts[p.Key]
					if !story.inFlight {
						continue // deleted meanwhile
					}
					story.inFlight, story.notBefore = false, 0
					at := now - rng.Int64N(minute)
					if rng.IntN(4) == 0 {
						story.notBefore = now + minute
						a.Again(p.Key, story.notBefore, now)
						continue
					}
					at = max(at, p.Observed)
					due := -1
					for k, after := range s.after {
						if story.created+after <= at {
							due = k
						}
					}
					if look := fmt.Sprint(p.Key, "/", due); due >= 0 && !slices.ContainsFunc(story.refreshes, func(r int64) bool { return r >= story.created+s.after[due] }) {
						if looks[look] {
							t.Fatalf("seed %d: look %s is made twice", seed, look)
						}
						looks[look] = true
					}
					story.refreshes = append(story.refreshes, at)
					o := arrival(p.Key, story.created)
					o.Observed, o.Refresh = at, true
					log = append(log, o)
					a.Done(p.Key, at, Counts{}, 1, now)
				}
				inFlight = nil
			}
			want := m.pending(now)
			if p := a.Pending(now); p.Free+p.Paid != len(want) {
				t.Fatalf("seed %d: %d and %d are pending, the model has %d", seed, p.Free, p.Paid, len(want))
			}
			if rng.IntN(3) == 0 {
				due := a.Due(now, len(want)+5, all)
				got := ids(due)
				slices.Sort(got)
				if diff := cmp.Diff(want, got); diff != "" {
					t.Fatalf("seed %d: due (-) and handed out (+):\n%s", seed, diff)
				}
				for _, p := range due {
					m.posts[p.Key].inFlight = true
				}
				inFlight = append(inFlight, due...)
				handed += len(due)
			}
		}
	}
	if handed < 2000 || restarts < 1000 {
		t.Errorf("only %d looks and %d restarts were tried", handed, restarts)
	}
}

func TestEachLookIsDoneOrLeftOutForAReason(t *testing.T) {
	t.Parallel()
	for seed := range uint64(40) {
		rng := rand.New(rand.NewPCG(seed, 10))
		s := schedule(t, time.Hour, 15*time.Minute, time.Hour, 6*time.Hour, 23*time.Hour)
		a := New[uint64](s, 150)
		const posts = 200
		left := map[Reason]int64{}
		done := int64(0)
		created := make([]int64, posts)
		for i := range created {
			created[i] = noon + rng.Int64N(2*hour)
		}
		slices.Sort(created)
		for now := noon; now < noon+28*hour; now += 1 + rng.Int64N(20*minute) {
			for len(created) > 0 && created[0] <= now {
				a.Observe(arrival(uint64(len(created)), created[0]), now)
				created = created[1:]
			}
			a.Advance(now)
			for _, p := range a.Due(now, 1+rng.IntN(40), func(n int) int { return n / 2 }) {
				if rng.IntN(5) == 0 {
					a.Again(p.Key, now+minute, now)
				} else {
					a.Done(p.Key, now, Counts{}, rng.Float32(), now)
					done++
				}
			}
			for reason, n := range a.LeftOut() {
				left[reason] += n
			}
		}
		sum := done
		for n := range maps.Values(left) {
			sum += n
		}
		if sum != posts*4 || a.Held() != 0 || a.InFlight() != 0 || len(a.ready) != 0 {
			t.Errorf("seed %d: %d done, %v left out: %d of %d looks; %d posts are still held", seed, done, left, sum, posts*4, a.Held())
		}
		if left[Budget] == 0 || left[Full] == 0 || left[Late] == 0 {
			t.Errorf("seed %d: not every reason was tried: %v", seed, left)
		}
	}
}

func TestWhatIsFreeComesFirstAndThenWhatIsWorthMore(t *testing.T) {
	t.Parallel()
	midnight := noon + 12*hour
	s := schedule(t, time.Hour, 15*time.Minute, time.Hour)
	a := New[uint64](s, 100)
	add := func(key uint64, created int64, popularity float32) {
		o := arrival(key, created)
		o.Popularity = popularity
		a.Observe(o, created+500)
	}
	add(1, midnight-20*minute, 0) // of yesterday
	add(2, midnight-19*minute, 7) // of yesterday, popular
	add(3, midnight-16*minute, 1) // of yesterday
	add(4, midnight+1*minute, 0)  // of today
	add(5, midnight+1*minute, 2)  // of today
	add(6, midnight+minute/6, 9)  // so near to midnight that it may have been billed yesterday; but it is of this hour
	now := midnight + 17*minute
	a.Advance(now)
	if p := a.Pending(now); p.Free != 2 || p.Paid != 4 || p.Oldest != midnight-5*minute {
		t.Errorf("%+v", p)
	}
	asked := 0
	got := ids(a.Due(now, 5, func(n int) int { asked = n; return 2 }))
	if diff := cmp.Diff([]uint64{5, 4, 6, 2}, got); diff != "" || asked != 3 {
		t.Errorf("asked for %d; %s", asked, diff)
	}
}

func TestAPostThatIsGoneIsNeverLookedAtAgain(t *testing.T) {
	t.Parallel()
	s := schedule(t, time.Hour, 15*time.Minute, time.Hour)
	a := New[uint64](s, 100)
	a.Observe(arrival(1, noon), noon)
	now := noon + 20*minute
	a.Advance(now)
	if got := a.Due(now, 5, all); len(got) != 1 {
		t.Fatal("nothing is due")
	}
	a.Delete(1, now, now)
	a.Done(1, now, Counts{}, 0, now) // the answer was under way
	edit := arrival(1, noon)
	edit.Version, edit.Observed = 2, now-minute // it was made before
	a.Observe(edit, now+minute)
	for ; now < noon+2*hour; now += minute {
		a.Advance(now)
		if got := a.Due(now, 5, all); len(got) > 0 {
			t.Fatalf("handed out at %d min", (now-noon)/minute)
		}
	}
	if _, known := a.Known(1); known || len(a.LeftOut()) > 0 {
		t.Error("it is known, or its looks are missed")
	}
	a.Advance(noon + 2*hour)
	if a.Held() != 0 {
		t.Error("it is kept in mind for good")
	}
}

func TestTheNewestVersionIsAskedForAndNoOlderOneTakesItsPlace(t *testing.T) {
	t.Parallel()
	a := New[uint64](schedule(t, time.Hour, 15*time.Minute, time.Hour), 100)
	a.Observe(arrival(1, noon), noon)
	now := noon + 20*minute
	a.Advance(now)
	if p := a.Pending(now); p.Free != 1 {
		t.Errorf("%+v", p)
	}
	a.Due(now, 1, all)
	a.Newer(1, 7, now)
	if p := a.Pending(now); p.Paid != 1 || p.Free != 0 {
		t.Errorf("a version that was not read yet is taken for billed: %+v", p)
	}
	older := arrival(1, noon)
	older.Version, older.Observed = 5, now-1
	a.Observe(older, now)
	got := a.Due(now, 1, all)
	if len(got) != 1 || got[0].Version != 7 {
		t.Errorf("%+v", got)
	}
	a.Done(1, now, Pack(tweet.Metrics{Likes: 3}), 2, now)
	p, _ := a.Known(1)
	if p.Version != 7 || p.Observed != now || p.Counts.Metrics().Likes != 3 || p.Arrived != noon+500 || p.Observations != 3 {
		t.Errorf("%+v", p)
	}
}

func TestTheDocumentOfAnOwnLookChangesNothingWheneverItComes(t *testing.T) {
	t.Parallel()
	for _, first := range []bool{true, false} {
		a := New[uint64](schedule(t, time.Hour, 15*time.Minute, time.Hour), 100)
		a.Observe(arrival(1, noon), noon)
		now := noon + 20*minute
		a.Advance(now)
		a.Due(now, 1, all)
		document := arrival(1, noon)
		document.Observed, document.Observations, document.Refresh = now, 2, true
		if first {
			a.Observe(document, now)
		}
		a.Done(1, now, Counts{}, 0, now)
		a.Observe(document, now)
		if p, _ := a.Known(1); p.Observations != 2 || a.Pending(now) != (Pending{}) {
			t.Errorf("document first %t: %+v, pending %+v", first, p, a.Pending(now))
		}
	}
}

func TestPostsOfNoTeamAreNotLookedAt(t *testing.T) {
	t.Parallel()
	a := New[uint64](schedule(t, time.Hour, 15*time.Minute), 100)
	o := arrival(1, noon)
	o.Wanted = false
	a.Observe(o, noon)
	b := arrival(2, noon)
	a.Observe(b, noon)
	b.Version, b.Observed, b.Wanted = 3, noon+minute, false // edited away
	a.Observe(b, noon+minute)
	a.Advance(noon + 20*minute)
	if got := a.Due(noon+20*minute, 5, all); len(got) > 0 {
		t.Errorf("%+v", got)
	}
	if a.Advance(noon + 3*hour); a.Held() != 0 || len(a.LeftOut()) != 0 {
		t.Error("they are held, or counted as left out")
	}
}

func TestASchedulesAgesAreSortedAndBounded(t *testing.T) {
	t.Parallel()
	s := schedule(t, time.Minute, time.Hour, time.Minute, time.Hour)
	if diff := cmp.Diff([]int64{60_000, 3_600_000}, s.after); diff != "" || s.First() != time.Minute || s.Span() != 61*time.Minute {
		t.Error(diff, s.First(), s.Span())
	}
	for _, wrong := range [][]time.Duration{nil, {0}, {-time.Second}, {time.Microsecond}, {MaxAge + 1}, make([]time.Duration, MaxLooks+1)} {
		if _, err := NewSchedule(wrong, time.Minute); err == nil {
			t.Errorf("%v is taken", wrong)
		}
	}
	if _, err := NewSchedule([]time.Duration{time.Minute}, 0); err == nil {
		t.Error("no grace is taken")
	}
}

func BenchmarkAMillionPosts(b *testing.B) {
	s := schedule(b, time.Hour, 15*time.Minute, time.Hour, 6*time.Hour, 23*time.Hour)
	a := New[uint64](s, 1_000_000)
	for i := range uint64(1_000_000) {
		a.Observe(arrival(i+1, noon+int64(i)), noon+int64(i))
	}
	now := noon + 2*hour
	a.Advance(now)
	for b.Loop() {
		for _, p := range a.Due(now, 100, all) {
			a.Again(p.Key, 0, now)
		}
	}
}
