package throughput

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/services/e2e/realparts"
	"catsvdogs/services/pipeline/topic"
)

// BenchmarkSinkAtABacklog reports the most memory that the sink's process had resident while it worked a backlog off, with the
// stack's archive memory and GOMEMLIMIT=108MiB: BACKLOG small documents, 100,000 unless told otherwise, into an index that takes them as fast as they
// come. With TEST_REAL=1 they come from a real Kafka and go to a MinIO as well; otherwise the archive has no store and waits.
func BenchmarkSinkAtABacklog(b *testing.B) {
	backlog := 100_000
	if n, err := strconv.Atoi(os.Getenv("BACKLOG")); err == nil {
		backlog = n
	}
	binary := build(b, "../../sink", "./cmd/sink")
	addr := startBroker(b, 0)
	fillEnriched(b, addr, backlog)
	index := httptest.NewServer(http.HandlerFunc(acknowledge))
	defer index.Close()
	began := time.Now()
	cmd := exec.Command(binary, "--kafka-brokers", addr, "--elasticsearch-url", index.URL, "--telemetry-addr", "127.0.0.1:0", "--log-level", "error")
	cmd.Env, cmd.Stderr = append(os.Environ(), "GOMEMLIMIT=108MiB", "CATSVDOGS_ARCHIVE_MEMORY=16777216"), os.Stderr
	cmd.Env = append(cmd.Env, startStore(b)...)
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	defer func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait()
	}()
	awaitCommitted(b, addr, "sink-index", int64(backlog))
	took := time.Since(began)
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(backlog)/took.Seconds(), "records/s")
	b.ReportMetric(mostResident(b, cmd.Process.Pid), "MB-resident")
}

// fillEnriched writes small documents to tweets.enriched.
func fillEnriched(b *testing.B, addr string, records int) {
	b.Helper()
	cl, err := kgo.NewClient(kgo.SeedBrokers(addr), kgo.DefaultProduceTopic(topic.Enriched), kgo.MaxBufferedRecords(50_000),
		kgo.ProducerBatchCompression(kgo.ZstdCompression()), kgo.ProducerLinger(20*time.Millisecond))
	if err != nil {
		b.Fatal(err)
	}
	defer cl.Close()
	at := time.Now().UTC().Truncate(time.Millisecond)
	var failed error
	for i := range records {
		key := strconv.AppendInt(nil, 2_060_000_000_000_000_000+int64(i)*7919, 10)
		when := at.Add(time.Duration(i) * time.Millisecond / 100).Format(time.RFC3339Nano)
		value := fmt.Appendf(nil, `{"tweet_id":"%s","created_at":"%s","observed_at":"%s","text":"cat or dog %d","popularity":0.5,"pipeline":{"received_at":"%s"}}`,
			key, when, when, i%9973, when)
		cl.Produce(b.Context(), &kgo.Record{Key: key, Value: value}, func(_ *kgo.Record, err error) {
			if err != nil {
				failed = err
			}
		})
	}
	if err := cl.Flush(b.Context()); err != nil || failed != nil {
		b.Fatal(err, failed)
	}
}

// startStore starts a MinIO with a bucket where real servers are asked for, and returns the sink's variables.
func startStore(b *testing.B) []string {
	b.Helper()
	if os.Getenv("TEST_REAL") == "" {
		return []string{"CATSVDOGS_S3_ENDPOINT=http://127.0.0.1:1"}
	}
	server, err := realparts.MinIO(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = server.Close() })
	client, err := minio.New(strings.TrimPrefix(server.Addr, "http://"), &minio.Options{
		Creds: credentials.NewStaticV4(server.AccessKey, server.SecretKey, ""),
	})
	if err != nil {
		b.Fatal(err)
	}
	const bucket = "sink-at-a-backlog"
	if err := client.MakeBucket(b.Context(), bucket, minio.MakeBucketOptions{}); err != nil {
		b.Fatal(err)
	}
	return []string{
		"CATSVDOGS_S3_ENDPOINT=" + server.Addr, "CATSVDOGS_S3_BUCKET=" + bucket,
		"CATSVDOGS_S3_ACCESS_KEY=" + server.AccessKey, "CATSVDOGS_S3_SECRET_KEY=" + server.SecretKey,
	}
}

// acknowledge answers a bulk as an Elasticsearch does that has taken each item, and has the template and no index.
func acknowledge(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Elastic-Product", "Elasticsearch")
	if !strings.HasSuffix(r.URL.Path, "/_bulk") {
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
	answer := []byte(`{"took":1,"errors":false,"items":[`)
	for i := 0; len(body) > 0; i++ {
		line, rest, _ := bytes.Cut(body, []byte("\n"))
		if _, body, _ = bytes.Cut(rest, []byte("\n")); i > 0 {
			answer = append(answer, ',')
		}
		_, id, _ := bytes.Cut(line, []byte(`"_id":"`))
		id, _, _ = bytes.Cut(id, []byte(`"`))
		answer = fmt.Appendf(answer, `{"index":{"_index":"i","_id":"%s","_version":1,"result":"created","status":201}}`, id)
	}
	_, _ = w.Write(append(answer, "]}"...))
}

// awaitCommitted returns when the group has committed so many records of tweets.enriched.
func awaitCommitted(b *testing.B, addr, group string, records int64) {
	b.Helper()
	ctx, cancel := context.WithTimeout(b.Context(), 30*time.Minute)
	defer cancel()
	cl, err := kgo.NewClient(kgo.SeedBrokers(addr))
	if err != nil {
		b.Fatal(err)
	}
	defer cl.Close()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		sum := int64(0)
		if done, err := kadm.NewClient(cl).FetchOffsets(ctx, group); err == nil {
			done.Each(func(o kadm.OffsetResponse) { sum += o.At })
		}
		if sum >= records {
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			b.Fatalf("%d of %d records are done", sum, records)
		}
	}
}

// mostResident is the most memory that a process had resident so far, in MB (VmHWM of proc(5)).
func mostResident(b *testing.B, pid int) float64 {
	b.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		b.Skip("only Linux tells: ", err)
	}
	_, line, _ := strings.Cut(string(status), "VmHWM:")
	fields := strings.Fields(line)
	if len(fields) == 0 {
		b.Fatal("no VmHWM")
	}
	kib, err := strconv.ParseFloat(fields[0], 64)
	if err != nil {
		b.Fatal(err)
	}
	return kib * 1024 / 1e6
}
