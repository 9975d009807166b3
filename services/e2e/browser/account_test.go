package browser

import (
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

func TestTheAccountSaysWhetherEveryRecordIsThere(t *testing.T) {
	t.Parallel()
	b := newBrowser(t).open(t, "about:blank")
	all := scenes(t)
	for name, want := range map[string][2]string{
		"accounted": {"balanced", "balanced"}, "in-flight": {"balanced, 1,204 in flight", "balanced"}, "findings": {"3 findings", "unbalanced"},
	} {
		s, address := stageOf(t, all[name])
		b.do(t, chromedp.Navigate(address))
		b.await(t, "document.getElementById('verdict').textContent === '"+want[0]+"'")
		b.await(t, "document.getElementById('verdict').classList.contains('"+want[1]+"')")
		if said := evaluate[string](t, b, "[...document.querySelectorAll('#stations div')].map((e) => e.textContent).join(' ')"); !strings.Contains(said, "handed over63,214") || !strings.Contains(said, "archived362,793") {
			t.Errorf("%s: the stations are %q", name, said)
		}
		for _, asked := range s.paths() {
			if strings.Contains(asked, "rehearsal") {
				t.Errorf("%s: a page that is not the demo's asks %s", name, asked)
			}
		}
	}
	_, address := stageOf(t, all["evening"])
	b.opened(t, address, looks[0])
	if evaluate[bool](t, b, "document.getElementById('verdict') !== null") {
		t.Error("there is a place for an account where none is kept")
	}
}

func TestNothingMovesWhenTheAccountComes(t *testing.T) {
	t.Parallel()
	b := newBrowser(t).open(t, "about:blank")
	onNewPage(t, b, `globalThis.moved = 0; new PerformanceObserver((l) => { for (const e of l.getEntries()) moved += e.value; }).observe({ type: 'layout-shift', buffered: true })`)
	state := scenes(t)["in-flight"]
	for _, l := range looks {
		s := newStage(t, state)
		without := state.clone(t)
		delete(without, "account")
		s.show(without)
		b.opened(t, s.URL, l)
		b.await(t, "document.getElementById('verdict').textContent === 'is being drawn up'")
		const height = "document.querySelector('.account').getBoundingClientRect().height"
		before, had := evaluate[float64](t, b, height), evaluate[float64](t, b, "moved")
		s.show(state)
		b.await(t, "document.querySelector('#stations dd').textContent === '63,214'")
		evaluate[bool](t, b, "new Promise(r => requestAnimationFrame(() => requestAnimationFrame(() => r(true))))")
		if after := evaluate[float64](t, b, height); after != before {
			t.Errorf("on %s the account grows from %.0f to %.0f pixels", l.name, before, after)
		}
		// Words that give way to a number are a shift to the browser, one that nobody sees; a line more is forty times as much.
		if moved := evaluate[float64](t, b, "moved") - had; moved > 0.00005 {
			t.Errorf("on %s the page moves by %.4f", l.name, moved)
		}
	}
}

// TestAFaultIsMadeByKeysAloneAndTheAccountStaysBalanced uses the demo's own page.
func TestAFaultIsMadeByKeysAloneAndTheAccountStaysBalanced(t *testing.T) {
	t.Parallel()
	browser := newBrowser(t)
	program := os.Getenv(demoVariable)
	if program == "" {
		t.Skip("set " + demoVariable + " to the demo, or run make test-browser")
	}
	address := freeAddress(t)
	demo := startDemo(t, program, "--http", address, "--data", t.TempDir(), "--rate", "100")
	b := browser.openWhenUp(t, "http://"+address)
	b.await(t, "document.getElementById('verdict')?.classList.contains('balanced')")
	b.do(t, chromedp.Focus(".links button"), chromedp.KeyEvent(kb.Enter))
	b.await(t, "document.querySelector('dialog.rehearsal').open && document.querySelectorAll('.faults li').length > 15")
	const row = "[...document.querySelectorAll('.faults li')].find((l) => l.querySelector('button').title === 'index_429')"
	b.axe(t, "the dialog")
	if folder := os.Getenv("PICTURES"); folder != "" {
		for _, l := range looks {
			b.as(t, l)
			b.take(t, folder+"/dialog-"+l.name+".png", false)
		}
		b.as(t, looks[0])
	}
	place := evaluate[int](t, b, "[...document.querySelectorAll('dialog.rehearsal button')].indexOf("+row+".querySelector('button')) - [...document.querySelectorAll('dialog.rehearsal button')].indexOf(document.activeElement)")
	for range place {
		b.do(t, chromedp.KeyEvent(kb.Tab))
	}
	if title := evaluate[string](t, b, "document.activeElement.title"); title != "index_429" {
		t.Fatalf("after %s tabs the focus is on %q", strconv.Itoa(place), title)
	}
	b.do(t, chromedp.KeyEvent(kb.Enter))
	b.await(t, "/^made once, met .*, going on$/.test("+row+".querySelector('.fault-state').textContent)")
	b.await(t, "/^made once, met (once|[1-9][0-9]* times)$/.test("+row+".querySelector('.fault-state').textContent)")
	b.do(t, chromedp.KeyEvent(kb.Escape))
	b.await(t, "!document.querySelector('dialog.rehearsal').open && document.activeElement.textContent === 'Break something'")
	b.await(t, "document.getElementById('verdict').classList.contains('balanced')")
	for _, asked := range b.requests() {
		if !strings.HasPrefix(asked, "http://"+address+"/") && asked != "about:blank" {
			t.Errorf("the page asks %s", asked)
		}
	}
	if c := b.complaints(); len(c) > 0 {
		t.Errorf("the console has %q", c)
	}
	demo.stop(t)
}
