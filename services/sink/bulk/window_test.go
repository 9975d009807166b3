package bulk

import (
	"math/rand/v2"
	"testing"
	"time"
)

var testBounds = Bounds{MinBytes: 100, MaxBytes: 1600, MaxConcurrency: 8}

// full is an answer to a request that used the window up, sent at this second.
func full(w window, second int, took time.Duration, why trouble) observation {
	return observation{sentAt: at(second), took: took, bytes: w.bytes, crowded: true, trouble: why}
}

func at(second int) time.Time { return time.Unix(int64(second), 0) }

func TestTheWindowGrowsByOneStepInARoundOfAnswers(t *testing.T) {
	t.Parallel()
	w := window{bounds: testBounds, bytes: 400, concurrency: 3}
	for i, want := range []struct{ bytes, concurrency int }{
		{400, 3}, {400, 3}, {500, 4}, {500, 4}, {500, 4}, {500, 4}, {600, 5},
	} {
		w, _ = w.after(full(w, i, time.Second, ""), at(i))
		if w.bytes != want.bytes || w.concurrency != want.concurrency {
			t.Errorf("after %d answers: %d bytes, %d requests, want %+v", i+1, w.bytes, w.concurrency, want)
		}
	}
}

func TestAWindowThatIsNotUsedUpDoesNotGrow(t *testing.T) {
	t.Parallel()
	w := window{bounds: testBounds, bytes: 400, concurrency: 1}
	small := full(w, 0, time.Second, "")
	small.bytes = 100
	if got, _ := w.after(small, at(1)); got.bytes != 400 || got.concurrency != 1 {
		t.Errorf("small requests: %+v", got)
	}
	few := full(w, 0, time.Second, "")
	few.crowded = false
	if got, _ := w.after(few, at(1)); got.concurrency != 1 {
		t.Errorf("few requests: %+v", got)
	}
}

func TestTheWindowShrinksByTheKindOfTrouble(t *testing.T) {
	t.Parallel()
	for why, want := range map[trouble]struct{ bytes, concurrency int }{
		pushedBack: {400, 4}, failed: {400, 4}, tooLarge: {400, 8},
	} {
		w := window{bounds: testBounds, bytes: 800, concurrency: 8}
		got, shrunk := w.after(full(w, 1, time.Second, why), at(2))
		if got.bytes != want.bytes || got.concurrency != want.concurrency || shrunk != why {
			t.Errorf("%s: %d bytes, %d requests by %q, want %+v", why, got.bytes, got.concurrency, shrunk, want)
		}
	}
}

func TestRequestsThatWereUnderWayTogetherShrinkTheWindowOnce(t *testing.T) {
	t.Parallel()
	w := window{bounds: testBounds, bytes: 1600, concurrency: 8}
	for i := range 8 {
		w, _ = w.after(full(w, 1, time.Second, pushedBack), at(2+i))
	}
	if w.bytes != 800 || w.concurrency != 4 {
		t.Errorf("eight of one round: %d bytes, %d requests", w.bytes, w.concurrency)
	}
	if w, _ = w.after(full(w, 20, time.Second, pushedBack), at(21)); w.bytes != 400 || w.concurrency != 2 {
		t.Errorf("one of the next: %d bytes, %d requests", w.bytes, w.concurrency)
	}
}

func TestAnswersThatTakeLongerThanTheyUsedToShrinkTheWindow(t *testing.T) {
	t.Parallel()
	w := window{bounds: testBounds, bytes: 1600, concurrency: 8}
	second := 0
	answers := func(n int, took time.Duration) (shrinks int) {
		for range n {
			second++
			var why trouble
			if w, why = w.after(full(w, second, took, ""), at(second)); why == slower {
				shrinks++
			}
		}
		return shrinks
	}
	if n := answers(100, 100*time.Millisecond); n != 0 {
		t.Errorf("%d shrinks while nothing changes", n)
	}
	if n := answers(1, 350*time.Millisecond); n != 0 {
		t.Errorf("one slow answer shrinks the window")
	}
	answers(50, 100*time.Millisecond)
	if n := answers(10, time.Second); n == 0 || w.concurrency >= 8 {
		t.Errorf("ten times slower: %d shrinks, %d requests", n, w.concurrency)
	}
	answers(400, time.Second)
	if n := answers(100, time.Second); n != 0 || w.bytes != 1600 || w.concurrency != 8 {
		t.Errorf("what stays slow becomes usual: %d shrinks, %+v", n, w)
	}
}

func TestTheWindowStaysWithinItsBounds(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	w := newWindow(testBounds)
	for i := range 100_000 {
		o := full(w, i, time.Duration(random.IntN(1000))*time.Millisecond, "")
		if random.IntN(20) == 0 {
			o.trouble = []trouble{pushedBack, failed, tooLarge}[random.IntN(3)]
		}
		o.bytes, o.crowded = random.IntN(2000), random.IntN(2) == 0
		w, _ = w.after(o, at(i+1))
		if w.bytes < testBounds.MinBytes || w.bytes > testBounds.MaxBytes || w.concurrency < 1 || w.concurrency > testBounds.MaxConcurrency {
			t.Fatalf("after %d answers: %+v", i, w)
		}
	}
}

// Two sinks share a server that pushes both back when together they send more than it takes. That additive growth and
// multiplicative shrinking make the shares even is Chiu's and Jain's result; this checks that what we do is that.
func TestTwoWindowsOnOneServerComeToAnEvenShare(t *testing.T) {
	t.Parallel()
	bounds := Bounds{MinBytes: 1 << 10, MaxBytes: 1 << 20, MaxConcurrency: 1}
	a, b := window{bounds: bounds, bytes: 1 << 20, concurrency: 1}, window{bounds: bounds, bytes: 1 << 10, concurrency: 1}
	sumA, sumB := 0, 0
	for i := range 10_000 {
		why := trouble("")
		if a.bytes+b.bytes > 3<<18 {
			why = pushedBack
		}
		a, _ = a.after(full(a, i, time.Second, why), at(i))
		b, _ = b.after(full(b, i, time.Second, why), at(i))
		if i > 1000 {
			sumA, sumB = sumA+a.bytes, sumB+b.bytes
		}
	}
	if ratio := float64(sumA) / float64(sumB); ratio < 0.95 || ratio > 1.05 {
		t.Errorf("the shares are as %.2f to 1", ratio)
	}
}
