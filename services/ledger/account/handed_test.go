package account

import (
	"fmt"
	"testing"
	"time"
)

// More lines than are remembered make the account say less, never something wrong.
func TestLinesThatWereForgottenAreNoFinding(t *testing.T) {
	t.Parallel()
	began := time.Date(2026, 6, 3, 12, 0, 0, 0, time.UTC)
	h := Handed{Most: 30}
	const lines = 500
	of := func(i int) (at time.Time, id string) { return began.Add(time.Duration(i) * time.Second), fmt.Sprint(i) }
	for i := range lines {
		at, id := of(i)
		h.Hand(Line{N: int64(i), HandedAt: at, ID: id, FirstID: id})
	}
	for i := range lines {
		at, id := of(i)
		h.Arrive(Arrival{Place: Place{Offset: int64(i)}, Key: id, ID: id, Kind: "stream", Observed: at})
		h.Arrive(Arrival{Place: Place{Offset: int64(i + lines)}, Key: id, ID: id, Kind: "refresh", Observed: began.Add(time.Hour)})
	}
	for range confirmed + 1 {
		if pending, found := h.Judge(began.Add(2*time.Hour), time.Time{}); pending != 0 || len(found) != 0 {
			t.Fatalf("%d are pending, found %v", pending, found)
		}
	}
	if h.Lines != lines || h.Dropped == 0 {
		t.Errorf("%d lines, of which %d could not be remembered", h.Lines, h.Dropped)
	}

	// What is remembered is still judged.
	at, _ := of(lines)
	h.Hand(Line{N: lines, HandedAt: at, ID: "lost", FirstID: "lost"})
	h.Arrive(Arrival{Place: Place{Offset: 9999}, Key: "invented", ID: "invented", Kind: "stream", Observed: at})
	h.Judge(began.Add(2*time.Hour), time.Time{})
	if _, found := h.Judge(began.Add(2*time.Hour), time.Time{}); len(found) != 2 || found[0].Kind != Lost || found[1].Kind != Invented {
		t.Errorf("found %v", found)
	}
}

func TestWhatWasOnlyLookedUpOrCutShortNeedNotBeThere(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 6, 3, 12, 0, 0, 0, time.UTC)
	h := Handed{Most: 30}
	h.Hand(Line{N: 1, HandedAt: at, ID: "1", FirstID: "1", By: "lookup", Kind: "look"})
	h.Hand(Line{N: 2, HandedAt: at, Kind: "partial", Digest: Digest{2}})
	h.Arrive(Arrival{Place: Place{Offset: 7}, Digest: Digest{2}, Kind: "stream", Observed: at}) // it may be there all the same
	for range confirmed + 1 {
		if pending, found := h.Judge(at.Add(time.Hour), time.Time{}); pending != 0 || len(found) != 0 {
			t.Errorf("%d are pending, found %v", pending, found)
		}
	}
}

// A connection that ends within a line leaves a beginning of it that nobody can know before.
func TestABrokenPieceOfALineIsNotInventedAndDoesNotStandForTheLine(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 6, 3, 12, 0, 0, 0, time.UTC)
	h := Handed{Most: 30}
	h.Hand(Line{N: 1, HandedAt: at, ID: "1", FirstID: "1", Kind: "post", By: "stream", Digest: Digest{1}})
	h.Arrive(Arrival{Place: Place{Offset: 7}, Digest: Digest{7}, Within: "1", Kind: "stream", Observed: at})
	h.Arrive(Arrival{Place: Place{Offset: 8}, Digest: Digest{8}, Within: "2", Kind: "stream", Observed: at})
	h.Judge(at.Add(time.Hour), time.Time{})
	_, found := h.Judge(at.Add(time.Hour), time.Time{})
	if len(found) != 2 || found[0].Kind != Lost || found[0].Key != "1" || found[1].Kind != Invented || found[1].First != 8 {
		t.Errorf("found %+v", found)
	}
}
