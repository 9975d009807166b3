package browser

import (
	"fmt"
	"testing"

	"github.com/chromedp/chromedp"
)

// opened opens the address on that screen and waits until it stands there.
func (b *tab) opened(t *testing.T, address string, l look) {
	t.Helper()
	b.as(t, l)
	b.do(t, chromedp.Navigate(address))
	b.await(t, "document.getElementById('headline').textContent !== ''")
	evaluate[bool](t, b, "new Promise(r => requestAnimationFrame(() => requestAnimationFrame(() => r(true))))")
}

func TestADeskAndAWallShowEveryCardAtOnce(t *testing.T) {
	t.Parallel()
	b := newBrowser(t).open(t, "about:blank")
	all := scenes(t)
	screens := append([]look{{name: "wall-1440p", width: 2560, height: 1440, scale: 1}}, looks...)
	for _, name := range []string{"evening", "real", "fresh", "lines", "past", "accounted", "findings"} {
		_, address := stageOf(t, all[name])
		for _, l := range screens {
			if l.width < 1280 {
				continue
			}
			b.opened(t, address, l)
			for _, below := range evaluate[[]string](t, b, `[...document.querySelectorAll('#cards > .card')].filter((c) => c.checkVisibility())
				.filter((c) => c.getBoundingClientRect().bottom > innerHeight + 1).map((c) => c.className + ' ends at ' + c.getBoundingClientRect().bottom)`) {
				t.Errorf("%s on %s of %d by %d: %s", name, l.name, l.width, l.height, below)
			}
			if high := evaluate[int64](t, b, "document.documentElement.scrollHeight"); l.width > 1440 && high > l.height {
				t.Errorf("%s on %s is %d pixels high, not %d", name, l.name, high, l.height)
			}
		}
	}
}

func TestAPostOfThreeHundredLinesStaysACard(t *testing.T) {
	t.Parallel()
	b := newBrowser(t).open(t, "about:blank")
	_, address := stageOf(t, scenes(t)["lines"])
	for _, l := range looks {
		b.opened(t, address, l)
		if high := evaluate[float64](t, b, "document.querySelector('.card-top').getBoundingClientRect().height"); high > 0.9*float64(l.height) {
			t.Errorf("on %s the card is %.0f pixels high", l.name, high)
		}
		if !evaluate[bool](t, b, "(() => { const p = document.querySelector('.post-text'); return p.scrollHeight > p.clientHeight && getComputedStyle(p).overflowY === 'auto' && p.tabIndex === 0; })()") {
			t.Errorf("on %s the rest of the text cannot be reached", l.name)
		}
	}
	if text := evaluate[string](t, b, "document.querySelector('.post-text').textContent.slice(0, 20)"); text != "One line\n\nand anothe" {
		t.Errorf("of 281 blank lines there stays %q", text)
	}
}

func TestTheCardForOtherSitesFitsItsFrame(t *testing.T) {
	t.Parallel()
	b := newBrowser(t).open(t, "about:blank")
	all := scenes(t)
	for _, name := range []string{"evening", "surge", "upset", "tie", "six", "cut-off", "drought", "empty"} {
		s := newStage(t, all[name])
		for _, frame := range [][2]int64{{320, 240}, {280, 200}, {480, 300}, {600, 600}, {1200, 300}} {
			b.opened(t, s.URL+"/embed", look{width: frame[0], height: frame[1], scale: 1})
			wrong := evaluate[string](t, b, `(() => {
				const shown = [...document.querySelectorAll('#main > *')].filter((e) => e.checkVisibility()).map((e) => [e, e.getBoundingClientRect()]);
				for (let i = 0; i < shown.length; i++) {
					const [e, at] = shown[i];
					const after = shown[i + 1]?.[1].top ?? innerHeight;
					if (at.bottom > after + 1) return (e.id || e.className) + ' reaches over what follows, ' + at.bottom + ' > ' + after;
					if (at.right > innerWidth + 1) return (e.id || e.className) + ' is wider than the frame';
				}
				const first = document.querySelector('.headline .first').getBoundingClientRect();
				if (first.bottom > document.getElementById('headline').getBoundingClientRect().bottom + 1) return 'the headline is cut';
				if (document.documentElement.scrollHeight > innerHeight) return 'it scrolls';
				return document.querySelectorAll('.scores .score').length === 3 && document.querySelector('.total').checkVisibility() ? 'the total takes the place of a team' : '';
			})()`)
			if wrong != "" {
				t.Errorf("%s in %d by %d: %s", name, frame[0], frame[1], wrong)
			}
		}
	}
}

func TestADayThatHasJustBegunFillsItsTimeline(t *testing.T) {
	t.Parallel()
	_, address := stageOf(t, scenes(t)["fresh"])
	b := newBrowser(t).open(t, "about:blank")
	b.opened(t, address, looks[0])
	column := evaluate[float64](t, b, "document.querySelector('#timeline rect[fill]').getBBox().width / document.getElementById('timeline').getBoundingClientRect().width")
	if column < 0.05 {
		t.Errorf("a column takes %.3f of the timeline", column)
	}
	if hours := evaluate[[]string](t, b, "[...document.querySelectorAll('#timeline .tick:not(.tick-y)')].map((e) => e.textContent)"); fmt.Sprint(hours[0], hours[len(hours)-1]) != "18:0024:00" {
		t.Errorf("the hours are %q", hours)
	}
}
