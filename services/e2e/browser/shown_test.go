package browser

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// score is the number under a team's name.
func score(place int) string {
	return fmt.Sprintf("document.querySelectorAll('#scores .score-value')[%d].textContent", place)
}

func grouped(n int64) string {
	digits := strconv.FormatInt(n, 10)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

// shows waits until the page shows the view's score: a team, the total, the other team.
func (b *tab) shows(t *testing.T, view document) {
	t.Helper()
	posts := view.at("posts")
	for place, n := range []any{posts.at("teams")["cats"], posts["total"], posts.at("teams")["dogs"]} {
		b.await(t, score(place)+" === '"+grouped(asInt(n))+"'")
	}
}

// clean wants a console without a complaint and no request to anybody else.
func (b *tab) clean(t *testing.T, s *stage, expected ...string) {
	t.Helper()
	if c := b.complaints(expected...); len(c) > 0 {
		t.Errorf("the console has %q", c)
	}
	for _, address := range b.requests() {
		if !strings.HasPrefix(address, s.URL+"/") && address != "about:blank" {
			t.Errorf("the page asks %s", address)
		}
	}
}

func TestThePageShowsTheNumbersOfTheState(t *testing.T) {
	t.Parallel()
	state := evening(t)
	s := newStage(t, state)
	b := newBrowser(t).open(t, s.URL)
	b.shows(t, state)
	if got, want := strings.ReplaceAll(b.text(t, "headline"), "\u00a0", " "), state.at("headline")["text"]; got != want {
		t.Errorf("the headline is %q, want %q", got, want)
	}
	for i, category := range state.at("contest")["categories"].([]any) {
		want := grouped(asInt(state.at("posts", "categories")[category.(map[string]any)["tag"].(string)]))
		b.await(t, fmt.Sprintf("document.querySelectorAll('.legend-count')[%d].textContent === '%s'", i, want))
	}

	b.do(t, chromedp.Click("#table-summary"))
	b.await(t, "document.querySelectorAll('#table-body tbody tr').length === 40")
	row := evaluate[[]string](t, b, "[...document.querySelectorAll('#table-body tbody tr')].at(-1).innerText.split('\\t')")
	want := []string{"00:00 to 00:30"}
	sum := int64(0)
	for _, category := range state.at("contest")["categories"].([]any) {
		n := asInt(state.at("timeline", category.(map[string]any)["tag"].(string))["00:00"])
		want, sum = append(want, grouped(n)), sum+n
	}
	if want = append(want, grouped(sum)); !slices.Equal(row, want) {
		t.Errorf("the table's row is %q, want %q", row, want)
	}

	b.do(t, chromedp.Click("#promotional", chromedp.NodeReady))
	b.shows(t, state.at("organic"))
	if at := evaluate[string](t, b, "location.search"); at != "?promotional=out" {
		t.Errorf("the address says %q", at)
	}
	b.do(t, chromedp.Click("input[value=popularity]", chromedp.NodeReady))
	b.await(t, score(0)+" === '2,140'")
	b.clean(t, s)
}

func TestAChangeMovesTheNumbersAndLeavesTheRest(t *testing.T) {
	t.Parallel()
	state := evening(t)
	s := newStage(t, state)
	b := newBrowser(t).open(t, s.URL)
	b.shows(t, state)
	for i := range int64(40) {
		cats := asInt(state.at("posts", "teams")["cats"]) + 7
		state.at("posts", "teams")["cats"] = cats
		s.change(document{"seq": i + 10, "posts": document{"teams": document{"cats": cats}}})
	}
	b.shows(t, state)
	b.clean(t, s)
}

func TestATimelineIsReadByKeys(t *testing.T) {
	t.Parallel()
	state := evening(t)
	s := newStage(t, state)
	b := newBrowser(t).open(t, s.URL)
	b.shows(t, state)
	b.do(t, chromedp.Focus("#timeline"))
	evaluate[bool](t, b, "document.getElementById('timeline').dispatchEvent(new KeyboardEvent('keydown', { key: 'Home' }))")
	b.await(t, "document.getElementById('timeline-spoken').textContent.startsWith('00:00 to 00:30, cats with images ')")
	b.await(t, "!document.getElementById('tooltip').hidden")
	b.clean(t, s)
}

func TestADayThatIsOverIsShownByItsAddress(t *testing.T) {
	t.Parallel()
	today := evening(t)
	yesterday := today.clone(t)
	yesterday["day"], yesterday["today"] = "2026-11-22", false
	for _, v := range yesterday.views() {
		v["trace"], v["pace"], v["rate"] = document{}, document{}, document{"last_10s": 0, "last_60s": 0}
		v.at("posts")["total"] = 4711
		v["headline"] = said("final", "cats", "Cats", " won by 900.")
		v.at("top")["hour"] = []any{}
	}
	s := newStage(t, today)
	s.days["2026-11-22"] = yesterday
	b := newBrowser(t).open(t, s.URL+"/?day=2026-11-22")
	b.shows(t, yesterday)
	b.await(t, "document.getElementById('day-choice').value === '2026-11-22'")
	if trace := evaluate[bool](t, b, "document.querySelector('.card-trace').checkVisibility()"); trace {
		t.Error("a day that is over has a trace")
	}
	b.await(t, "!document.getElementById('day-after').disabled")
	b.do(t, chromedp.Click("#day-after"))
	b.shows(t, today)
	b.do(t, chromedp.NavigateBack())
	b.shows(t, yesterday)
	b.do(t, chromedp.Navigate(s.URL+"/?day=1999-01-01"))
	b.await(t, "document.getElementById('headline').textContent === 'There are no numbers of that day.'")
	b.clean(t, s, "404")
}
