package browser

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// programVariable names the Chromium to test in.
const programVariable = "TEST_BROWSER"

// deadline bounds each wait: a page that never shows what it should must not hold the others up.
const deadline = 40 * time.Second

// A tab is one of a browser that has a profile of its own: nothing that one test stores reaches another.
type tab struct {
	ctx context.Context

	mu         sync.Mutex
	complained []string // what stands in the console
	requested  []string // addresses
}

// newBrowser starts a browser. Without TEST_BROWSER the test is skipped.
func newBrowser(t *testing.T) *tab {
	t.Helper()
	program := os.Getenv(programVariable)
	if program == "" {
		t.Skip("set " + programVariable + " to a Chromium, or run make test-browser")
	}
	options := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]),
		chromedp.ExecPath(program), chromedp.NoSandbox, chromedp.UserDataDir(t.TempDir()), chromedp.WindowSize(1440, 900))
	// Not the test's context: that ends before the clean-up in which the browser is asked to go. One that is killed still
	// writes into the profile that the test removes.
	ctx, stop := chromedp.NewExecAllocator(context.WithoutCancel(t.Context()), options...)
	t.Cleanup(stop)
	ctx, cancel := chromedp.NewContext(ctx)
	t.Cleanup(func() {
		_ = chromedp.Cancel(ctx)
		cancel()
	})
	if err := chromedp.Do(ctx); err != nil {
		t.Fatal(err)
	}
	return &tab{ctx: ctx}
}

// open opens another tab of the browser.
func (b *tab) open(t *testing.T, address string) *tab {
	t.Helper()
	ctx, closeTab := chromedp.NewContext(b.ctx)
	t.Cleanup(closeTab)
	opened := &tab{ctx: ctx}
	if err := chromedp.Listen(ctx, opened.hear); err != nil {
		t.Fatal(err)
	}
	call(t, opened, log.Enable, cdp.Empty{})
	call(t, opened, runtime.Enable, cdp.Empty{})
	call(t, opened, network.Enable, network.EnableParams{})
	opened.do(t, chromedp.Navigate(address))
	return opened
}

func (b *tab) hear(event any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		b.complained = append(b.complained, e.ExceptionDetails.Text)
	case *runtime.EventConsoleAPICalled:
		for _, a := range e.Args {
			b.complained = append(b.complained, string(e.Type)+" "+string(a.Value))
		}
	case *log.EventEntryAdded:
		b.complained = append(b.complained, e.Entry.Text+" "+e.Entry.URL)
	case *network.EventRequestWillBeSent:
		b.requested = append(b.requested, e.Request.URL)
	}
}

// complaints are the console's lines but for those that contain what is expected.
func (b *tab) complaints(expected ...string) []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(b.complained), func(line string) bool {
		return slices.ContainsFunc(expected, func(e string) bool { return strings.Contains(line, e) })
	})
}

func (b *tab) requests() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.requested)
}

func (b *tab) do(t *testing.T, steps ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, deadline)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		t.Fatal(err)
	}
}

func call[P, R any](t *testing.T, b *tab, command cdp.Command[P, R], params P) {
	t.Helper()
	if _, err := chromedp.Call(b.ctx, command, params); err != nil {
		t.Fatal(err)
	}
}

// await waits until the expression is true in the page. It asks from outside: the page's policy allows no script that is
// made from text in it.
func (b *tab) await(t *testing.T, expression string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, deadline)
	defer cancel()
	again := time.NewTicker(50 * time.Millisecond)
	defer again.Stop()
	for {
		done, err := chromedp.Run(ctx, chromedp.Evaluate[bool]("(async () => Boolean(await ("+expression+")))()", chromedp.EvalAwaitPromise))
		if done {
			return
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			body, _ := chromedp.Run(b.ctx, chromedp.Evaluate[string]("document.body.innerText"))
			t.Fatalf("waiting for %s: %v; console: %q; the page says:\n%s", expression, err, b.complaints(), body)
		}
	}
}

func evaluate[T any](t *testing.T, b *tab, expression string) T {
	t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, deadline)
	defer cancel()
	value, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		t.Fatalf("%s: %v", expression, err)
	}
	return value
}

func (b *tab) text(t *testing.T, id string) string {
	t.Helper()
	return evaluate[string](t, b, "document.getElementById('"+id+"').textContent")
}

// A look is a screen and what its owner prefers.
type look struct {
	name          string
	width, height int64
	scale         float64
	dark, phone   bool
}

var looks = []look{
	{name: "desktop-light", width: 1440, height: 900, scale: 1},
	{name: "desktop-dark", width: 1440, height: 900, scale: 1, dark: true},
	{name: "wall-light", width: 1920, height: 1080, scale: 1},
	{name: "wall-dark-4k", width: 3840, height: 2160, scale: 1, dark: true},
	{name: "wide-light", width: 3440, height: 1440, scale: 1},
	{name: "tablet-dark", width: 820, height: 1180, scale: 1, dark: true},
	{name: "phone-light", width: 360, height: 740, scale: 2, phone: true},
	{name: "phone-dark", width: 360, height: 740, scale: 2, dark: true, phone: true},
}

// as gives the tab that screen.
func (b *tab) as(t *testing.T, l look) {
	t.Helper()
	scheme := map[bool]string{true: "dark", false: "light"}[l.dark]
	call(t, b, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: l.width, Height: l.height, DeviceScaleFactor: l.scale, Mobile: l.phone})
	call(t, b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"},
	}})
}

// hidden makes the page believe that nobody, or somebody, looks at it.
func (b *tab) hidden(t *testing.T, hidden bool) {
	t.Helper()
	evaluate[bool](t, b, fmt.Sprintf("Object.defineProperty(document, 'hidden', { configurable: true, get: () => %v }), document.dispatchEvent(new Event('visibilitychange'))", hidden))
}

// onNewPage runs a script in each page before its own.
func onNewPage(t *testing.T, b *tab, script string) {
	t.Helper()
	call(t, b, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: script})
}

// await waits until done is true of the stage.
func await(t *testing.T, done func() bool, what string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), deadline)
	defer cancel()
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for !done() {
		select {
		case <-again.C:
		case <-ctx.Done():
			t.Fatalf("waiting in vain: %s", what)
		}
	}
}
