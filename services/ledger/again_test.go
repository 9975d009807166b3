package ledger

import (
	"fmt"
	"log/slog"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"
	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/services/ledger/account"
	"catsvdogs/services/pipeline/topic"
)

// watch is a watch of a world, drawn up account by account.
func (w *world) watch() (draw func() *account.Account) {
	w.t.Helper()
	a, err := newAuditor(w.cfg.Config, slog.New(slog.DiscardHandler))
	must(w.t, err)
	w.t.Cleanup(a.close)
	return func() *account.Account {
		w.t.Helper()
		drawn, err := a.round(w.t.Context())
		must(w.t, err)
		return drawn
	}
}

// settled draws accounts up until nothing is in flight.
func settled(draw func() *account.Account) *account.Account {
	for {
		if drawn := draw(); drawn.Settled {
			return drawn
		}
	}
}

// What was well when it was judged is looked at again, so damage that is done later is named all the same.
func TestDamageToWhatWasJudgedBeforeIsFound(t *testing.T) {
	t.Parallel()
	at := func(kind, topicName string, first, last int64, key string) string {
		text := fmt.Sprintf("%s %s/%d %d-%d", kind, topicName, 0, first, last)
		if key != "" {
			text += " " + key
		}
		return text
	}
	for name, damage := range map[string]func(w *world) (want, note string){
		"none": func(*world) (string, string) { return "", "" },
		"another text in the index": func(w *world) (string, string) {
			r := w.enriched()[2]
			w.put(monthly, id(4), strings.Replace(stored(4, noon.Add(4*time.Millisecond)), "invented", "forged", 1))
			return at("index_differs", topic.Enriched, r.Offset, r.Offset, id(4)), ""
		},
		"a document that is gone": func(w *world) (string, string) {
			r := w.enriched()[2]
			w.drop(monthly, id(4))
			return at("index_missing", topic.Enriched, r.Offset, r.Offset, id(4)), ""
		},
		"a document in a second index": func(w *world) (string, string) {
			r := w.enriched()[2]
			w.put("tweets-2026.07", id(4), stored(4, noon.Add(4*time.Millisecond)))
			return at("index_double", topic.Enriched, r.Offset, r.Offset, id(4)), ""
		},
		"an index that is gone as a whole": func(w *world) (string, string) {
			w.request(esapi.IndicesDeleteRequest{Index: []string{monthly}})
			return "", "of 20 posts that were in the index the whole index is gone"
		},
		"an object that is gone": func(w *world) (string, string) {
			s := w.shelves(topic.Enriched, 0, 4)[1]
			w.remove(s.name())
			return at("gap", topic.Enriched, s.start, s.last, ""), ""
		},
		"the first object": func(w *world) (string, string) {
			s := w.shelves(topic.Raw, 0, 4)[0]
			w.remove(s.name())
			return at("gap", topic.Raw, s.start, s.last, ""), ""
		},
		"another text in the archive": func(w *world) (string, string) {
			s := w.shelves(topic.Raw, 0, 4)[1]
			text := s.lines()
			text[1] = strings.Replace(text[1], "invented", "forged", 1)
			w.putObject(s.name(), text, s.start, s.last, 4)
			return at("differs", topic.Raw, s.records[1].Offset, s.records[1].Offset, string(s.records[1].Key)), ""
		},
		"lines that are there twice": func(w *world) (string, string) {
			s := w.shelves(topic.Raw, 0, 4)[1]
			two := shelf{s.records[1:], s.records[1].Offset, s.last}
			w.object(two.records, two.start, two.last)
			return at("double", topic.Raw, two.start, two.last, ""), ""
		},
		"a line that was suppressed for nothing": func(w *world) (string, string) {
			s := w.shelves(topic.Raw, 0, 4)[1]
			w.suppress(s, 1)
			return at("differs", topic.Raw, s.records[1].Offset, s.records[1].Offset, string(s.records[1].Key)), ""
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := startWorld(t)
			draw := w.watch()
			settled(draw)
			want, note := damage(w)
			var told, notes string
			// A round for each partition of each topic, and one for what is a finding in a second round only.
			for range 4 * partitions {
				drawn := draw()
				told, notes = said(drawn), notes+strings.Join(drawn.Notes, " ")
			}
			if told != want || !strings.Contains(notes, note) || note == "" && notes != "" {
				t.Errorf("told is %q, want %q; notes %q, want %q", told, want, notes, note)
			}
		})
	}
}

// What comes into the archive under a watch is judged whether its object has the name that was expected or not.
func TestAnObjectThatComesUnderAWatchIsHeldAgainstKafkaOnce(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		forge func(text string) string
		want  func(raw *kgo.Record) string
	}{
		"as it is": {func(text string) string { return text }, func(*kgo.Record) string { return "" }},
		"forged": {func(text string) string { return strings.Replace(text, "invented", "forged", 1) }, func(raw *kgo.Record) string {
			return fmt.Sprintf("differs %s/0 %d-%d %s", topic.Raw, raw.Offset, raw.Offset, raw.Key)
		}},
		"under the name of another hour": {func(string) string { return "" }, func(*kgo.Record) string { return "" }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := startWorld(t)
			w.cfg.Truth = ""
			draw := w.watch()
			before := settled(draw)
			raw := rawPost(40)
			w.produce(w.client, raw)
			made := madeOf(raw, document(40, noon.Add(40*time.Millisecond)))
			w.produce(w.client, made)
			w.put(monthly, id(40), stored(40, noon.Add(40*time.Millisecond)))
			named := *raw
			text := c.forge(lineOf(raw))
			if text == "" {
				named.Timestamp, text = raw.Timestamp.Add(time.Hour), lineOf(raw)
			}
			w.putObject(nameOf(&named), []string{text}, raw.Offset, raw.Offset, 1)
			w.object([]*kgo.Record{made}, made.Offset, made.Offset)
			w.commitAll()
			var drawn *account.Account
			for range 3 {
				drawn = draw()
			}
			if got, want := said(drawn), c.want(raw); got != want {
				t.Errorf("told is %q, want %q", got, want)
			}
			if drawn.Raw.Archived != before.Raw.Archived+1 || drawn.Enriched.Archived != before.Enriched.Archived+1 || drawn.Pending != 0 {
				t.Errorf("%s, after %s", drawn.Summary, before.Summary)
			}
		})
	}
}

// A document may become visible later than it says that it was indexed, when what was indexed then has been looked at.
func TestAStrangerThatBecomesVisibleLateIsFound(t *testing.T) {
	t.Parallel()
	w := startWorld(t)
	draw := w.watch()
	settled(draw)
	w.put(monthly, id(900), strings.Replace(stored(900, noon), "12:00:01.000Z", "12:59:50.000Z", 1))
	for range 2 {
		if drawn := draw(); said(drawn) != "" {
			t.Fatalf("told is %q before its time", said(drawn))
		}
	}
	w.put(monthly, id(4), strings.Replace(stored(4, noon.Add(4*time.Millisecond)), "12:00:01.000Z", "13:05:00.000Z", 1))
	draw()
	if got := said(draw()); got != "index_invented "+id(900) {
		t.Errorf("told is %q", got)
	}
}

// However small a round's share is, the next ones go on where it ended, and around again.
func TestObjectsAreLookedAtAgainOneByOne(t *testing.T) {
	t.Parallel()
	w := startWorld(t)
	a, err := newAuditor(w.cfg.Config, slog.New(slog.DiscardHandler))
	must(t, err)
	t.Cleanup(a.close)
	draw := func() *account.Account {
		drawn, err := a.round(t.Context())
		must(t, err)
		return drawn
	}
	settled(draw)
	first, second := w.shelves(topic.Raw, 0, 4)[1], w.shelves(topic.Enriched, 0, 4)[0]
	w.remove(first.name())
	w.remove(second.name())
	p, err := a.ask(t.Context())
	must(t, err)
	for range 4 * len(w.names()) { // the end of each hour takes one as well
		looked, err := a.judgeShelfAgain(t.Context(), p, 1)
		must(t, err)
		if looked > 1 {
			t.Fatalf("it looked at %d", looked)
		}
	}
	want := map[string]int{
		fmt.Sprintf("gap %s/0 %d-%d", topic.Raw, first.start, first.last):                    1,
		fmt.Sprintf("gap %s/0 %d-%d", topic.Enriched, second.records[0].Offset, second.last): 1, // of what no object is before, the records
	}
	got := map[string]int{}
	for _, text := range strings.Split(said(draw()), ", ") {
		got[text]++
	}
	if !maps.Equal(got, want) {
		t.Errorf("told is %v, want %v", got, want)
	}
}

func TestTheShareThatIsLookedAtAgainGoesByTime(t *testing.T) {
	t.Parallel()
	for every, want := range map[time.Duration]int{100 * time.Millisecond: 5, 2 * time.Second: 100, 10 * time.Second: 500, time.Hour: 500, 1: 1} {
		if got := (&Config{Every: every}).share(500); got != want {
			t.Errorf("of 500 every %s takes %d, want %d", every, got, want)
		}
	}
}
