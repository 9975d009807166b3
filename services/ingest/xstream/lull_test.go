package xstream

import (
	"math/rand/v2"
	"testing"
	"time"
)

// paced is a pace that has known posts for a while, one in every.
func paced(every time.Duration) (*pace, time.Time) {
	p, now := new(pace), time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)
	for range 2 * paceOver {
		now = now.Add(every)
		p.wait(every)
		p.post(now)
	}
	return p, now
}

func TestAPauseThatChanceDoesNotExplainIsALull(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		every, pause time.Duration
		lull         bool
	}{
		{10 * time.Millisecond, 9 * time.Second, false}, // a stream that stutters
		{10 * time.Millisecond, 11 * time.Second, true},
		{300 * time.Millisecond, 9 * time.Second, false},
		{300 * time.Millisecond, 30 * time.Second, true},
		{10 * time.Second, time.Minute, false}, // few posts
		{10 * time.Second, 199 * time.Second, false},
		{10 * time.Second, 201 * time.Second, true},
	} {
		p, last := paced(test.every)
		p.wait(test.pause)
		if since, lull := p.post(last.Add(test.pause)); lull != test.lull || !since.Equal(last) {
			t.Errorf("a post every %s, then none for %s: lull %t since %s, want %t since %s", test.every, test.pause, lull, since, test.lull, last)
		}
		if _, again := p.post(last.Add(test.pause)); again {
			t.Errorf("a post every %s, none for %s, then two: the second ends a lull", test.every, test.pause)
		}
	}
}

func TestBeforeThereIsAPaceNoPauseIsALull(t *testing.T) {
	t.Parallel()
	var p pace
	p.wait(time.Hour)
	if _, lull := p.post(time.Unix(1, 0)); lull || p.deaf() {
		t.Error("the first post ends a lull")
	}
}

func TestTimeInWhichTheReaderWasHeldBackIsNoLull(t *testing.T) {
	t.Parallel()
	p, last := paced(10 * time.Millisecond)
	p.wait(20 * time.Millisecond)
	if _, lull := p.post(last.Add(10 * time.Minute)); lull {
		t.Error("a broker that was away made a lull")
	}
}

func TestAPaceThatIsTakenOverCountsFromTheSecondPostOn(t *testing.T) {
	t.Parallel()
	var p pace
	p.resume(time.Second)
	p.wait(time.Hour)
	if _, lull := p.post(time.Unix(0, 0)); lull {
		t.Error("the first post ends a lull")
	}
	p.wait(21 * time.Second)
	if _, lull := p.post(time.Unix(21, 0)); !lull {
		t.Error("the second does not")
	}
}

func TestTheTimeBetweenTwoConnectionsIsNoLull(t *testing.T) {
	t.Parallel()
	p, last := paced(10 * time.Millisecond)
	p.wait(time.Minute)
	p.connected()
	p.wait(time.Minute)
	if p.deaf() {
		t.Error("a connection that brought nothing yet is given up")
	}
	if _, lull := p.post(last.Add(time.Hour)); lull {
		t.Error("its first post ends a lull")
	}
	p.wait(time.Minute)
	if _, lull := p.post(last.Add(2 * time.Hour)); !lull {
		t.Error("with the connection the pace was forgotten")
	}
}

func TestPostsByChanceMakeNoLull(t *testing.T) {
	t.Parallel()
	for _, mean := range []time.Duration{time.Millisecond, time.Second, time.Minute} {
		var p pace
		rng, now := rand.New(rand.NewPCG(1, 2)), time.Unix(0, 0)
		for i := range 1_000_000 {
			pause := time.Duration(rng.ExpFloat64() * float64(mean))
			now = now.Add(pause)
			p.wait(pause)
			if _, lull := p.post(now); lull {
				t.Fatalf("one in %s: post %d after %s", mean, i, pause)
			}
		}
	}
}

func TestAStreamOfKeepAlivesAloneIsGivenUp(t *testing.T) {
	t.Parallel()
	for every, after := range map[time.Duration]time.Duration{
		10 * time.Millisecond: 2 * time.Minute,
		time.Second:           2 * time.Minute,
		10 * time.Second:      10 * time.Minute,
	} {
		p, _ := paced(every)
		p.wait(after)
		if p.deaf() {
			t.Errorf("a post every %s: given up after %s", every, after)
		}
		p.wait(time.Millisecond)
		if !p.deaf() {
			t.Errorf("a post every %s: not given up after more than %s", every, after)
		}
	}
}
