package refresher

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"catsvdogs/services/pipeline/tweet"
	"catsvdogs/services/pipeline/xapi"
	"catsvdogs/services/refresher/agenda"
)

var noRules = func(uint32) []tweet.MatchedRule { return []tweet.MatchedRule{} }

// asking asks for so many posts, from 1000 on, with so many controls, from 1 on.
func asking(looks, controls int) (a asked) {
	for n := range looks {
		a.looks = append(a.looks, agenda.Post[uint64]{Key: uint64(1000 + n), Version: uint64(1000 + n), Arrived: 1, Observed: 1, Observations: 1})
	}
	for n := range controls {
		a.controls = append(a.controls, uint64(1+n))
	}
	return a
}

// says is an answer in which some are gone and the others are there.
func says(a asked, gone func(id uint64) bool) (l xapi.Looked) {
	for _, text := range a.ids() {
		n, _ := id(text)
		if gone(n) {
			l.Missing = append(l.Missing, xapi.Missing{ID: text, Type: xapi.NotFound, Problem: json.RawMessage(`{"resource_id":"` + text + `"}`)})
		} else {
			l.Found = append(l.Found, xapi.Post{ID: text, First: text, Versions: []string{text}, Data: json.RawMessage(`{"id":"` + text + `","public_metrics":{"like_count":7}}`)})
		}
	}
	return l
}

func outcomes(vs []verdict) map[string]int {
	n := map[string]int{}
	for _, v := range vs {
		n[v.outcome]++
	}
	return n
}

func (d doubts) test(a asked, gone func(uint64) bool) map[string]int {
	return outcomes(d.judge(a, says(a, gone), noRules, "x", time.UnixMilli(5), time.UnixMilli(9), func() string { return "" }))
}

func all(uint64) bool { return true }

func TestFewPostsThatAreGoneAreDeletedAtOnce(t *testing.T) {
	t.Parallel()
	got := doubts{}.test(asking(100, 0), func(id uint64) bool { return id < 1030 })
	if got[deleted] != 30 || got[refreshed] != 70 {
		t.Error(got)
	}
}

func TestAnOutageDeletesNothingHoweverLongItLasts(t *testing.T) {
	t.Parallel()
	for _, looks := range []int{1, 3, 9, 10, 95} {
		d := doubts{}
		if got := d.test(asking(looks, 0), all); got[doubted] != looks {
			t.Fatalf("%d posts at first: %v", looks, got)
		}
		for range 50 {
			if got := d.test(asking(looks, 5), all); got[doubted] != looks {
				t.Fatalf("%d posts, and the controls are missing: %v", looks, got)
			}
		}
		if got := d.test(asking(looks, 5), func(id uint64) bool { return id%10 != 0 }); got[deleted] > 0 { // nine of ten, as at first
			t.Errorf("%d posts, and most controls are missing: %v", looks, got)
		}
		if got := d.test(asking(looks, 5), func(uint64) bool { return false }); got[refreshed] != looks || len(d) != 0 {
			t.Errorf("%d posts afterwards: %v, %v", looks, got, d)
		}
	}
}

func TestManyPostsThatAreReallyGoneAreDeletedWhenOthersAreThere(t *testing.T) {
	t.Parallel()
	d := doubts{}
	gone := func(id uint64) bool { return id >= 1000 && id < 1080 }
	if got := d.test(asking(95, 0), gone); got[doubted] != 80 || got[refreshed] != 15 {
		t.Errorf("at first: %v", got)
	}
	if got := d.test(asking(80, 5), gone); got[deleted] != 80 || len(d) != 0 {
		t.Errorf("with controls: %v", got)
	}
}

func TestWithoutControlsTheThirdAnswerIsBelieved(t *testing.T) {
	t.Parallel()
	d := doubts{}
	for n := range doubtTries {
		got := d.test(asking(2, 0), all)
		if want := n == doubtTries-1; (got[deleted] == 2) != want {
			t.Errorf("answer %d: %v", n, got)
		}
	}
}

func TestARecordHoldsWhatItIsFor(t *testing.T) {
	t.Parallel()
	a := asking(3, 0)
	l := says(a, func(id uint64) bool { return id == 1001 })
	sent, at := time.UnixMilli(1_700_000_000_005).UTC(), time.UnixMilli(1_700_000_000_900).UTC()
	got := doubts{}.judge(a, l, noRules, tweet.SourceX, sent, at, func() string { return "trace" })
	r, d := got[0].record, got[1].record
	if r == nil || r.Kind != tweet.KindRefresh || string(r.Key) != "1000" || !r.ObservedAt.Equal(sent) || string(r.Value) != `{"data":{"id":"1000","public_metrics":{"like_count":7}}}` ||
		r.Earlier == nil || r.MatchedRules == nil || r.Traceparent != "trace" || r.Schema != tweet.SchemaX || r.Source != tweet.SourceX || got[0].counts.Likes != 7 {
		t.Errorf("%+v", r)
	}
	if d == nil || d.Kind != tweet.KindDelete || string(d.Key) != "1001" || !d.ObservedAt.Equal(at) || string(d.Value) != `{"resource_id":"1001"}` || d.Earlier != nil {
		t.Errorf("%+v", d)
	}
	if !d.ObservedAt.After(r.ObservedAt) {
		t.Error("a deletion must win over a look that was under way")
	}
}

func TestAnOlderVersionIsNeverWritten(t *testing.T) {
	t.Parallel()
	a := asking(1, 0)
	l := says(a, func(uint64) bool { return false })
	l.Found[0].Versions = []string{"900", "1000", "1017"}
	l.Found[0].First = "900"
	a.looks[0].Key = 900
	got := doubts{}.judge(a, l, noRules, "x", time.UnixMilli(5), time.UnixMilli(9), func() string { return "" })
	if got[0].outcome != outdated || got[0].newer != 1017 || got[0].record != nil {
		t.Errorf("%+v", got)
	}
}

func TestAnAnswerThatIsNotOneChangesNothing(t *testing.T) {
	t.Parallel()
	a := asking(4, 0)
	var l xapi.Looked
	l.Missing = []xapi.Missing{{ID: "1000", Type: "of-a-later-day"}}
	l.Unanswered = []string{"1001"}
	l.Found = []xapi.Post{{ID: "1002", First: "5", Versions: []string{"5", "1002"}, Data: json.RawMessage(`{"id":"1002"}`)}} // of another post
	l.Found = append(l.Found, xapi.Post{ID: "1003", First: "1003", Versions: []string{"1003"}, Data: json.RawMessage(`{"id":"1003","text":"` + strings.Repeat("x", 1<<20) + `"}`)})
	got := outcomes(doubts{}.judge(a, l, noRules, "x", time.UnixMilli(5), time.UnixMilli(9), func() string { return "" }))
	if got[unanswered] != 4 {
		t.Error(got)
	}
}

func TestControlsAreFreshFreeAndFew(t *testing.T) {
	t.Parallel()
	noon := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	var c controls
	for n := range uint64(9) {
		c.note(n, noon.Add(time.Duration(n)*time.Second))
	}
	c.note(6, noon.Add(time.Minute))
	looks := []agenda.Post[uint64]{{Key: 5, Version: 5}}
	if got := fmt.Sprint(c.pick(looks, noon.Add(2*time.Minute))); got != "[4 7 8 6]" {
		t.Error(got)
	}
	if got := c.pick(looks, noon.Add(time.Hour)); got != nil {
		t.Error("stale ones", got)
	}
	late := time.Date(2026, 11, 23, 23, 59, 30, 0, time.UTC)
	c.note(1, late.Add(-time.Minute))
	if got := c.pick(looks, late); got != nil {
		t.Error("at midnight", got)
	}
	if got := c.pick(looks, late.Add(time.Minute)); got != nil {
		t.Error("of yesterday", got)
	}
}
