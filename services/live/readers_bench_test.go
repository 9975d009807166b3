package live

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/services/pipeline/broker"
	"catsvdogs/services/pipeline/telemetry"
	"catsvdogs/services/pipeline/topic"
	"catsvdogs/services/pipeline/tweet"
)

const (
	benchReaders = 10_000
	benchRate    = 500 // posts a second
	benchFor     = 20 * time.Second
	// measuredEach is every how many readers one asks for the stream as it is and looks into it. The others ask for gzip, as
	// browsers do, and throw away what comes.
	measuredEach = 100
	readersEnv   = "LIVE_BENCH_READERS"
)

// readersSaw is what the process of the readers tells.
type readersSaw struct {
	Readers  int64
	P50, P99 float64 // ms from handing a post to the client of the topic to reading a state that shows it
	Bytes    int64
	Whole    int64 // snapshots after the first, of the readers that were measured
}

// BenchmarkTenThousandReaders runs the service on one core, with posts that come over Kafka and ten thousand connections over
// real sockets. Readers, broker and the one who writes are another process, on what other cores there are.
func BenchmarkTenThousandReaders(b *testing.B) {
	var files syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &files); err != nil || files.Cur < benchReaders+500 {
		b.Skipf("needs %d open files, may have %d (ulimit -n)", benchReaders+500, files.Cur)
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	for b.Loop() {
		others := exec.CommandContext(b.Context(), os.Args[0])
		others.Env = append(os.Environ(), readersEnv+"=1")
		others.Stderr = os.Stderr
		in, err := others.StdinPipe()
		if err != nil {
			b.Fatal(err)
		}
		out, err := others.StdoutPipe()
		if err != nil {
			b.Fatal(err)
		}
		if err := others.Start(); err != nil {
			b.Fatal(err)
		}
		told := bufio.NewScanner(out)
		told.Scan()
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			b.Fatal(err)
		}
		ctx, stop := context.WithCancel(b.Context())
		ended := make(chan error, 1)
		go func() {
			ended <- Run(ctx, Config{
				Kafka: broker.Config{KafkaBrokers: []string{told.Text()}}, Telemetry: telemetry.Config{Process: telemetry.NewProcess(discard())},
				Contest: "../../contest.yaml", Timezone: "UTC", MaxClients: benchReaders, Days: 7, RememberPosts: 1_000_000, Listener: listener,
			})
		}()
		fmt.Fprintln(in, listener.Addr())
		told.Scan() // all are there
		busy, began := processor(), time.Now()
		told.Scan()
		used, passed := processor()-busy, time.Since(began)
		var saw readersSaw
		if err := json.Unmarshal(told.Bytes(), &saw); err != nil {
			b.Fatalf("%v: %s", err, told.Bytes())
		}
		b.ReportMetric(float64(saw.Readers), "readers")
		b.ReportMetric(saw.P50, "ms-p50")
		b.ReportMetric(saw.P99, "ms-p99")
		b.ReportMetric(float64(saw.Bytes)/passed.Seconds()/1e6, "MB/s")
		b.ReportMetric(float64(saw.Whole), "snapshots-again")
		b.ReportMetric(used.Seconds()/passed.Seconds(), "cores")
		b.ReportMetric(resident(b)/1e6, "MB-resident")
		in.Close()
		if err := others.Wait(); err != nil {
			b.Error(err)
		}
		stop()
		if err := <-ended; err != nil {
			b.Error(err)
		}
	}
}

// processor is what this process has used of processors.
func processor() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u) // it cannot fail for oneself
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// resident is the memory of this process in bytes.
func resident(b *testing.B) float64 {
	b.Helper()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		b.Skip("resident memory is known on Linux only")
	}
	for line := range strings.Lines(string(status)) {
		var kB float64
		if n, _ := fmt.Sscanf(line, "VmRSS: %f kB", &kB); n == 1 {
			return kB * 1024
		}
	}
	b.Fatal("no VmRSS")
	return 0
}

// readers is the other process.
type readers struct {
	written []time.Time  // by number of the post
	count   atomic.Int64 // of written
	counts  [20_000]atomic.Int64
	bytes   atomic.Int64
	whole   atomic.Int64
	open    atomic.Int64
}

func runReaders() error {
	fake, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(12, topic.Enriched))
	if err != nil {
		return err
	}
	defer fake.Close()
	fmt.Println(fake.ListenAddrs()[0])
	lines := bufio.NewScanner(os.Stdin)
	lines.Scan()
	r := &readers{written: make([]time.Time, int(benchFor.Seconds())*benchRate)}
	var gone sync.WaitGroup
	dialling := make(chan struct{}, 100)
	var connections sync.Map
	for i := range benchReaders {
		gone.Go(func() {
			dialling <- struct{}{}
			c, err := net.Dial("tcp", lines.Text())
			if err != nil {
				<-dialling
				fmt.Fprintln(os.Stderr, "reader:", err)
				return
			}
			defer c.Close()
			connections.Store(i, c)
			r.follow(c, i%measuredEach == 0, func() { r.open.Add(1); <-dialling })
		})
	}
	for until := time.Now().Add(2 * time.Minute); r.open.Load() < benchReaders && time.Now().Before(until); {
		<-time.After(50 * time.Millisecond)
	}
	r.bytes.Store(0)
	fmt.Println("there")
	if err := r.write(fake.ListenAddrs()); err != nil {
		return err
	}
	<-time.After(2 * time.Second)
	saw := readersSaw{Readers: r.open.Load(), P50: r.quantile(0.5), P99: r.quantile(0.99), Bytes: r.bytes.Load(), Whole: r.whole.Load()}
	if err := json.NewEncoder(os.Stdout).Encode(saw); err != nil {
		return err
	}
	lines.Scan()
	connections.Range(func(_, c any) bool { c.(net.Conn).Close(); return true })
	gone.Wait()
	return nil
}

// write posts at the rate.
func (r *readers) write(brokers []string) error {
	client, err := kgo.NewClient(kgo.SeedBrokers(brokers...), kgo.DefaultProduceTopic(topic.Enriched), kgo.ProducerLinger(0))
	if err != nil {
		return err
	}
	defer client.Close()
	began := time.Now()
	for i := range r.written {
		<-time.After(time.Until(began.Add(time.Duration(i) * time.Second / benchRate)))
		now := time.Now()
		team := []string{"cats", "dogs"}[i%2]
		value, err := tweet.Encode(&tweet.Document{
			TweetID: fmt.Sprint(i + 1), Timestamp: now, CreatedAt: now, ObservedAt: now, Source: tweet.SourceSimulator, Text: "invented",
			Teams: []string{team}, Categories: []string{team + " with images"}, Hashtags: []string{team, fmt.Sprint("tag", i%300)}, Popularity: float64(i%50) / 10,
		})
		if err != nil {
			return err
		}
		r.written[i] = now
		r.count.Store(int64(i) + 1)
		client.Produce(context.Background(), &kgo.Record{Key: []byte(fmt.Sprint(i + 1)), Value: value}, nil)
	}
	return client.Flush(context.Background())
}

// follow reads until the connection is closed, and calls begun at the first bytes.
func (r *readers) follow(c net.Conn, measured bool, begun func()) {
	accept := "Accept-Encoding: gzip\r\n"
	if measured {
		accept = ""
	}
	if _, err := fmt.Fprint(c, "GET /events HTTP/1.1\r\nHost: x\r\n"+accept+"\r\n"); err != nil {
		return
	}
	once := sync.OnceFunc(begun)
	if !measured {
		for some := make([]byte, 4<<10); ; {
			n, err := c.Read(some)
			once()
			r.bytes.Add(int64(n))
			if err != nil {
				return
			}
		}
	}
	lines := bufio.NewReaderSize(c, 128<<10)
	first, shown := true, 0
	for {
		line, err := lines.ReadSlice('\n')
		if err != nil {
			return
		}
		once()
		r.bytes.Add(int64(len(line)))
		switch {
		case bytes.Equal(line, []byte("event: snapshot\n")):
			if !first {
				r.whole.Add(1)
			}
			first = false
		case bytes.HasPrefix(line, []byte(`data: {"`)):
			shown = r.note(line, shown)
		}
	}
}

// note takes the total of all posts out of a change, and how long those that are new took.
func (r *readers) note(change []byte, shown int) int {
	// Members of a change stand in alphabetical order, so that of all posts comes after that of organic ones.
	at := bytes.LastIndex(change, []byte(`"total":`))
	if at < 0 {
		return shown
	}
	var total int
	if _, err := fmt.Sscanf(string(change[at+8:min(len(change), at+20)]), "%d", &total); err != nil || int64(total) > r.count.Load() {
		return shown
	}
	now := time.Now()
	for i := shown; i < total; i++ {
		took := now.Sub(r.written[i]).Milliseconds()
		r.counts[min(max(0, took), int64(len(r.counts)-1))].Add(1)
	}
	return max(shown, total)
}

func (r *readers) quantile(q float64) float64 {
	var all, passed int64
	for i := range r.counts {
		all += r.counts[i].Load()
	}
	for i := range r.counts {
		if passed += r.counts[i].Load(); float64(passed) >= q*float64(all) {
			return float64(i)
		}
	}
	return -1
}
