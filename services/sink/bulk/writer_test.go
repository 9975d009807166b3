package bulk

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"catsvdogs/services/sink/elastictest"
)

func TestOnlyWhatWasPushedBackIsSentAgain(t *testing.T) {
	t.Parallel()
	es := elastictest.Start(t, elastictest.Faults{PushBack: 5})
	w := newTestWriter(t, es.Transport(t))
	store(t, w, itemsOf(20))
	if n := len(es.Documents()); n != 20 {
		t.Errorf("the index has %d of 20 documents", n)
	}
	if es.Sent() != 25 {
		t.Errorf("%d documents were sent, want 20 and 5 of them again", es.Sent())
	}
	if n := testutil.ToFloat64(w.options.Metrics.shrinks.WithLabelValues(string(pushedBack))); n != 1 {
		t.Errorf("the window shrank %v times", n)
	}
}

func TestARequestThatIsTooLargeIsHalvedUntilItPasses(t *testing.T) {
	t.Parallel()
	es := elastictest.Start(t, elastictest.Faults{MaxItems: 3})
	store(t, newTestWriter(t, es.Transport(t)), itemsOf(20))
	if n := len(es.Documents()); n != 20 {
		t.Errorf("the index has %d of 20 documents", n)
	}
	if es.Sent() != 20 {
		t.Errorf("%d documents were taken in, want each of 20 once", es.Sent())
	}
}

func TestADocumentThatIsTooLargeAloneIsRefused(t *testing.T) {
	t.Parallel()
	es := elastictest.Start(t, elastictest.Faults{Statuses: []int{413}})
	if v := store(t, newTestWriter(t, es.Transport(t)), itemsOf(1))[0]; v.Outcome != Refused || v.Kind != "bulk_refused" {
		t.Errorf("%+v", v)
	}
}

func TestEveryItemHasItsVerdictWhateverGoesWrongInTheMiddle(t *testing.T) {
	t.Parallel()
	es := elastictest.Start(t, elastictest.Faults{
		PushBack: 3, MaxItems: 4, Statuses: []int{200, 503, 200, 429, 200, 401}, Halved: 2,
		Refuse: func(id string) string {
			if id == "7" {
				return "document_parsing_exception"
			}
			return ""
		}})
	es.Put("8", elastictest.Document{Version: 100})
	for i, v := range store(t, newTestWriter(t, es.Transport(t)), itemsOf(40)) {
		want := map[int]Outcome{7: Refused, 8: Stale}[i]
		if want == "" {
			want = Stored
		}
		if v.Outcome != want {
			t.Errorf("item %d: %+v, want %s", i, v, want)
		}
	}
	if left := es.Left(); len(left.Statuses) != 0 || left.Halved != 0 || left.PushBack != 0 {
		t.Errorf("faults did not happen: %+v", left)
	}
}

// asked is a document that keeps when it was asked for.
type asked struct{ times []time.Time }

func (a *asked) Size() int { return 20 }
func (a *asked) AppendTo(line []byte, sent time.Time) []byte {
	a.times = append(a.times, sent)
	return fmt.Appendf(line, `{"attempt":%d}`, len(a.times))
}

func TestADocumentTellsOfTheAttemptThatStoredIt(t *testing.T) {
	t.Parallel()
	es := elastictest.Start(t, elastictest.Faults{Statuses: []int{503}})
	document := new(asked)
	store(t, newTestWriter(t, es.Transport(t)), []*Item{{Index: "i", ID: "0", Document: document}})
	if got := es.Documents()["0"].Source; got != `{"attempt":2}` {
		t.Errorf("the index has %s", got)
	}
	if len(document.times) != 2 || !document.times[1].After(document.times[0]) {
		t.Errorf("sent at %v", document.times)
	}
}

func TestAServerThatComesBackIsAskedForTheTemplateBeforeItGetsADocument(t *testing.T) {
	t.Parallel()
	es := elastictest.Start(t, elastictest.Faults{Statuses: []int{503}, TemplateMissing: 1})
	store(t, newTestWriter(t, es.Transport(t)), itemsOf(3))
	// Before the first request, once more because it was missing, and after the 503.
	if n := len(es.Documents()); n != 3 || es.Asked() != 3 {
		t.Errorf("the index has %d documents, and the template was asked for %d times, want 3 and 3", n, es.Asked())
	}
}

// recorded is a Status that keeps what it is told.
type recorded struct {
	mu    sync.Mutex
	lines []string
}

func (r *recorded) say(line string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lines = append(r.lines, line)
}
func (r *recorded) Ready()                { r.say("ready") }
func (r *recorded) Unready(reason string) { r.say(reason) }

func TestABulkThatHasToWaitHoldsTheIntakeUntilItIsStored(t *testing.T) {
	t.Parallel()
	es := elastictest.Start(t, elastictest.Faults{Statuses: []int{503, 401}})
	status := new(recorded)
	w := newTestWriter(t, es.Transport(t))
	w.options.Status = status
	items := itemsOf(3)
	for _, it := range items {
		it.Settled = func(*Item) {}
	}
	in := make(chan []*Item, 1)
	in <- items
	close(in)
	if err := w.Run(t.Context(), in, func(on bool) { status.say(fmt.Sprint("held ", on)) }); err != nil {
		t.Fatal(err)
	}
	want := []string{"503", "held true", "does not let this sink in (401): check user and password", "ready", "held false"}
	if !slices.EqualFunc(status.lines, want, strings.Contains) {
		t.Errorf("told %q, want %q", status.lines, want)
	}
}

// Who counts bytes has been told that the document is gone, so it must be.
func TestABulkThatHasToWaitKeepsOnlyWhatIsToBeSentAgain(t *testing.T) {
	t.Parallel()
	es := elastictest.Start(t, elastictest.Faults{PushBack: 1})
	items := itemsOf(3)
	for _, it := range items {
		it.Settled = func(*Item) {}
	}
	in := make(chan []*Item, 1)
	in <- items
	close(in)
	kept := 0
	if err := newTestWriter(t, es.Transport(t)).Run(t.Context(), in, func(on bool) {
		for _, it := range items {
			if on && it.Document != nil {
				kept++
			}
		}
	}); err != nil {
		t.Fatal(err)
	}
	if kept != 1 {
		t.Errorf("%d of 3 documents are kept while one waits", kept)
	}
}

func TestWhenTheContextEndsNothingIsLeftBehindAndNothingElseIsSettled(t *testing.T) {
	t.Parallel()
	es := elastictest.Start(t, elastictest.Faults{Away: func(string) bool { return true }})
	items := itemsOf(3)
	for _, it := range items {
		it.Settled = func(it *Item) { t.Errorf("%s is settled: %+v", it.ID, it.Verdict) }
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	stopped := errors.New("stopped")
	in := make(chan []*Item, 1)
	in <- items
	err := newTestWriter(t, es.Transport(t)).Run(ctx, in, func(bool) { cancel(stopped) })
	if !errors.Is(err, stopped) {
		t.Errorf("got %v", err)
	}
}

// The answers take from nothing to seconds, and a third of the items is pushed back, so that bulks overtake each other and
// items their bulk. All versions are equal: the last to arrive stays.
func TestTheLastWriteOfAnIDStaysWhateverOvertakesWhat(t *testing.T) {
	t.Parallel()
	for seed := range uint64(20) {
		synctest.Test(t, func(t *testing.T) {
			random := rand.New(rand.NewPCG(seed, 0))
			var mu sync.Mutex
			chance := func(n int) int {
				mu.Lock()
				defer mu.Unlock()
				return random.IntN(n)
			}
			index := map[string]string{}
			w := newTestWriter(t, fake(func(_ *http.Request, ids []string) (int, []int) {
				time.Sleep(time.Duration(chance(2000)) * time.Millisecond)
				if chance(10) == 0 {
					return http.StatusServiceUnavailable, nil
				}
				statuses := each(len(ids), http.StatusOK)
				for i, id := range ids {
					if chance(3) == 0 {
						statuses[i] = http.StatusTooManyRequests
						continue
					}
					mu.Lock()
					index[id] += "." // a write, whichever
					mu.Unlock()
				}
				return 0, statuses
			}))
			const ids = 30
			next := map[string]int{} // write of each id that is to be settled next
			var items []*Item
			writes := map[string]int{}
			for range 300 {
				id := fmt.Sprint(chance(ids))
				nth := writes[id]
				writes[id]++
				items = append(items, &Item{Index: "i", ID: id, Version: new(int64(1)), Document: Line(`{}`), Settled: func(*Item) {
					mu.Lock()
					defer mu.Unlock()
					if next[id] != nth {
						t.Errorf("write %d of %s is settled when %d is to be", nth, id, next[id])
					}
					next[id]++
				}})
			}
			in := make(chan []*Item)
			go func() {
				defer close(in)
				for part := range slices.Chunk(items, 7) {
					in <- part
					time.Sleep(time.Duration(chance(300)) * time.Millisecond)
				}
			}()
			if err := w.Run(t.Context(), in, func(bool) {}); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(writes, next); diff != "" {
				t.Error(diff)
			}
			for id, n := range writes {
				if got := len(index[id]); got != n {
					t.Errorf("%s was written %d times, want %d", id, got, n)
				}
			}
		})
	}
}

func TestADocumentWaitsForOthersOnlyAsLongAsItMay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		sent := map[string]time.Duration{}
		var mu sync.Mutex
		w := newTestWriter(t, fake(func(_ *http.Request, ids []string) (int, []int) {
			mu.Lock()
			for _, id := range ids {
				sent[id] = time.Since(began)
			}
			mu.Unlock()
			time.Sleep(10 * time.Second)
			return 0, each(len(ids), http.StatusOK)
		}))
		in := make(chan []*Item)
		go func() {
			defer close(in)
			for _, it := range itemsOf(4) {
				it.Settled = func(*Item) {}
				in <- []*Item{it}
				time.Sleep(400 * time.Millisecond)
			}
			time.Sleep(time.Minute)
		}()
		if err := w.Run(t.Context(), in, func(bool) {}); err != nil {
			t.Fatal(err)
		}
		// The first finds nothing under way. The second waits for others for the whole interval, and two more come. They come at
		// 0, 400, 800 and 1200 ms; the interval is a second.
		want := map[string]time.Duration{
			"0": 100 * time.Millisecond, "1": 1400 * time.Millisecond, "2": 1400 * time.Millisecond, "3": 1400 * time.Millisecond,
		}
		if diff := cmp.Diff(want, sent); diff != "" {
			t.Error(diff)
		}
	})
}

func TestRequestsStayWithinTheirBounds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		underWay, most, largest := 0, 0, 0
		w := newTestWriter(t, fake(func(_ *http.Request, ids []string) (int, []int) {
			mu.Lock()
			underWay++
			most, largest = max(most, underWay), max(largest, len(ids)*(1000+128))
			mu.Unlock()
			time.Sleep(100 * time.Millisecond)
			mu.Lock()
			underWay--
			mu.Unlock()
			return 0, each(len(ids), http.StatusOK)
		}))
		items := itemsOf(60_000)
		for _, it := range items {
			it.Document = Line(`"` + strings.Repeat("x", 998) + `"`)
		}
		store(t, w, items)
		if most != 4 || largest > 1<<20 || largest < 1<<19 {
			t.Errorf("up to %d requests of up to %d bytes, want 4 of up to %d", most, largest, 1<<20)
		}
	})
}
