package hostile

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/services/ingest"
	"catsvdogs/services/pipeline/config"
	"catsvdogs/services/pipeline/kafkatest"
	"catsvdogs/services/pipeline/stage"
	"catsvdogs/services/pipeline/topic"
)

// bombBytes is how long a line is that nearly never ends. At 64 MiB ingest would hang up.
const bombBytes = 48 << 20

// The stream is asked for as it is, and one that is compressed all the same is refused: it cannot unpack to anything.
func TestALineThatNearlyNeverEndsIsCutAndTheNextOneComes(t *testing.T) {
	t.Parallel()
	p := startPipeline(t)
	x := &bomber{t: t, behind: line(1, "behind the bomb: #Cat", "") + "\r\n"}
	x.start(p)
	reads := ingest.Config{Kafka: p.kafka, Telemetry: p.tel, Contest: contestFile, Source: "simulator", SimulatorURL: x.url, Newborn: true}
	if err := config.Defaults(&reads); err != nil {
		t.Fatal(err)
	}
	held := watchMemory(t)
	group := stage.Start(context.WithoutCancel(t.Context()), stage.Stage{Name: "ingest", Run: func(ctx context.Context) error { return ingest.Run(ctx, reads) }})
	defer func() {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		if err := group.Stop(ctx); err != nil {
			t.Error(err)
		}
	}()
	records := kafkatest.Read(t, p.kafka, topic.Raw, 2)
	held(t)
	var truncated, whole int
	for _, r := range records {
		isTruncated := false
		for _, h := range r.Headers {
			isTruncated = isTruncated || h.Key == topic.HeaderTruncatedLength && string(h.Value) == strconv.Itoa(bombBytes)
		}
		switch {
		case isTruncated && len(r.Value) <= topic.MaxLineBytes:
			truncated++
		case bytes.Contains(r.Value, []byte("behind the bomb")):
			whole++
		}
	}
	if truncated != 1 || whole != 1 {
		t.Errorf("%d lines were cut and %d came whole, want one of each", truncated, whole)
	}
	p.awaitStored(t)
	f := p.fates(t)
	if len(f.documents) != 1 || len(f.letters) != 1 {
		t.Errorf("%d documents and %d dead letters of two lines", len(f.documents), len(f.letters))
	}
}

// bomber is a simulator whose stream is a line of bombBytes, and what comes behind it.
type bomber struct {
	t      *testing.T
	behind string
	url    string
}

func (b *bomber) start(p *pipeline) {
	b.t.Helper()
	front := listen(b.t)
	proxy := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: strings.TrimPrefix(p.x, "http://")})
	transport := &http.Transport{}
	proxy.Transport = transport
	server := &http.Server{ReadHeaderTimeout: time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/2/tweets/search/stream" {
			proxy.ServeHTTP(w, r)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		piece := bytes.Repeat([]byte{'x'}, 1<<20)
		for range bombBytes / len(piece) {
			if _, err := w.Write(piece); err != nil {
				return
			}
		}
		if _, err := io.WriteString(w, "\r\n"+b.behind); err == nil {
			_ = http.NewResponseController(w).Flush()
		}
		<-r.Context().Done()
	})}
	served := make(chan error, 1)
	go func() { served <- server.Serve(front) }()
	b.url = "http://" + front.Addr().String()
	b.t.Cleanup(func() {
		_ = server.Close()
		<-served
		transport.CloseIdleConnections()
	})
}

func TestABatchThatUnpacksAThousandfoldIsTakenInWhole(t *testing.T) {
	t.Parallel()
	p := startPipeline(t)
	held := watchMemory(t)
	// One batch of which the broker sees some kilobytes. A larger one than 64 MiB none of our clients takes.
	const records = 48
	client := kafkatest.Client(t, p.kafka, kgo.ProducerBatchMaxBytes(64<<20), kgo.BrokerMaxWriteBytes(1<<30), kgo.ProducerLinger(time.Minute), kgo.ManualFlushing(),
		kgo.ProducerBatchCompression(kgo.ZstdCompression()), kgo.RecordPartitioner(kgo.ManualPartitioner()))
	model := hostileRecords()["blanks"]
	long := bytes.Repeat([]byte{' '}, 1<<20)
	for i := range records {
		r := &kgo.Record{Topic: topic.Raw, Headers: model.Headers, Value: long}
		if i == records-1 {
			r.Key, r.Value = fmt.Append(nil, firstID+790), []byte(line(790, "behind the bomb: #Cat", ""))
		}
		client.Produce(t.Context(), r, func(_ *kgo.Record, err error) {
			if err != nil {
				t.Errorf("the broker takes no such batch: %v", err)
			}
		})
	}
	if err := client.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	p.awaitStored(t)
	held(t)
	f := p.fates(t)
	if len(f.documents) != 1 || len(f.letters) != records-1 {
		t.Errorf("%d documents and %d dead letters of %d records", len(f.documents), len(f.letters), records)
	}
}
