package account

import (
	"fmt"
	"slices"
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

// A piece without an id is of no line that anybody could name. A connection that was cut leaves one at most.
func TestAPieceOfALineThatTellsNothingIsExcusedByOneCutOfThatTime(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 6, 3, 12, 0, 0, 0, time.UTC)
	piece := func(offset int64, observed time.Time) func(*Handed) {
		return func(h *Handed) {
			h.Arrive(Arrival{Place: Place{Offset: offset}, Digest: Digest{9, byte(offset)}, IsBroken: true, Kind: "stream", Observed: observed})
		}
	}
	cut := func(connection string, when time.Time) func(*Handed) {
		return func(h *Handed) { h.CutOff(connection, 0, when) }
	}
	partial := func(connection string, when time.Time) func(*Handed) {
		return func(h *Handed) {
			h.Hand(Line{N: 2, HandedAt: when, ID: "2", FirstID: "2", Kind: "partial", By: "stream", Connection: connection, Digest: Digest{2}})
		}
	}
	for name, c := range map[string]struct {
		steps  []func(*Handed)
		want   []Kind
		pieces int64
	}{
		"no cut":                             {[]func(*Handed){piece(7, at)}, []Kind{Unattributed}, 0},
		"a cut before it":                    {[]func(*Handed){cut("c", at), piece(7, at.Add(time.Second))}, nil, 1},
		"a cut that is told after it":        {[]func(*Handed){piece(7, at), cut("c", at.Add(2*time.Second))}, nil, 1},
		"a cut of another time":              {[]func(*Handed){cut("c", at.Add(-time.Hour)), piece(7, at)}, []Kind{Unattributed}, 0},
		"a line that was cut on purpose":     {[]func(*Handed){partial("c", at), piece(7, at)}, nil, 1},
		"one end that is told twice":         {[]func(*Handed){partial("c", at), cut("c", at), piece(7, at), piece(8, at)}, []Kind{Unattributed}, 1},
		"two pieces and two cuts":            {[]func(*Handed){cut("c", at), cut("d", at), piece(7, at), piece(8, at)}, nil, 2},
		"a line that was handed over broken": {[]func(*Handed){func(h *Handed) { h.Hand(Line{N: 3, HandedAt: at, Kind: "malformed", Digest: Digest{9, 7}}) }, piece(7, at)}, nil, 0},
		"a whole line that nobody handed over": {[]func(*Handed){cut("c", at), func(h *Handed) {
			h.Arrive(Arrival{Place: Place{Offset: 7}, Digest: Digest{9}, ID: "9", Key: "9", Kind: "stream", Observed: at})
		}}, []Kind{Invented}, 0},
	} {
		h := Handed{Most: 30}
		h.Hand(Line{N: 1, HandedAt: at.Add(-2 * time.Hour), ID: "1", FirstID: "1", Kind: "post", By: "lookup", Digest: Digest{1}})
		for _, step := range c.steps {
			step(&h)
		}
		var kinds []Kind
		for range confirmed {
			_, found := h.Judge(at.Add(time.Hour), time.Time{})
			kinds = nil
			for _, f := range found {
				kinds = append(kinds, f.Kind)
			}
		}
		if len(c.want) == 0 && len(h.unclaimed)+len(h.unclaimedByNames) > 0 {
			t.Errorf("%s: it remembers %d records by %d names", name, len(h.unclaimed), len(h.unclaimedByNames))
		}
		if !slices.Equal(kinds, c.want) || h.Pieces != c.pieces {
			t.Errorf("%s: found %v and %d pieces, want %v and %d", name, kinds, h.Pieces, c.want, c.pieces)
		}
	}
}
