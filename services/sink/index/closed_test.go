package index

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/services/pipeline/kafkatest"
	"catsvdogs/services/pipeline/topic"
	"catsvdogs/services/pipeline/tweet"
	"catsvdogs/services/sink/elastictest"
)

// The index of a past month is closed, and something comes for it all the same.
func TestWhatComesForAClosedIndexHoldsUpOthersOnlyOverItsShareOfTheMemoryAndThenItIsSaid(t *testing.T) {
	t.Parallel()
	past := time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)
	look := func(id string, created time.Time, n int) *kgo.Record {
		v, err := tweet.Encode(&tweet.Document{
			TweetID: id, CreatedAt: created, ObservedAt: received.Add(time.Duration(n) * time.Second), Text: strings.Repeat("x", 1500),
		})
		if err != nil {
			t.Fatal(err)
		}
		return &kgo.Record{Key: []byte(id), Value: v}
	}
	firstID := (past.UnixMilli() - 1288834974657) << 22
	deletion := func(n int) *kgo.Record { return &kgo.Record{Key: fmt.Append(nil, firstID+int64(n))} }
	for name, c := range map[string]struct {
		closed, open, documents int
		of                      func(n int) *kgo.Record
		over                    bool
	}{
		"many looks at one post": {closed: 4000, open: 100, documents: 101, over: true,
			of: func(n int) *kgo.Record { return look("closed", past, n) }},
		"many deletions":         {closed: 5200, open: 6000, documents: 11200, over: true, of: deletion},
		"no more than its share": {closed: 2000, open: 6000, documents: 8000, of: deletion},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, kafka := kafkatest.Start(t, 1)
			es := elastictest.Start(t, elastictest.Faults{Block: func(index string) string {
				if strings.Contains(index, "2025") {
					return "index_closed_exception"
				}
				return ""
			}})
			var records []*kgo.Record
			for n := range c.closed {
				records = append(records, c.of(n))
			}
			for n := range c.open {
				records = append(records, look(fmt.Sprint("open", n), received, n))
			}
			cl := kafkatest.Client(t, kafka, kgo.DefaultProduceTopic(topic.Enriched))
			if err := cl.ProduceSync(t.Context(), records...).FirstErr(); err != nil {
				t.Fatal(err)
			}
			s := start(t, kafka, es, false)
			if c.over {
				s.awaitUnreadyBecause(t, "nothing more is read")
			} else {
				deadline := time.After(30 * time.Second)
				for len(es.Documents()) < c.open {
					select {
					case <-deadline:
						t.Fatalf("%d documents of the open month are stored, want %d", len(es.Documents()), c.open)
					case <-time.After(20 * time.Millisecond):
					}
				}
				s.awaitUnreadyBecause(t, "those of other indices go on")
			}
			es.Fail(elastictest.Faults{})
			awaitDone(t, kafka, int64(len(records)))
			s.awaitUnready(t, "")
			s.stop(t)
			check(t, es, c.documents)
		})
	}
}
