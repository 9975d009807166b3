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
	axe, err := os.ReadFile(os.Getenv(axeVariable)) //nolint:gosec // the test's own argument
	if err != nil {
		t.Skipf("set %s to axe.min.js, or run make test-browser: %v", axeVariable, err)
	}
	state := evening(t)
	six := evening(t)
	sixTeams(six)
	cutOff := withTop(t, nil)
	cutOff["cut_off"] = document{"since": "2026-11-23T19:42:52.250Z"}
	for address, scene := range map[string]document{"/": state, "/?promotional=out": cutOff, "/?by=popularity&promotional=out": six.clone(t), "/embed": state} {
		s := newStage(t, scene)
		for _, l := range looks {
			b.as(t, l)
			b.do(t, chromedp.Navigate(s.URL+address))
			b.await(t, "document.getElementById('headline').textContent !== ''")
			if _, err := chromedp.Run(b.ctx, chromedp.Evaluate[chromedp.Void](string(axe))); err != nil {
				t.Fatal(err)
			}
			found := evaluate[[]string](t, b, `axe.run(document, { resultTypes: ['violations'] }).then((r) => r.violations
				.filter((v) => v.impact === 'serious' || v.impact === 'critical')
				.flatMap((v) => v.nodes.map((n) => v.id + ': ' + n.html.slice(0, 120) + ' ' + n.failureSummary)))`)
			for _, f := range found {
				t.Errorf("%s on %s: %s", address, l.name, f)
			}
		}
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
