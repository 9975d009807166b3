package agenda

import (
	"testing"
	"time"
)

// looked returns an agenda with a post at which a look was made and written, as its document has told.
func lookedAgenda(t *testing.T) (a *Agenda[uint64], look int64) {
	t.Helper()
	a = New[uint64](schedule(t, time.Hour, 15*time.Minute, time.Hour), 10)
	a.Observe(arrival(1, noon), noon+minute)
	look = noon + 16*minute
	a.Advance(look)
	if due := a.Due(look, 1, all); len(due) != 1 {
		t.Fatalf("%v is due", due)
	}
	a.Done(1, look, Counts{}, 0, look)
	return a, look
}

func TestADeletionThatSeemsOlderThanALookMakesAnotherOneDue(t *testing.T) {
	t.Parallel()
	a, look := lookedAgenda(t)
	// The clock of whoever has told of it is ten minutes behind.
	if !a.Delete(1, look-10*minute, look+1) {
		t.Fatal("the deletion is passed over")
	}
	due := a.Due(look+1, 1, all)
	if len(due) != 1 {
		t.Fatal("nothing is looked at")
	}
	if at := due[0].Stamp(look - 5*minute); at <= look {
		t.Errorf("what comes of the look is stamped %d, and the look before it %d", at, look)
	}
	// It is gone indeed; the stamp is what makes the deletion count.
	if a.Delete(1, due[0].Stamp(look-5*minute), look+2) {
		t.Error("the deletion is contested again")
	}
	if _, gone := a.Gone(1); !gone || a.InFlight() != 0 || a.Scheduled() != 0 {
		t.Errorf("gone: %t, %d in flight, %d looks to come", gone, a.InFlight(), a.Scheduled())
	}
}

func TestAPostThatIsFoundAfterAContestedDeletionStays(t *testing.T) {
	t.Parallel()
	a, look := lookedAgenda(t)
	a.Delete(1, look-minute, look+1)
	due := a.Due(look+1, 1, all)
	if len(due) != 1 {
		t.Fatal("nothing is looked at")
	}
	again := due[0].Stamp(look + 2)
	a.Done(1, again, Counts{}, 0, again)
	if _, known := a.Known(1); !known || a.Pending(again).Free+a.Pending(again).Paid != 0 {
		t.Errorf("known: %t, pending %+v", known, a.Pending(again))
	}
	if a.Scheduled() != 1 {
		t.Errorf("%d looks to come, want the last one", a.Scheduled())
	}
}

func TestALookInFlightLosesAgainstADeletionThatBecomesKnown(t *testing.T) {
	t.Parallel()
	for name, at := range map[string]int64{"whose clock is right": noon + 61*minute, "whose clock is behind": noon + 15*minute} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, _ := lookedAgenda(t)
			now := noon + 61*minute
			a.Advance(now)
			if due := a.Due(now, 1, all); len(due) != 1 || !a.Flying(1) {
				t.Fatalf("%v is in flight", due)
			}
			a.Delete(1, at, now)
			if a.Flying(1) || a.InFlight() != 0 {
				t.Error("the look is still in flight")
			}
			_, gone := a.Gone(1)
			if due := a.Due(now, 1, all); (len(due) == 0) != gone {
				t.Errorf("gone: %t, and %v is due", gone, due)
			}
		})
	}
}

func TestWhatTheStreamBringsAfterADeletionIsNotContestedByIt(t *testing.T) {
	t.Parallel()
	a, look := lookedAgenda(t)
	edit := arrival(1, noon)
	edit.First, edit.Version, edit.Observed = false, 2, look+5*minute
	a.Observe(edit, look+5*minute)
	if a.Delete(1, look+minute, look+6*minute) {
		t.Error("a deletion from before the edit is contested")
	}
	if _, known := a.Known(1); !known {
		t.Error("the edited post is gone")
	}
}
