package agenda

import (
	"testing"
	"time"

	"catsvdogs/services/pipeline/tweet"
)

// edited is an edit that the stream brings.
func edited(key, version uint64, created, at int64) Observation[uint64] {
	o := arrival(key, created)
	o.Version, o.Observed, o.Arrived, o.ArrivalMS, o.Observations, o.First = version, at, at+700, 700, 2, false
	return o
}

// lookedAt is an agenda with a post that was looked at as often as it is to be.
func lookedAt(t *testing.T) (a *Agenda[uint64], now int64) {
	t.Helper()
	a = New[uint64](schedule(t, time.Hour, 15*time.Minute, 30*time.Minute), 100)
	a.Observe(arrival(1, noon), noon)
	for _, now = range []int64{noon + 15*minute, noon + 30*minute} {
		a.Advance(now)
		if len(a.Due(now, 5, all)) != 1 {
			t.Fatal("nothing is due")
		}
		a.Done(1, now, Pack(tweet.Metrics{Likes: 40}), 3, now)
	}
	return a, now
}

func TestAnEditAfterALookIsLookedAtOnceAndForgetsNothing(t *testing.T) {
	t.Parallel()
	a, looked := lookedAt(t)
	now := looked + 2*minute
	a.Observe(edited(1, 9, noon, now-minute), now)
	if p := a.Pending(now); p != (Pending{Free: 1, Oldest: now - minute}) {
		t.Errorf("%+v", p)
	}
	got := a.Due(now, 5, all)
	if len(got) != 1 {
		t.Fatalf("%+v", got)
	}
	if p := got[0]; p.Version != 9 || p.Observations != 4 || p.Arrived != noon+500 || p.ArrivalMS != 500 || p.Observed != looked || p.Counts.Metrics().Likes != 40 {
		t.Errorf("%+v", p)
	}
	a.Done(1, now, Pack(tweet.Metrics{Likes: 41}), 3, now)
	if p, _ := a.Known(1); p.Observations != 5 || a.Pending(now) != (Pending{}) {
		t.Errorf("%+v", p)
	}
	a.Observe(edited(1, 9, noon, now-minute), now) // a late copy
	if a.Pending(now) != (Pending{}) || len(a.LeftOut()) > 0 {
		t.Error("it is looked at again")
	}
}

func TestAnEditBetweenALookAndItsAnswerIsLookedAtToo(t *testing.T) {
	t.Parallel()
	for _, restarted := range []bool{false, true} {
		a := New[uint64](schedule(t, time.Hour, 15*time.Minute, 30*time.Minute), 100)
		a.Observe(arrival(1, noon), noon)
		sent := noon + 15*minute
		a.Advance(sent)
		a.Due(sent, 5, all)
		edit := edited(1, 9, noon, sent+50)
		a.Observe(edit, sent+100)
		if restarted {
			a = New[uint64](schedule(t, time.Hour, 15*time.Minute, 30*time.Minute), 100)
			a.Observe(arrival(1, noon), sent)
			a.Observe(edit, sent+100)
			look := arrival(1, noon)
			look.Observed, look.Observations, look.Refresh = sent, 2, true
			a.Observe(look, sent+200)
		} else {
			a.Done(1, sent, Counts{}, 0, sent+200)
		}
		if got := a.Due(sent+200, 5, all); len(got) != 1 || got[0].Version != 9 {
			t.Errorf("restarted %t: %+v", restarted, got)
		}
	}
}

func TestALateCopyOfAnObservationChangesNothing(t *testing.T) {
	t.Parallel()
	a, now := lookedAt(t)
	before, _ := a.Known(1)
	late := arrival(1, noon)
	late.Arrived, late.ArrivalMS, late.Popularity, late.Wanted = now, 30*minute, 9, false
	a.Observe(late, now)
	a.Observe(edited(1, 9, noon, now-minute), now)
	if after, _ := a.Known(1); after != before || a.Pending(now) != (Pending{}) {
		t.Errorf("%+v became %+v", before, after)
	}
}

func TestWhatComesOfADeletedPostAfterItsDeletionIsLookedAtOnce(t *testing.T) {
	t.Parallel()
	a, now := lookedAt(t)
	a.Delete(1, now+minute, now+minute)
	now += 3 * minute
	a.Observe(edited(1, 9, noon, now-minute), now)
	if got := a.Due(now, 5, all); len(got) != 1 || got[0].Version != 9 {
		t.Fatalf("%+v", got)
	}
	a.Delete(1, now, now) // it is not there
	a.Observe(edited(1, 9, noon, now-minute), now)
	if _, known := a.Known(1); known || a.Pending(now) != (Pending{}) {
		t.Error("it is looked at again and again")
	}
	now += minute
	a.Observe(edited(1, 10, noon, now), now)
	a.Due(now, 5, all)
	a.Done(1, now, Counts{}, 0, now) // it is back
	a.Delete(1, now-2*minute, now)   // told of once more
	if _, known := a.Known(1); !known || a.Pending(now) != (Pending{}) {
		t.Error("a look does not bring it back")
	}
}
