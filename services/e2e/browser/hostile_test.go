package browser

import (
	"strings"
	"testing"
)

func TestWhatStrangersWriteNeverBecomesMarkup(t *testing.T) {
	t.Parallel()
	state := evening(t)
	hostile(state)
	state = state.clone(t)
	s := newStage(t, state)
	b := newBrowser(t).open(t, s.URL)
	b.shows(t, state)
	b.await(t, "document.querySelector('.post-text') !== null")
	if n := evaluate[int](t, b, "document.querySelectorAll('main img, main script, main b b, a[href^=\"javascript:\"]').length"); n != 0 {
		t.Errorf("%d elements are made of text", n)
	}
	if text := evaluate[string](t, b, "document.querySelector('.post-text').textContent"); !strings.HasPrefix(text, markup) {
		t.Errorf("the post's text is changed: %q", text)
	}
	if title := evaluate[string](t, b, "document.title"); title == "stolen" {
		t.Error("a script in a text has run")
	}
	if wide := evaluate[bool](t, b, "document.documentElement.scrollWidth > innerWidth"); wide {
		t.Error("a long word makes the page wider than the screen")
	}
	b.clean(t, s)
}

func TestASimulatedPostSaysSoAndLinksNowhere(t *testing.T) {
	t.Parallel()
	state := evening(t)
	s := newStage(t, state)
	b := newBrowser(t).open(t, s.URL)
	b.shows(t, state)
	b.await(t, "document.querySelector('.post.simulated .made-up-label').textContent === 'Made up by the simulator'")
	if n := evaluate[int](t, b, "document.querySelectorAll('#top-post a').length"); n != 0 {
		t.Errorf("a simulated post has %d links", n)
	}
	if badge := b.text(t, "simulated"); badge != "Simulated posts" {
		t.Errorf("the badge says %q", badge)
	}
}
