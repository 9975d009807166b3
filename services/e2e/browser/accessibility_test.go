package browser

import (
	"os"
	"testing"

	"github.com/chromedp/chromedp"
)

// axeVariable names the file axe.min.js of npm's axe-core.
const axeVariable = "TEST_AXE"

func TestAxeFindsNothingSerious(t *testing.T) {
	t.Parallel()
	b := newBrowser(t).open(t, "about:blank")
	if os.Getenv(axeVariable) == "" {
		t.Skipf("set %s to axe.min.js, or run make test-browser", axeVariable)
	}
	state := evening(t)
	six := evening(t)
	sixTeams(six)
	cutOff := withTop(t, nil)
	cutOff["cut_off"] = document{"since": "2026-11-23T19:42:52.250Z"}
	for address, scene := range map[string]document{"/": state, "/?accounted": scenes(t)["accounted"], "/?findings": scenes(t)["findings"], "/?promotional=out": cutOff, "/?by=popularity&promotional=out": six.clone(t), "/embed": state} {
		s := newStage(t, scene)
		for _, l := range looks {
			b.as(t, l)
			b.do(t, chromedp.Navigate(s.URL+address))
			b.await(t, "document.getElementById('headline').textContent !== ''")
			b.axe(t, address+" on "+l.name)
		}
	}
}

// axe wants nothing serious to be found on what the tab shows. Without axe-core it looks at nothing.
func (b *tab) axe(t *testing.T, what string) {
	t.Helper()
	file := os.Getenv(axeVariable)
	if file == "" {
		return
	}
	axe, err := os.ReadFile(file) //nolint:gosec // the test's own argument
	if err != nil {
		t.Fatal(err)
	}
	if _, err := chromedp.Run(b.ctx, chromedp.Evaluate[chromedp.Void](string(axe))); err != nil {
		t.Fatal(err)
	}
	found := evaluate[[]string](t, b, `axe.run(document, { resultTypes: ['violations'] }).then((r) => r.violations
		.filter((v) => v.impact === 'serious' || v.impact === 'critical')
		.flatMap((v) => v.nodes.map((n) => v.id + ': ' + n.html.slice(0, 120) + ' ' + n.failureSummary)))`)
	for _, f := range found {
		t.Errorf("%s: %s", what, f)
	}
}

func TestNoScreenIsNarrowerThanThePage(t *testing.T) {
	t.Parallel()
	b := newBrowser(t).open(t, "about:blank")
	for name, scene := range scenes(t) {
		_, address := stageOf(t, scene)
		for _, l := range looks {
			b.as(t, l)
			b.do(t, chromedp.Navigate(address))
			b.await(t, "document.getElementById('headline').textContent !== ''")
			if wide := evaluate[int](t, b, "document.documentElement.scrollWidth"); int64(wide) > l.width {
				t.Errorf("%s on %s is %d pixels wide, not %d", name, l.name, wide, l.width)
			}
		}
	}
}
