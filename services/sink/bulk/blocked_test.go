package bulk

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"catsvdogs/services/sink/elastictest"
)

// going is a Run whose items are handed over bit by bit.
type going struct {
	w      *Writer
	status *recorded
	in     chan []*Item
	ended  chan error

	mu       sync.Mutex
	verdicts map[string]Verdict // of settled items, by id
	holds    []bool
}

func begin(t *testing.T, es *elastictest.Server) *going {
	t.Helper()
	g := &going{w: newTestWriter(t, es.Transport(t)), status: new(recorded), in: make(chan []*Item), ended: make(chan error, 1), verdicts: map[string]Verdict{}}
	g.w.options.Status, g.w.options.Parking = g.status, 4096
	go func() {
		g.ended <- g.w.Run(t.Context(), g.in, func(on bool) {
			g.mu.Lock()
			defer g.mu.Unlock()
			g.holds = append(g.holds, on)
		})
	}()
	return g
}

func (g *going) send(index string, ids ...int) {
	var items []*Item
	for _, id := range ids {
		items = append(items, &Item{Index: index, ID: fmt.Sprint("id-", id), Version: new(int64(1)), Document: Line(`{"n":1}`), Settled: func(it *Item) {
			g.mu.Lock()
			defer g.mu.Unlock()
			g.verdicts[it.ID] = it.Verdict
		}})
	}
	g.in <- items
}

// count counts the settled items, and those of them that were refused.
func (g *going) count() (settled, refused int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, v := range g.verdicts {
		if v.Outcome == Refused {
			refused++
		}
	}
	return len(g.verdicts), refused
}

func (g *going) held() []bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return append([]bool{}, g.holds...)
}

// last is what the status was told last.
func (g *going) last() string {
	g.status.mu.Lock()
	defer g.status.mu.Unlock()
	if len(g.status.lines) == 0 {
		return ""
	}
	return g.status.lines[len(g.status.lines)-1]
}

func (g *going) end(t *testing.T) {
	t.Helper()
	close(g.in)
	if err := <-g.ended; err != nil {
		t.Error(err)
	}
}

func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	deadline := time.After(30 * time.Second)
	for !holds() {
		select {
		case <-deadline:
			t.Fatalf("it does not happen that %s", what)
		case <-time.After(10 * time.Millisecond):
		}
	}
}

func to(n int) (ids []int) {
	for i := range n {
		ids = append(ids, i)
	}
	return ids
}

func TestATemplateThatIsRemovedUnderOurFeetIsNoticedBeforeAnIndexIsGuessed(t *testing.T) {
	t.Parallel()
	es := elastictest.Start(t, elastictest.Faults{})
	g := begin(t, es)
	g.send("old", 1)
	eventually(t, "the first is stored", func() bool { n, _ := g.count(); return n == 1 })
	es.Fail(elastictest.Faults{TemplateMissing: 1 << 30})
	g.w.ground.mu.Lock()
	g.w.ground.templateAt = g.w.ground.templateAt.Add(-templateFor) // time passes
	g.w.ground.mu.Unlock()
	g.send("new", 2)
	eventually(t, "the reason is said", func() bool { return strings.Contains(g.last(), "template tweets is missing") })
	if n := es.Bulks(); n != 1 {
		t.Errorf("%d bulks were sent, want the one before", n)
	}
	es.Fail(elastictest.Faults{})
	eventually(t, "it goes on", func() bool { n, _ := g.count(); return n == 2 && g.last() == "ready" })
	g.end(t)
}

func TestAnIndexThatWasOpenedWithoutTheTemplateGetsNoDocuments(t *testing.T) {
	t.Parallel()
	es := elastictest.Start(t, elastictest.Faults{Stray: func(index string) bool { return index == "guessed" }})
	g := begin(t, es)
	g.send("guessed", 1)
	g.send("sound", 2)
	eventually(t, "the other is stored", func() bool { n, _ := g.count(); return n == 1 })
	eventually(t, "the reason is said", func() bool { return strings.Contains(g.last(), "has not the alias tweets") })
	es.Fail(elastictest.Faults{})
	eventually(t, "it goes on", func() bool { n, refused := g.count(); return n == 2 && refused == 0 && g.last() == "ready" })
	g.end(t)
}

// A proxy, or anything else between, may answer 400 to whatever it likes.
func TestA400ThatNamesNoDocumentRefusesNone(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]string{
		"a proxy":                       `<html>bad request</html>`,
		"nothing":                       ``,
		"JSON of another":               `{"error":"id-1 [id-1]"}`,
		"Elasticsearch on another name": `{"error":{"type":"illegal_argument_exception","reason":"request [/_bulk] contains [id]"},"status":400}`,
	} {
		es := elastictest.Start(t, elastictest.Faults{Whole: func([]string) (int, string) { return 400, answer }})
		g := begin(t, es)
		g.send("i", to(40)...)
		eventually(t, "the reason is said", func() bool { return strings.Contains(g.last(), "refused as a whole") })
		if n := es.Bulks(); n > 3*refusedWhole {
			t.Errorf("%s: %d requests at once", name, n)
		}
		g.send("i", 40)
		es.Fail(elastictest.Faults{})
		eventually(t, "all is stored", func() bool { n, _ := g.count(); return n == 41 && g.last() == "ready" })
		if _, refused := g.count(); refused != 0 {
			t.Errorf("%s: %d documents are refused", name, refused)
		}
		g.end(t)
	}
}

func TestADocumentThatElasticsearchNamesIsRefusedAndTheRestStored(t *testing.T) {
	t.Parallel()
	es := elastictest.Start(t, elastictest.Faults{Whole: func(ids []string) (int, string) {
		for _, id := range ids {
			if id == "id-7" {
				return 400, `{"error":{"root_cause":[],"type":"action_request_validation_exception","reason":"Validation Failed: 1: id [id-7] is odd;"},"status":400}`
			}
		}
		return 0, ""
	}})
	g := begin(t, es)
	g.send("i", to(40)...)
	eventually(t, "all have verdicts", func() bool { n, refused := g.count(); return n == 40 && refused == 1 })
	g.end(t)
}

func TestDocumentsThatAreRefusedAloneOneAfterTheOtherAreNotAtFault(t *testing.T) {
	t.Parallel()
	es := elastictest.Start(t, elastictest.Faults{Whole: func([]string) (int, string) { return 413, "" }})
	g := begin(t, es)
	g.send("i", to(20)...)
	eventually(t, "the reason is said", func() bool { return strings.Contains(g.last(), "something refuses requests") })
	if _, refused := g.count(); refused != refusedAlone {
		t.Errorf("%d documents are refused, want %d", refused, refusedAlone)
	}
	es.Fail(elastictest.Faults{})
	eventually(t, "all have verdicts", func() bool { n, refused := g.count(); return n == 20 && refused == refusedAlone })
	g.end(t)
}

func TestAnIndexThatIsClosedHoldsUpNoOther(t *testing.T) {
	t.Parallel()
	for _, kind := range faultsOfIndex {
		es := elastictest.Start(t, elastictest.Faults{Block: func(index string) string {
			if index == "closed" {
				return kind
			}
			return ""
		}})
		g := begin(t, es)
		g.send("closed", 0)
		eventually(t, "the reason is said", func() bool { return strings.Contains(g.last(), "the index closed takes no documents") })
		for i := 1; i <= 50; i++ {
			g.send("open", i)
		}
		g.send("closed", 51, 0) // the second waits behind the first of its id
		eventually(t, "the others are stored", func() bool { n, _ := g.count(); return n == 50 })
		if held := g.held(); len(held) != 0 {
			t.Errorf("%s: the reading was held: %v", kind, held)
		}
		es.Fail(elastictest.Faults{})
		eventually(t, "all is stored", func() bool { n, refused := g.count(); return n == 52 && refused == 0 && g.last() == "ready" })
		g.end(t)
	}
}

func TestWhatWaitsForAClosedIndexIsBounded(t *testing.T) {
	t.Parallel()
	es := elastictest.Start(t, elastictest.Faults{Block: func(string) string { return "index_closed_exception" }})
	g := begin(t, es)
	g.send("closed", to(100)...)
	eventually(t, "the reading is held", func() bool { held := g.held(); return len(held) > 0 && held[len(held)-1] })
	es.Fail(elastictest.Faults{})
	eventually(t, "all is stored", func() bool { n, _ := g.count(); return n == 100 })
	eventually(t, "the reading goes on", func() bool { held := g.held(); return !held[len(held)-1] && g.last() == "ready" })
	g.end(t)
}

func TestAStopDoesNotWaitForAnIndexThatIsClosed(t *testing.T) {
	t.Parallel()
	es := elastictest.Start(t, elastictest.Faults{Block: func(index string) string {
		if index == "closed" {
			return "index_closed_exception"
		}
		return ""
	}})
	g := begin(t, es)
	g.send("closed", 1)
	g.send("open", 2)
	close(g.in)
	if err := <-g.ended; err == nil || !strings.Contains(err.Error(), "the index closed takes no documents") {
		t.Errorf("it ended with %v", err)
	}
	if n, _ := g.count(); n != 1 {
		t.Errorf("%d items are settled, want the one of the open index", n)
	}
}

// A field that the enricher has and the mapping has not, as before provision has run, would refuse the whole stream.
func TestManyDocumentsThatAreRefusedForOneFieldWaitForTheMapping(t *testing.T) {
	t.Parallel()
	const strict = "strict_dynamic_mapping_exception: [1:2] mapping set to strict, dynamic introduction of [%s] within [_doc] is not allowed"
	all := func(string) string { return fmt.Sprintf(strict, "growth") }
	t.Run("in one bulk", func(t *testing.T) {
		t.Parallel()
		es := elastictest.Start(t, elastictest.Faults{Refuse: all})
		g := begin(t, es)
		g.send("i", to(20)...)
		eventually(t, "the reason is said", func() bool { return strings.Contains(g.last(), "run provision") })
		es.Fail(elastictest.Faults{})
		eventually(t, "all is stored", func() bool { n, refused := g.count(); return n == 20 && refused == 0 })
		g.end(t)
	})
	t.Run("one after the other", func(t *testing.T) {
		t.Parallel()
		es := elastictest.Start(t, elastictest.Faults{Refuse: all})
		g := begin(t, es)
		for i := range enoughDocuments - 1 {
			g.send("i", i)
			eventually(t, "it is refused", func() bool { n, refused := g.count(); return n == i+1 && refused == i+1 })
		}
		g.send("i", 10)
		eventually(t, "the reason is said", func() bool { return strings.Contains(g.last(), "run provision") })
		es.Fail(elastictest.Faults{})
		eventually(t, "it is stored", func() bool { n, refused := g.count(); return n == enoughDocuments && refused == enoughDocuments-1 })
		g.end(t)
	})
	// Whoever can make three documents odd must not hold up an index.
	t.Run("a few of many", func(t *testing.T) {
		t.Parallel()
		es := elastictest.Start(t, elastictest.Faults{Refuse: func(id string) string {
			if strings.HasSuffix(id, "7") {
				return fmt.Sprintf(strict, "growth")
			}
			return ""
		}})
		g := begin(t, es)
		for i := range 20 {
			g.send("i", to(100)[5*i:5*i+5]...)
		}
		eventually(t, "each has its verdict", func() bool { n, refused := g.count(); return n == 100 && refused == 10 })
		for i := 100; i < 120; i++ {
			g.send("i", i)
			eventually(t, "each has its verdict", func() bool { n, _ := g.count(); return n == i+1 })
		}
		if _, refused := g.count(); refused != 12 {
			t.Errorf("%d are refused, want 12", refused)
		}
		g.end(t)
	})
	t.Run("each another field", func(t *testing.T) {
		t.Parallel()
		es := elastictest.Start(t, elastictest.Faults{Refuse: func(id string) string { return fmt.Sprintf(strict, id) }})
		g := begin(t, es)
		g.send("i", to(20)...)
		eventually(t, "each is refused", func() bool { n, refused := g.count(); return n == 20 && refused == 20 })
		g.end(t)
	})
}
