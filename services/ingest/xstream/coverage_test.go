package xstream

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// at is a time of a made-up day.
func at(clock string) time.Time {
	t, err := time.Parse("15:04:05", clock)
	if err != nil {
		panic(err)
	}
	return t.AddDate(2026, 0, 0)
}

func idAt(clock string) string { return formatID(firstID(at(clock))) }

func TestAGapBeginsWhereTheStreamWasLastKnownToBeWhole(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		before func(*coverage)
		from   string // of the gap, before the overlap; "" for none
	}{
		"after the newest post": {func(c *coverage) {
			c.heard(at("10:00:00"))
			c.saw(idAt("10:04:50"), at("10:05:00"))
			c.saw(idAt("10:04:40"), at("10:05:00"))
			c.heard(at("10:05:00"))
		}, "10:04:50"},
		"a reader that was held up got old posts": {func(c *coverage) {
			c.heard(at("10:00:00"))
			c.saw(idAt("09:55:00"), at("10:05:00"))
			c.heard(at("10:05:00"))
		}, "10:00:00"},
		"a quiet stream was whole until shortly before it ended": {func(c *coverage) {
			c.heard(at("10:00:00"))
			c.heard(at("12:00:00"))
		}, "11:45:00"},
		"an id from the future hides nothing": {func(c *coverage) {
			c.heard(at("10:00:00"))
			c.saw(idAt("10:04:50"), at("10:05:00"))
			c.saw("9223372036854775807", at("10:05:00"))
			c.saw("17", at("10:05:00"))
			c.heard(at("10:05:00"))
		}, "10:04:50"},
		"a stream that never lived": {func(*coverage) {}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var cover coverage
			c.before(&cover)
			if opened := cover.ended(false); opened != (c.from != "") {
				t.Fatalf("opened a gap: %v", opened)
			}
			if c.from == "" {
				return
			}
			if cover.ended(false) {
				t.Error("a gap in a gap")
			}
			g, ok := cover.heard(at("13:00:00"))
			want := gap{span: span{at(c.from).Add(-overlap), at("13:00:00").Add(overlap)}, missed: g.missed}
			if diff := cmp.Diff(want, g, cmp.AllowUnexported(gap{}, span{})); !ok || diff != "" {
				t.Errorf("gap (-want +got):\n%s", diff)
			}
			if _, again := cover.heard(at("13:00:01")); again {
				t.Error("closed twice")
			}
		})
	}
}

func TestAGapThatEndsBeforeItBeganByAClockThatIsSetRightTakesNoTime(t *testing.T) {
	t.Parallel()
	c := new(coverage)
	c.heard(at("10:00:00"))
	c.ended(false)
	g, closed := c.heard(at("09:59:59"))
	if !closed || g.missed != 0 || !g.until.After(g.since) {
		t.Errorf("closed %v, %s missed, from %s to %s", closed, g.missed, g.since, g.until)
	}
}

func TestAnEarlierProcessIsResumedAtItsLastPost(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		resume Resume
		from   string
	}{
		"by the id":                  {Resume{idAt("10:00:00"), at("10:00:05")}, "10:00:00"},
		"by the time of an odd id":   {Resume{"17", at("10:00:05")}, "10:00:05"},
		"an id from the future":      {Resume{idAt("14:00:00"), at("10:00:05")}, "10:00:05"},
		"nothing is known":           {Resume{}, ""},
		"all of it is from tomorrow": {Resume{idAt("14:00:00"), at("14:00:00")}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var cover coverage
			cover.resume(c.resume, at("13:00:00"))
			if cover.open != (c.from != "") || cover.open && !cover.from.Equal(at(c.from).Add(-overlap)) {
				t.Errorf("open: %v, from %s", cover.open, cover.from)
			}
		})
	}
}

func TestSpansAreKeptInOrderApartAndFew(t *testing.T) {
	t.Parallel()
	s := func(from, to string) span { return span{at(from), at(to)} }
	var got []span
	for _, add := range []span{s("10:00:00", "10:10:00"), s("09:00:00", "09:10:00"), s("10:05:00", "10:20:00"), s("10:06:00", "10:07:00"), s("08:00:00", "08:01:00")} {
		got = insert(got, add)
	}
	want := []span{s("08:00:00", "08:01:00"), s("09:00:00", "09:10:00"), s("10:00:00", "10:20:00")}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(span{})); diff != "" {
		t.Errorf("spans (-want +got):\n%s", diff)
	}
	var many []span
	for n := range 3 * maxSpans {
		from := at("00:00:00").Add(time.Duration(n*n) * time.Minute)
		many = insert(many, span{from, from.Add(time.Second)})
	}
	if len(many) != maxSpans || !many[0].since.Equal(at("00:00:00")) || !many[0].until.After(at("00:30:00")) {
		t.Errorf("%d spans, the first %v", len(many), many[0])
	}
}

func TestTheEndsOfASpanAreIdsAsXTakesThem(t *testing.T) {
	t.Parallel()
	when := time.Date(2026, 8, 23, 12, 0, 0, 0, time.UTC)
	s := span{when, when.Add(time.Minute)}
	low, high := firstID(s.since), firstID(s.until)
	if s.sinceID() != formatID(low-1) || s.untilID() != formatID(high+1<<snowflakeShift) {
		t.Errorf("from %s to %s", s.sinceID(), s.untilID())
	}
	if got := (span{}).sinceID(); got != "0" {
		t.Errorf("a time before all ids is %s", got)
	}
}
