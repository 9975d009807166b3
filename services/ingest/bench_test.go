package ingest

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/services/pipeline/broker"
	"catsvdogs/services/pipeline/telemetry"
	"catsvdogs/services/pipeline/topic"
)

// benchServers makes the test binary the servers of the benchmark, so that the benchmark's process does ingest's work and
// no other.
const benchServers = "INGEST_BENCH_SERVERS"

// serveBenchmark prints the addresses of a server that streams distinct posts as fast as they are read, and of a broker;
// it ends with its standard input.
func serveBenchmark() error {
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1))
	if err != nil {
		return err
	}
	defer cluster.Close()
	cl, err := kgo.NewClient(broker.Dialing(broker.Config{KafkaBrokers: cluster.ListenAddrs()})...)
	if err != nil {
		return err
	}
	defer cl.Close()
	if _, err := broker.EnsureTopics(context.Background(), cl, topic.Specs(topic.Partitions, false), 1); err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /2/tweets/search/stream/rules", func(w http.ResponseWriter, _ *http.Request) {
		if rules, err := listedRules(shippedContest); err == nil {
			_, _ = w.Write(rules)
		}
	})
	mux.HandleFunc("GET /2/tweets/search/stream", streamPosts)
	server := httptest.NewServer(mux)
	defer server.Close()
	fmt.Println(server.URL, cluster.ListenAddrs()[0])
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}

// streamPosts sends posts of about 1.5 KB with the fields that the stream is asked for.
func streamPosts(w http.ResponseWriter, r *http.Request) {
	const id = "2061380000000000000"
	var batch []byte
	for range 64 {
		batch = fmt.Appendf(batch, `{"data":{"attachments":{"media_keys":["3_%[1]s"]},"author_id":"99","conversation_id":"%[1]s","created_at":"2026-08-23T12:00:00.000Z","edit_history_tweet_ids":["%[1]s"],`+
			`"entities":{"hashtags":[{"start":0,"end":4,"tag":"cat"},{"start":5,"end":11,"tag":"kitten"}],"urls":[{"start":12,"end":35,"url":"https://t.example/abc","expanded_url":"https://example.org/made-up/%[1]s","display_url":"example.org/made-up","media_key":"3_%[1]s"}]},`+
			`"id":"%[1]s","lang":"en","possibly_sensitive":false,"public_metrics":{"retweet_count":0,"reply_count":0,"like_count":0,"quote_count":0,"bookmark_count":0,"impression_count":0},"text":"#cat #kitten %[2]s"},`+
			`"includes":{"media":[{"media_key":"3_%[1]s","type":"photo","url":"https://example.org/%[1]s.jpg","width":1200,"height":800,"alt_text":"%[2]s"}]},"matching_rules":[{"id":"1273026480692322304","tag":"cats with images"}]}`+"\r\n",
			id, strings.Repeat("a made-up post ", 18))
	}
	var at [][]int // where each line of the batch has its id: to make a line anew would cost more than to read it
	for start := 0; start < len(batch); {
		end := start + bytes.IndexByte(batch[start:], '\n') + 1
		var own []int
		for i := start; ; i += len(id) {
			n := bytes.Index(batch[i:end], []byte(id))
			if n < 0 {
				break
			}
			i += n
			own = append(own, i)
		}
		at, start = append(at, own), end
	}
	for n := uint64(0); r.Context().Err() == nil; {
		for _, own := range at {
			digits := strconv.AppendUint(nil, 2061380000000000000+n<<12, 10)
			for _, i := range own {
				copy(batch[i:], digits)
			}
			n++
		}
		if _, err := w.Write(batch); err != nil {
			return
		}
	}
}

// BenchmarkFromSocketToAcknowledgedRecord is all of ingest on one core: from the source's connection to the broker's
// acknowledgement. An operation is a post.
func BenchmarkFromSocketToAcknowledgedRecord(b *testing.B) {
	servers := exec.Command(os.Args[0])
	servers.Env = append(os.Environ(), benchServers+"=1")
	end, err := servers.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	said, err := servers.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := servers.Start(); err != nil {
		b.Fatal(err)
	}
	defer func() {
		_ = end.Close()
		_ = servers.Wait()
	}()
	var url, kafka string
	if _, err := fmt.Fscan(bufio.NewReader(said), &url, &kafka); err != nil {
		b.Fatal(err)
	}

	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	process := telemetry.NewProcess(slog.New(slog.DiscardHandler))
	ctx, cancel := context.WithCancel(b.Context())
	defer cancel()
	ended := make(chan error, 1)
	b.ReportAllocs()
	b.SetBytes(1536)
	b.ResetTimer()
	go func() {
		ended <- Run(ctx, Config{
			Kafka: broker.Config{KafkaBrokers: []string{kafka}}, Telemetry: telemetry.Config{Process: process}, Contest: shippedContest,
			Source: sourceSimulator, SimulatorURL: url, StallTimeout: minStall, BufferBytes: 64 << 20, Newborn: true,
		})
	}()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for range tick.C {
		if s := (&started{process: process}); int(s.metric(b, "written_records_total")) >= b.N {
			break
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "posts/s")
	b.StopTimer()
	cancel()
	if err := <-ended; err != nil {
		b.Fatal(err)
	}
}
