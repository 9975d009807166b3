package browser

import (
	"testing"

	"github.com/chromedp/chromedp"
)

func TestACutIsSaidAndEndsWithTheRightNumbers(t *testing.T) {
	t.Parallel()
	state := evening(t)
	s := newStage(t, state)
	b := newBrowser(t).open(t, s.URL)
	b.shows(t, state)

	s.line.set(cut)
	b.await(t, "/^Reconnecting, numbers are .* old$/.test(document.getElementById('connection').textContent)")
	b.await(t, "document.body.classList.contains('stale')")

	// Meanwhile the server has begun anew and counted on.
	moved := state.clone(t)
	moved["epoch"] = "another"
	moved.at("posts")["total"] = 99_999
	s.show(moved)
	s.line.set(whole)
	b.shows(t, moved)
	b.await(t, "document.getElementById('connection').textContent.startsWith('Live, ') && !document.body.classList.contains('stale')")
	b.clean(t, s, "ERR_")
}

func TestSevenTabsShareOneConnection(t *testing.T) {
	t.Parallel()
	state := evening(t)
	s := newStage(t, state)
	browser := newBrowser(t)
	tabs := []*tab{}
	for range 7 {
		tabs = append(tabs, browser.open(t, s.URL))
	}
	// Only the newest is in front; the others are told that they are too.
	for _, b := range tabs {
		b.hidden(t, false)
		b.shows(t, state)
	}
	if n := s.following(); n != 1 {
		t.Errorf("seven tabs hold %d connections", n)
	}
	moved := state.clone(t)
	moved.at("posts")["total"] = 70_707
	s.show(moved)
	for _, b := range tabs {
		b.hidden(t, false)
		b.shows(t, moved)
		b.clean(t, s)
	}
}

func TestATabInTheBackgroundFollowsAgainWhenItIsSeen(t *testing.T) {
	t.Parallel()
	state := evening(t)
	s := newStage(t, state)
	b := newBrowser(t).open(t, s.URL)
	b.shows(t, state)
	b.hidden(t, true)
	await(t, func() bool { return s.following() == 0 }, "a hidden tab lets its connection go")
	moved := state.clone(t)
	moved.at("posts")["total"] = 80_808
	s.show(moved)
	b.hidden(t, false)
	b.shows(t, moved)
	b.clean(t, s)
}

func TestWithoutSharedWorkersATabFollowsByItself(t *testing.T) {
	t.Parallel()
	state := evening(t)
	s := newStage(t, state)
	b := newBrowser(t).open(t, "about:blank")
	onNewPage(t, b, "delete globalThis.SharedWorker")
	b.do(t, chromedp.Navigate(s.URL))
	b.shows(t, state)
	b.clean(t, s)
}

func TestAPausedPageStandsStillAndCatchesUp(t *testing.T) {
	t.Parallel()
	state := evening(t)
	s := newStage(t, state)
	b := newBrowser(t).open(t, s.URL)
	b.shows(t, state)
	b.do(t, chromedp.Click("#pause"))
	b.await(t, "document.getElementById('connection').textContent.startsWith('Paused, numbers are ')")
	moved := state.clone(t)
	moved.at("posts")["total"] = 90_909
	s.show(moved)
	await(t, func() bool { return s.following() == 0 }, "a paused page lets its connection go")
	b.shows(t, state)
	b.do(t, chromedp.Click("#pause"))
	b.shows(t, moved)
	b.clean(t, s)
}
