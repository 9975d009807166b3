package ledger

import (
	"bytes"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/services/ledger/account"
	"catsvdogs/services/pipeline/service"
	"catsvdogs/services/pipeline/topic"
)

func TestWhatIsInFlightIsPendingAndAFindingOnlyAfterTheWait(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		do func(*world)
	}{
		"the archive": {func(w *world) { w.rewind("sink-archive", topic.Raw, 4) }},
		"the index":   {func(w *world) { w.put(monthly, id(0), stored(0, noon)); w.rewind("sink-index", topic.Enriched, 5) }},
		"the dead letters": {func(w *world) {
			w.drop(letterMonth, topic.Raw+"-0-10")
			w.rewind("sink-dead-letters", topic.DeadLetter, 0)
		}},
		"the enricher": {func(w *world) {
			w.produce(w.client, rawPost(40))
			w.rearchive()
			w.rewind("enricher", topic.Raw, 12)
			w.cfg.Truth = ""
		}},
		"the source": {func(w *world) {
			w.hand(&kgo.Record{Value: []byte("a line")}, 900, "post")
			w.truth[len(w.truth)-1]["handed_at"] = time.Now().Add(-time.Second / 10)
			w.writeTruth()
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := startWorld(t)
			c.do(w)
			if name != "the source" { // without a wait every line is overdue
				if drawn := w.audit(); !drawn.Balanced || drawn.Settled || drawn.Pending == 0 {
					t.Errorf("without a wait: %s: %s", drawn.Summary, said(drawn))
				}
			}
			w.cfg.Settle = time.Second
			drawn := w.audit()
			if drawn.Balanced || drawn.Counts[account.Behind]+drawn.Counts[account.Lost] == 0 {
				t.Errorf("after the wait: %s: %s", drawn.Summary, said(drawn))
			}
		})
	}
}

// The second audit reads what has come since, and finds what is wrong with it.
func TestAnAuditSinceTheLastOneReadsOnlyWhatHasCome(t *testing.T) {
	t.Parallel()
	w := startWorld(t)
	var out bytes.Buffer
	w.cfg.Out, w.cfg.State, w.cfg.Since, w.cfg.Truth = &out, filepath.Join(t.TempDir(), "state.json"), sinceLast, ""
	must(t, Audit(t.Context(), w.cfg))
	if !strings.Contains(out.String(), "balanced") {
		t.Errorf("printed is %s", out.String())
	}

	raw := rawPost(40)
	w.produce(w.client, raw)
	made := madeOf(raw, document(40, noon.Add(40*time.Millisecond)))
	w.produce(w.client, made)
	w.put(monthly, id(40), stored(40, noon.Add(40*time.Millisecond)))
	w.object([]*kgo.Record{raw}, raw.Offset, raw.Offset)
	w.object([]*kgo.Record{made}, made.Offset, made.Offset)
	w.commitAll()
	a, err := newAudit(w.cfg, time.Now())
	must(t, err)
	drawn, err := a.settled(t.Context())
	must(t, err)
	if !drawn.Balanced || !drawn.Settled {
		t.Errorf("%s: %s", drawn.Summary, said(drawn))
	}
	if drawn.Raw.Records != posts+4 || drawn.Posts.Looks != 1 {
		t.Errorf("counted are %d records in all and %d new looks, want %d and 1", drawn.Raw.Records, drawn.Posts.Looks, posts+4)
	}
	must(t, a.save(w.cfg.State))
	a.close()

	w.produce(w.client, madeOf(raw, document(40, noon.Add(2*time.Hour))))
	w.commitAll()
	out.Reset()
	if err := Audit(t.Context(), w.cfg); !errors.Is(err, ErrFound) || !errors.Is(err, service.ErrFound) {
		t.Errorf("%v", err)
	}
	for _, want := range []string{"enrich_double: tweets.raw/0 offsets 12 to 12", "index_stale", "gap: tweets.enriched/0", "findings"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not told: %s", want, out.String())
		}
	}
}

func TestATopicThatWasMadeAnewIsNotPassedOver(t *testing.T) {
	t.Parallel()
	w := startWorld(t)
	w.cfg.State, w.cfg.Out = filepath.Join(t.TempDir(), "state.json"), &bytes.Buffer{}
	must(t, Audit(t.Context(), w.cfg))
	other := startWorld(t)
	other.produce(other.client, rawPost(41), rawPost(42))
	other.cfg.State, other.cfg.Since, other.cfg.Out, other.cfg.Truth = w.cfg.State, sinceLast, &bytes.Buffer{}, ""
	must(t, Audit(t.Context(), other.cfg.without("index", "archive"))) // the same records

	_, err := other.admin.DeleteRecords(t.Context(), nil)
	must(t, err)
	_, err = other.admin.DeleteTopics(t.Context(), topic.Raw)
	must(t, err)
	_, err = other.admin.CreateTopic(t.Context(), partitions, 1, nil, topic.Raw)
	must(t, err)
	if err := Audit(t.Context(), other.cfg.without("index", "archive")); err == nil || !strings.Contains(err.Error(), "made anew") {
		t.Errorf("%v", err)
	}
}

func (c AuditConfig) without(parts ...string) AuditConfig {
	for _, part := range parts {
		if part == "index" {
			c.Index = false
		} else {
			c.Archive = false
		}
	}
	return c
}

func TestBoundsTakeWhatWasAskedFor(t *testing.T) {
	t.Parallel()
	w := startWorld(t)
	w.cfg.Truth, w.cfg.Index = "", false
	for _, c := range []struct {
		from, to string
		want     int64 // records of tweets.raw in the archive
	}{
		{"", "", posts + 3},
		{"2026-06-03T12:00:00Z", "2026-06-03T13:00:00Z", posts + 3},
		{"2026-06-03", "2026-06-04", posts + 3},
		{"2026-06-04", "", 0},
		{"4", "8", 8}, // of each partition
	} {
		w.cfg.From, w.cfg.To, w.cfg.Topic = c.from, c.to, topic.Raw
		drawn := w.audit()
		if drawn.Raw.Archived != c.want || drawn.Counts[account.Gap] > 0 {
			t.Errorf("%q to %q: %d records, want %d: %s", c.from, c.to, drawn.Raw.Archived, c.want, said(drawn))
		}
	}
	w.cfg.From, w.cfg.To, w.cfg.Partition = "", "1000", 0
	if drawn := w.audit(); drawn.Counts[account.Behind] != 1 || drawn.FindingsAll != 1 {
		t.Errorf("an end that was not reached: %s", said(drawn))
	}
	for _, text := range []string{"yesterday", "-1", "2026-13-01"} {
		if _, err := parseBound(text); err == nil {
			t.Errorf("%q is taken for a bound", text)
		}
	}
}
