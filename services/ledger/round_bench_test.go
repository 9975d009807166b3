package ledger

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"
	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/services/pipeline/elastic"
	"catsvdogs/services/pipeline/topic"
)

// What a round of a watch costs, over two histories of which one is ten times as long as the other, on the embedded servers
// and with the same change before each round.
//
//	ms/round          over the shorter history
//	x_tenfold_history over the longer one, in relation to that: 1 means that a round costs what has changed
//	B/post            memory that a remembered post takes
func BenchmarkARoundOverATenfoldHistory(b *testing.B) {
	const (
		shorter = 20_000
		change  = 300
	)
	short, long := startHistory(b), startHistory(b)
	short.grow(shorter)
	short.settle()
	var before, after runtime.MemStats
	long.grow(10 * shorter)
	runtime.GC()
	runtime.ReadMemStats(&before)
	long.settle()
	runtime.GC()
	runtime.ReadMemStats(&after)
	var took [2][]time.Duration
	for b.Loop() {
		for i, h := range []*history{short, long} {
			h.grow(change)
			runtime.GC()
			took[i] = append(took[i], h.round())
		}
	}
	one, ten := slices.Min(took[0]), slices.Min(took[1]) // others have met what else the machine does
	b.ReportMetric(float64(one.Microseconds())/1000, "ms/round")
	b.ReportMetric(float64(ten)/float64(one), "x_tenfold_history")
	b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/float64(10*shorter), "B/post")
	b.ReportMetric(0, "ns/op")
}

// history is a world that grows under a watch.
type history struct {
	*world
	auditor *auditor
	tx      *kgo.Client
	posts   int
	began   time.Time
	covered map[string]map[int32]int64
}

func startHistory(b *testing.B) *history {
	b.Helper()
	w := startServers(b)
	h := &history{world: w, began: time.Now().Add(-30 * time.Minute).Truncate(time.Millisecond), covered: map[string]map[int32]int64{topic.Raw: {}, topic.Enriched: {}}}
	h.tx = w.connect(kgo.TransactionalID("history"))
	var err error
	h.auditor, err = newAuditor(w.cfg.Config, slog.New(slog.DiscardHandler))
	must(b, err)
	b.Cleanup(h.auditor.close)
	return h
}

// settle draws accounts up until nothing is in flight.
func (h *history) settle() {
	h.t.Helper()
	for range 5 {
		drawn, err := h.auditor.round(h.t.Context())
		must(h.t, err)
		if drawn.Settled {
			return
		}
	}
	h.t.Fatal("it does not settle")
}

// round draws an account up, which must be balanced and have everything.
func (h *history) round() time.Duration {
	h.t.Helper()
	began := time.Now()
	drawn, err := h.auditor.round(h.t.Context())
	took := time.Since(began)
	must(h.t, err)
	if !drawn.Balanced || !drawn.Settled || drawn.Raw.Records != int64(h.posts) || drawn.Enriched.Archived != int64(h.posts) {
		h.t.Fatalf("%s: %s", drawn.Summary, said(drawn))
	}
	return took
}

// grow makes posts that have passed everything.
func (h *history) grow(n int) {
	h.t.Helper()
	const atOnce = 300 // by one transaction, one bulk, and one object of each partition
	for ; n > 0; n -= atOnce {
		var raw, made []*kgo.Record
		var bulk bytes.Buffer
		for range min(n, atOnce) {
			at := h.began.Add(time.Duration(h.posts) * 5 * time.Millisecond)
			key := fmt.Sprint((at.UnixMilli()-snowflakeEpoch)<<22 | int64(h.posts))
			r := &kgo.Record{
				Topic: topic.Raw, Key: []byte(key), Partition: int32(h.posts % partitions), Timestamp: at,
				Value: fmt.Appendf(nil, `{"data":{"id":"%s","text":"invented %d"}}`, key, h.posts), Headers: rawHeaders("stream", at),
			}
			raw = append(raw, r)
			h.posts++
		}
		h.produce(h.client, raw...)
		for _, r := range raw {
			at := r.Timestamp.UTC().Format(time.RFC3339Nano)
			text := fmt.Sprintf(`{"tweet_id":"%s","created_at":"%s","observed_at":"%s","text":"invented"}`, r.Key, at, at)
			made = append(made, madeOf(r, []byte(text)))
			fmt.Fprintf(&bulk, "{\"index\":{\"_index\":\"tweets-%s\",\"_id\":%q}}\n%s\n", r.Timestamp.UTC().Format("2006.01"), r.Key,
				strings.TrimSuffix(text, "}")+fmt.Sprintf(`,"indexed_at":%q,"index_ms":3}`, at))
		}
		must(h.t, h.tx.BeginTransaction())
		h.produce(h.tx, made...)
		must(h.t, h.tx.EndTransaction(h.t.Context(), kgo.TryCommit))
		answer, err := elastic.Do(h.t.Context(), h.index, esapi.BulkRequest{Body: &bulk, Header: http.Header{"Content-Type": {"application/x-ndjson"}}}, 1<<20)
		if err != nil || bytes.Contains(answer, []byte(`"error"`)) {
			h.t.Fatalf("%.500s, %v", answer, err)
		}
		h.shelve(raw)
		h.shelve(made)
	}
	h.commitAll()
}

// shelve archives records, of each partition as an object that covers everything up to its last.
func (h *history) shelve(records []*kgo.Record) {
	h.t.Helper()
	of := map[int32][]*kgo.Record{}
	for _, r := range records {
		of[r.Partition] = append(of[r.Partition], r)
	}
	for number, some := range of {
		topicName, last := some[0].Topic, some[len(some)-1].Offset
		if topicName == topic.Enriched {
			last++ // the marker of its transaction
		}
		h.object(some, h.covered[topicName][number], last)
		h.covered[topicName][number] = last + 1
	}
}
