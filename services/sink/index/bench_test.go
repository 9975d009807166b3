package index

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"
	"github.com/elastic/go-elasticsearch/v8/esutil"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/services/pipeline/elastic"
	"catsvdogs/services/pipeline/telemetry"
	"catsvdogs/services/pipeline/tweet"
	"catsvdogs/services/sink/bulk"
)

// What the contenders have in common.
const (
	benchDocuments   = 40_000
	benchBulkBytes   = 1 << 20
	benchConcurrency = 4
)

// BenchmarkIndex indexes documents of 700 bytes: from records of Kafka to their verdicts by this half, the same documents by
// esutil.BulkIndexer, and the same bodies, made before, by a loop that does nothing but send them. All send to one server in
// this process, with the same transport, size and concurrency, in turns. share_bare is the part of the bare loop's speed that
// is left, share_esutil how fast this is in times of esutil.
//
// The server of "fast" takes documents as fast as it can read them, on the cores that the contenders work on, so what is
// compared is processor time. That of "elasticsearch" takes as many a second as a real node did on two cores (35,000), and
// what is compared is how well it is kept busy.
func BenchmarkIndex(b *testing.B) {
	b.Run("fast", func(b *testing.B) { benchmarkIndex(b, 0) })
	b.Run("elasticsearch", func(b *testing.B) { benchmarkIndex(b, 35_000) })
}

func benchmarkIndex(b *testing.B, documentsPerSecond int) {
	server := httptest.NewServer(&acknowledging{documentsPerSecond: documentsPerSecond})
	defer server.Close()
	transport, err := elastic.Connect(elastic.Config{ElasticsearchURL: server.URL})
	if err != nil {
		b.Fatal(err)
	}
	records := benchRecords(b)
	bodies := bodiesOf(b, records)
	writer := bulk.NewWriter(transport, bulk.Options{
		Bounds:        bulk.Bounds{MinBytes: benchBulkBytes / 4, MaxBytes: benchBulkBytes, MaxConcurrency: benchConcurrency},
		FlushInterval: 500 * time.Millisecond, Template: tweet.IndexAlias, Logger: slog.New(slog.DiscardHandler),
		Status:  newReadiness(&telemetry.Stage{}, false),
		Metrics: bulk.NewMetrics(prometheus.NewRegistry(), "bench"),
	})
	contenders := []struct {
		name string
		run  func(b *testing.B)
		took time.Duration
	}{
		{name: "ours", run: func(b *testing.B) { indexRecords(b, writer, records) }},
		{name: "bare", run: func(b *testing.B) { sendBodies(b, transport, bodies) }},
		{name: "esutil", run: func(b *testing.B) { indexByESUtil(b, transport, records) }},
	}
	for range 3 {
		indexRecords(b, writer, records) // the window opens
	}
	rounds := 0
	for b.Loop() {
		for i := range contenders {
			c := &contenders[(i+rounds)%len(contenders)]
			began := time.Now()
			c.run(b)
			c.took += time.Since(began)
		}
		rounds++
	}
	for _, c := range contenders {
		b.ReportMetric(float64(benchDocuments*rounds)/c.took.Seconds(), c.name+"_docs/s")
	}
	b.ReportMetric(contenders[1].took.Seconds()/contenders[0].took.Seconds(), "share_bare")
	b.ReportMetric(contenders[2].took.Seconds()/contenders[0].took.Seconds(), "share_esutil")
	b.ReportMetric(0, "ns/op")
}

func indexRecords(b *testing.B, w *bulk.Writer, records []*kgo.Record) {
	b.Helper()
	batches := make(chan []*kgo.Record)
	go func() {
		defer close(batches)
		for i := 0; i < len(records); i += 500 {
			batches <- records[i:min(i+500, len(records))]
		}
	}()
	var settled sync.WaitGroup
	settled.Add(len(records))
	err := bulk.Convert(b.Context(), w, batches, func(batch []*kgo.Record) []*bulk.Item {
		items := make([]*bulk.Item, 0, len(batch))
		for _, r := range batch {
			it, err := newItem(r, tweet.IndexMonthly)
			if err != nil {
				b.Error(err)
				return nil
			}
			it.Settled = func(it *bulk.Item) {
				if it.Verdict.Outcome != bulk.Stored {
					b.Errorf("%+v", it.Verdict)
				}
				settled.Done()
			}
			items = append(items, it)
		}
		return items
	}, func(bool) {})
	if err != nil {
		b.Fatal(err)
	}
	settled.Wait()
}

func sendBodies(b *testing.B, transport esapi.Transport, bodies [][]byte) {
	b.Helper()
	next := make(chan []byte)
	var sending sync.WaitGroup
	for range benchConcurrency {
		sending.Go(func() {
			for body := range next {
				if _, err := elastic.Do(b.Context(), transport, esapi.BulkRequest{Body: bytes.NewReader(body)}, 1<<30); err != nil {
					b.Error(err)
				}
			}
		})
	}
	for _, body := range bodies {
		next <- body
	}
	close(next)
	sending.Wait()
}

func indexByESUtil(b *testing.B, transport esapi.Transport, records []*kgo.Record) {
	b.Helper()
	indexer, err := esutil.NewBulkIndexer(esutil.BulkIndexerConfig{
		Client: transport, NumWorkers: benchConcurrency, FlushBytes: benchBulkBytes,
		OnError: func(_ context.Context, err error) { b.Error(err) },
	})
	if err != nil {
		b.Fatal(err)
	}
	for i, r := range records {
		err := indexer.Add(b.Context(), esutil.BulkIndexerItem{
			Action: "index", Index: "tweets-2026.06", DocumentID: strconv.Itoa(i), Version: new(int64(i)), VersionType: "external_gte",
			Body: bytes.NewReader(r.Value),
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	if err := indexer.Close(b.Context()); err != nil {
		b.Fatal(err)
	}
	if n := indexer.Stats().NumFailed; n > 0 {
		b.Fatalf("%d documents failed", n)
	}
}

// acknowledging is a server that takes everything and answers as Elasticsearch does.
type acknowledging struct {
	documentsPerSecond int // 0 is no bound

	mu   sync.Mutex
	busy time.Time // until when
}

// work waits as long as it takes to index this many documents, after those that came before.
func (s *acknowledging) work(ctx context.Context, documents int) {
	if s.documentsPerSecond == 0 {
		return
	}
	s.mu.Lock()
	if now := time.Now(); s.busy.Before(now) {
		s.busy = now
	}
	s.busy = s.busy.Add(time.Duration(documents) * time.Second / time.Duration(s.documentsPerSecond))
	left := time.Until(s.busy)
	s.mu.Unlock()
	select {
	case <-time.After(left):
	case <-ctx.Done():
	}
}

// ServeHTTP implements http.Handler.
func (s *acknowledging) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Elastic-Product", "Elasticsearch")
	if r.Method == http.MethodGet { // the template is there, and no index
		_, _ = io.WriteString(w, `{}`)
		return
	}
	z, err := gzip.NewReader(r.Body)
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	body, err := io.ReadAll(z)
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	s.work(r.Context(), bytes.Count(body, []byte("\n"))/2)
	answer := []byte(`{"took":30,"errors":false,"items":[`)
	for i := 0; len(body) > 0; i++ {
		line, rest, _ := bytes.Cut(body, []byte("\n"))
		if _, body, _ = bytes.Cut(rest, []byte("\n")); i > 0 {
			answer = append(answer, ',')
		}
		_, id, _ := bytes.Cut(line, []byte(`"_id":"`))
		id, _, _ = bytes.Cut(id, []byte(`"`))
		answer = append(answer, `{"index":{"_index":"tweets-2026.06","_id":"`...)
		answer = append(answer, id...)
		answer = append(answer, `","_version":1780480801000,"result":"created","_shards":{"total":2,"successful":1,"failed":0},"_seq_no":12345,"_primary_term":1,"status":201}}`...)
	}
	_, _ = w.Write(append(answer, "]}"...))
}

func benchRecords(b *testing.B) []*kgo.Record {
	b.Helper()
	words := strings.Fields("a cat or a dog or both of them asleep on the warm stone before the old house in the late light of June")
	at := time.Date(2026, 6, 3, 10, 0, 0, 0, time.UTC)
	records := make([]*kgo.Record, benchDocuments)
	for i := range records {
		var text strings.Builder
		for j := range 20 {
			text.WriteString(words[(i*(j+3)+j*j)%len(words)] + " ")
		}
		value, err := tweet.Encode(&tweet.Document{
			TweetID: strconv.Itoa(i), Timestamp: at, CreatedAt: at, ObservedAt: at.Add(time.Duration(i) * time.Millisecond), Source: "simulator",
			Text: text.String() + strconv.Itoa(i*7919), AuthorID: strconv.Itoa(i * 31), Lang: "en", Pipeline: tweet.Times{ReceivedAt: at, EnrichedAt: at},
		})
		if err != nil {
			b.Fatal(err)
		}
		records[i] = &kgo.Record{Key: []byte(strconv.Itoa(i)), Value: value}
	}
	return records
}

// bodiesOf are the bodies that the half would send at its largest size.
func bodiesOf(b *testing.B, records []*kgo.Record) (bodies [][]byte) {
	b.Helper()
	var body []byte
	for _, r := range records {
		it, err := newItem(r, tweet.IndexMonthly)
		if err != nil {
			b.Fatal(err)
		}
		body = fmt.Appendf(body, `{"index":{"_index":%q,"_id":%q,"version":%d,"version_type":"external_gte"}}`+"\n", it.Index, it.ID, *it.Version)
		body = append(it.Document.AppendTo(body, received), '\n')
		if len(body) > benchBulkBytes-2048 {
			bodies, body = append(bodies, body), nil
		}
	}
	return append(bodies, body)
}
