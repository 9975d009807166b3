package index

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/services/pipeline/kafkatest"
	"catsvdogs/services/pipeline/topic"
	"catsvdogs/services/sink/elastictest"
)

// look is an observation of a post, n milliseconds after an hour, with a text to tell it by.
type look struct {
	n       int
	deleted bool
	text    string
}

func (l look) record(id string) *kgo.Record {
	at := time.Date(2026, 6, 3, 10, 0, 0, l.n*1e6, time.UTC).Format(time.RFC3339Nano)
	if l.deleted {
		return &kgo.Record{Key: []byte(id), Headers: []kgo.RecordHeader{{Key: topic.HeaderObservedAt, Value: []byte(at)}}}
	}
	return &kgo.Record{Key: []byte(id), Value: fmt.Appendf(nil,
		`{"tweet_id":%q,"created_at":"2026-05-28T10:00:00Z","observed_at":%q,"text":%q}`, id, at, l.text)}
}

// The same order as in the archive's suppression and in ledger audit.
func TestTheNewestLookStaysAndADeletionWinsOverOneOfTheSameMillisecond(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		looks []look // in the order of the log
		want  string // a part of the document that stays
	}{
		"a deletion after a look of its millisecond":    {[]look{{5, false, "a"}, {5, true, ""}}, `"deleted_at"`},
		"a look after a deletion of its millisecond":    {[]look{{5, true, ""}, {5, false, "a"}}, `"deleted_at"`},
		"looks on both sides":                           {[]look{{5, false, "a"}, {5, true, ""}, {5, false, "b"}}, `"deleted_at"`},
		"a deletion again, and a look":                  {[]look{{5, true, ""}, {5, true, ""}, {5, false, "b"}}, `"deleted_at"`},
		"a look of the next millisecond":                {[]look{{5, true, ""}, {6, false, "a"}}, `"text":"a"`},
		"a look of the next millisecond that was first": {[]look{{6, false, "a"}, {5, true, ""}}, `"text":"a"`},
		"all of it":                        {[]look{{5, false, "a"}, {6, false, "b"}, {5, true, ""}, {6, true, ""}, {6, false, "c"}}, `"deleted_at"`},
		"a look of the millisecond before": {[]look{{5, true, ""}, {4, false, "a"}}, `"deleted_at"`},
		"a post enriched again":            {[]look{{5, false, "a"}, {5, false, "b"}}, `"text":"b"`},
	}
	_, kafka := kafkatest.Start(t, 1)
	es := elastictest.Start(t, elastictest.Faults{})
	s := start(t, kafka, es, false)
	cl := kafkatest.Client(t, kafka, kgo.DefaultProduceTopic(topic.Enriched))
	ids, done := map[string]string{}, int64(0)
	for name, c := range cases {
		ids[name] = fmt.Sprint(2060000000000000000 + len(ids))
		for _, l := range c.looks {
			if err := cl.ProduceSync(t.Context(), l.record(ids[name])).FirstErr(); err != nil {
				t.Fatal(err)
			}
			done++
		}
	}
	awaitDone(t, kafka, done)
	s.stop(t)
	for name, c := range cases {
		if got := es.Documents()[ids[name]].Source; !strings.Contains(got, c.want) {
			t.Errorf("%s: the index has %s, want %s", name, got, c.want)
		}
	}
}
