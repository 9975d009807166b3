package ingest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"catsvdogs/services/ingest/spool"
	"catsvdogs/services/pipeline/broker"
	"catsvdogs/services/pipeline/jetstreamtest"
	"catsvdogs/services/pipeline/kafkatest"
	"catsvdogs/services/pipeline/telemetry"
	"catsvdogs/services/pipeline/topic"
	"catsvdogs/services/pipeline/tweet"
)

// spoolingQueue is a queue with a folder, and what it says of itself.
func spoolingQueue(t *testing.T, dir string, memory, disk int64) (*queue, *[]string) {
	t.Helper()
	s, err := spool.Open(spool.Options{Dir: dir, MaxBytes: disk, Logger: slog.New(slog.DiscardHandler), Registerer: prometheus.NewRegistry()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	var said []string
	cfg := Config{BufferBytes: memory, Spool: SpoolConfig{SpoolAfter: 5 * time.Second}}
	return newQueue(cfg, s, slog.New(slog.DiscardHandler), newMetrics(prometheus.NewRegistry()), func(reason string) { said = append(said, reason) }), &said
}

func valueOf(m kafka.Message) string { return strings.TrimSpace(string(m.Value)) }

// takeAll takes what there is until the queue is closed and empty.
func takeAll(t *testing.T, q *queue) (values []string) {
	t.Helper()
	for {
		messages, err := q.take(t.Context(), 7, maxWriteBytes)
		if errors.Is(err, io.EOF) {
			return values
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range messages {
			values = append(values, valueOf(m))
		}
		q.done(len(messages))
	}
}

func wantNumbers(t *testing.T, values []string, n int) {
	t.Helper()
	if len(values) != n {
		t.Errorf("%d records, want %d", len(values), n)
	}
	for i, v := range values {
		if v != strconv.Itoa(i) {
			t.Fatalf("at %d comes record %s", i, v)
		}
	}
}

func TestTenMinutesWithoutABrokerLoseNothingAndTakeNoMemory(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		q, said := spoolingQueue(t, t.TempDir(), 200_000, 1<<30)
		const bursts, burst = 60, 300 // 18 MB as counted, a burst each ten seconds
		began := time.Now()
		read := make(chan time.Duration)
		go func() {
			longest := time.Duration(0)
			for n := range bursts * burst {
				before := time.Now()
				q.put(t.Context(), record(n))
				longest = max(longest, time.Since(before))
				if size := testutil.ToFloat64(q.metrics.buffered); size > 200_000 {
					t.Errorf("%v bytes in memory", size)
				}
				if n%burst == burst-1 {
					time.Sleep(10*time.Second - time.Since(before)) // in the bubble: no time passes
				}
			}
			q.close()
			read <- longest
		}()
		// The write that was on its way when the broker went, and comes to nothing for ten minutes.
		first, err := q.take(t.Context(), 7, maxWriteBytes)
		if err != nil {
			t.Fatal(err)
		}
		if longest := <-read; longest > 6*time.Second || time.Since(began) < 9*time.Minute {
			t.Errorf("reading waited for up to %s, of %s", longest, time.Since(began))
		}
		var values []string
		for _, m := range first {
			values = append(values, valueOf(m))
		}
		if n, _ := q.disk.Left(); n != bursts*burst || len(q.memory.waiting()) != 0 {
			t.Errorf("%d records on disk, %d in memory", n, len(q.memory.waiting()))
		}
		q.done(len(first))
		wantNumbers(t, append(values, takeAll(t, q)...), bursts*burst)
		if diff := cmp.Diff([]string{reasonSpooling, ""}, *said); diff != "" {
			t.Errorf("it says of itself (-want +got):\n%s", diff)
		}
	})
}

// A broker that is slow makes reading wait a little with every record, and never for long at once.
func TestABrokerThatIsTooSlowIsSpooledForAsWell(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		q, _ := spoolingQueue(t, t.TempDir(), 20_000, 1<<30)
		const n = 500
		done := make(chan struct{})
		go func() {
			defer close(done)
			for i := range n {
				q.put(t.Context(), record(i))
			}
			q.close()
		}()
		var values []string
		for !q.onDisk() {
			messages, err := q.take(t.Context(), 1, maxWriteBytes)
			if err != nil {
				t.Fatal("it has ended without the disk")
			}
			time.Sleep(100 * time.Millisecond) // in the bubble
			values = append(values, valueOf(messages[0]))
			q.done(1)
		}
		<-done
		if len(values) > 80 {
			t.Errorf("%d records went by before anything was spooled", len(values))
		}
		wantNumbers(t, append(values, takeAll(t, q)...), n)
	})
}

func TestAfterTheSpoolMemoryIsUsedAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		q, _ := spoolingQueue(t, t.TempDir(), 5000, 1<<30)
		var values []string
		n := 0
		for range 3 {
			for range 20 { // five in memory, one that waits, the rest
				q.put(t.Context(), record(n))
				n++
			}
			for q.onDisk() {
				messages, err := q.take(t.Context(), 3, maxWriteBytes)
				if err != nil {
					t.Fatal(err)
				}
				for _, m := range messages {
					values = append(values, valueOf(m))
				}
				q.put(t.Context(), record(n)) // goes behind all others
				n++
				q.done(len(messages))
				if len(q.memory.waiting()) > 0 && q.onDisk() {
					t.Fatal("a record has gone past the disk")
				}
				if messages, err = q.take(t.Context(), 3, maxWriteBytes); err != nil {
					t.Fatal(err)
				}
				for _, m := range messages {
					values = append(values, valueOf(m))
				}
				q.done(len(messages))
			}
			q.put(t.Context(), record(n))
			n++
			if len(q.memory.waiting()) != 1 || q.onDisk() {
				t.Fatal("memory is not used again")
			}
		}
		q.close()
		wantNumbers(t, append(values, takeAll(t, q)...), n)
	})
}

func TestAFullSpoolHoldsTheReaderBackUntilThereIsRoom(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		q, _ := spoolingQueue(t, t.TempDir(), 20_000, 200_000)
		const n = 1000 // three times what there is room for
		go func() {
			for i := range n {
				q.put(t.Context(), record(i))
			}
			q.close()
		}()
		time.Sleep(time.Minute)
		synctest.Wait()
		if _, bytes := q.disk.Left(); bytes > 200_000 || testutil.ToFloat64(q.metrics.spoolFull) != 1 || testutil.ToFloat64(q.metrics.waiting) != 1 {
			t.Errorf("%d bytes on disk; it is full: %v, reading waits: %v", bytes, testutil.ToFloat64(q.metrics.spoolFull), testutil.ToFloat64(q.metrics.waiting))
		}
		wantNumbers(t, takeAll(t, q), n)
		if testutil.ToFloat64(q.metrics.spoolFull) != 0 {
			t.Error("it says that it is full")
		}
	})
}

func TestADiskThatFailsIsLikeNoSpoolUntilItIsMended(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		dir := filepath.Join(t.TempDir(), "spool")
		q, said := spoolingQueue(t, dir, 20_000, 1<<20)
		if err := os.RemoveAll(dir); err != nil {
			t.Fatal(err)
		}
		const n = 100
		go func() {
			for i := range n {
				q.put(t.Context(), record(i))
			}
			q.close()
		}()
		time.Sleep(time.Minute)
		synctest.Wait()
		if left := len(q.memory.waiting()); left != 20 || testutil.ToFloat64(q.metrics.spoolFull) != 1 || testutil.ToFloat64(q.metrics.waiting) != 1 || len(*said) > 0 {
			t.Errorf("%d records in memory, said %v", left, *said)
		}
		first, err := q.take(t.Context(), 7, maxWriteBytes) // on its way when the disk is mended
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if left, _ := q.disk.Left(); left != n || testutil.ToFloat64(q.metrics.spoolFull) != 0 {
			t.Errorf("%d records on disk", left)
		}
		q.done(len(first))
		var values []string
		for _, m := range first {
			values = append(values, valueOf(m))
		}
		wantNumbers(t, append(values, takeAll(t, q)...), n)
	})
}

func TestADiskThatFailedIsNotHeldAgainstMemory(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		dir := filepath.Join(t.TempDir(), "spool")
		q, _ := spoolingQueue(t, dir, 20_000, 1<<20)
		if err := os.RemoveAll(dir); err != nil {
			t.Fatal(err)
		}
		go func() {
			for i := range 100 {
				q.put(t.Context(), record(i))
			}
			q.close()
		}()
		time.Sleep(time.Minute)
		synctest.Wait()
		if testutil.ToFloat64(q.metrics.spoolFull) != 1 {
			t.Error("nothing tells that the disk fails")
		}
		wantNumbers(t, takeAll(t, q), 100)
		if testutil.ToFloat64(q.metrics.spoolFull) != 0 {
			t.Error("the broker is back and reading does not wait, but it still says that the spool takes nothing")
		}
	})
}

// The reader sees that something is on disk, the writer takes it, and waits; only then the reader's record goes to disk.
func TestAWriterThatWaitsIsWokenByWhatGoesToDisk(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		q, _ := spoolingQueue(t, t.TempDir(), 20_000, 1<<20)
		done := make(chan error, 1)
		go func() {
			_, err := q.take(t.Context(), 1, maxWriteBytes)
			done <- err
		}()
		synctest.Wait()
		r := record(0)
		if !q.spool(&r) {
			t.Error("the disk takes nothing")
		}
		synctest.Wait()
		select {
		case err := <-done:
			if err != nil {
				t.Error(err)
			}
		default:
			t.Fatal("it still waits")
		}
	})
}

func TestAStopBehindAFullSpoolLosesNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		q, _ := spoolingQueue(t, t.TempDir(), 20_000, 100_000)
		ctx, stop := context.WithCancel(t.Context())
		n := 0
		read := make(chan struct{})
		go func() {
			defer close(read)
			for ; ctx.Err() == nil; n++ {
				q.put(ctx, record(n))
			}
		}()
		time.Sleep(time.Minute)
		stop()
		<-read
		if lost := q.save(0); lost != 0 {
			t.Errorf("%d lost", lost)
		}
		if left, _ := q.disk.Left(); int(left) != n {
			t.Errorf("%d of %d records on disk", left, n)
		}
		q.close()
		wantNumbers(t, takeAll(t, q), n)
	})
}

// outage is a broker that takes no records for as long as it is told.
type outage struct{ down atomic.Bool }

func newOutage(c *kfake.Cluster) *outage {
	o := &outage{}
	c.ControlKey(int16(kmsg.Produce), func(kmsg.Request) (kmsg.Response, error, bool) {
		c.KeepControl()
		return nil, errors.New("cut"), o.down.Load()
	})
	return o
}

func startX(t *testing.T, x *xServer, b broker.Config, dir string) *started {
	t.Helper()
	s := &started{log: &syncBuffer{}, done: make(chan struct{})}
	s.process = telemetry.NewProcess(slog.New(slog.NewTextHandler(s.log, nil)))
	cfg := x.config(b, s.process)
	cfg.BufferBytes, cfg.Spool = 20_000, SpoolConfig{SpoolDir: dir, SpoolBytes: 1 << 20, SpoolAfter: minSpoolAfter}
	s.run(t, cfg)
	return s
}

// run starts it.
func (s *started) run(t *testing.T, cfg Config) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	s.cancel = cancel
	go func() {
		defer close(s.done)
		s.err = Run(ctx, cfg)
	}()
	t.Cleanup(func() { _ = s.stop() })
}

func TestWhatWasSpooledIsWrittenInOrderAndReadinessSaysThatItSpools(t *testing.T) {
	t.Parallel()
	c, kafka := kafkatest.Start(t, partitions)
	broker := newOutage(c)
	x := newXServer(t)
	s := startX(t, x, kafka, t.TempDir())
	const posts, looks = 20, 30
	for n := range looks {
		broker.down.Store(n >= 5 && n < 20)
		for id := range posts {
			x.lines <- made(id, n)
		}
		if n == 19 {
			eventually(t, "it spools", func() bool {
				return s.metric(t, "spooled_records_total") > 100 && strings.Contains(s.process.Unready()["ingest"], "spool: what is read goes to disk")
			})
		}
	}
	eventually(t, "everything is acknowledged", func() bool { return s.metric(t, "written_records_total") == posts*looks })
	eventually(t, "it is ready", s.ready)
	if left := s.metric(t, "spool_bytes") + s.metric(t, "spool_full") + s.metric(t, "spool_lost_bytes_total"); left != 0 {
		t.Errorf("%v is left", left)
	}
	if err := s.stop(); err != nil {
		t.Errorf("stopped with %v", err)
	}
	inOrder(t, kafkatest.ReadAll(t, kafka, topic.Raw), posts, looks)
}

func TestAStopWithoutABrokerLeavesInTheSpoolWhatTheNextStartWritesFirst(t *testing.T) {
	t.Parallel()
	c, kafka := kafkatest.Start(t, partitions)
	broker := newOutage(c)
	broker.down.Store(true)
	x := newXServer(t)
	dir := t.TempDir()
	s := startX(t, x, kafka, dir)
	const posts = 200
	for id := range posts {
		x.lines <- made(id, 0)
	}
	eventually(t, "all are read", func() bool { return s.metric(t, "lines_total") == posts })
	if err := s.stop(); err != nil { // after the time that a stop has
		t.Errorf("stopped with %v", err)
	}
	if n := s.metric(t, "written_records_total"); n != 0 {
		t.Fatalf("%v records were written", n)
	}

	broker.down.Store(false)
	s = startX(t, x, kafka, dir)
	for id := range posts + 5 { // the source sends everything again
		x.lines <- made(id, 0)
	}
	eventually(t, "what is new is acknowledged", func() bool { return s.metric(t, "written_records_total") == posts+5 })
	if err := s.stop(); err != nil {
		t.Errorf("stopped with %v", err)
	}
	records := kafkatest.ReadAll(t, kafka, topic.Raw)
	inOrder(t, records, posts+5, 1)
	if len(records) != posts+5 {
		t.Errorf("%d records, want each once", len(records))
	}
	if connected, left := strings.Index(s.log.String(), "connected"), strings.Index(s.log.String(), "the spool is empty again"); left < 0 || connected < left {
		t.Errorf("the source started before the spool was written:\n%s", s.log)
	}
}

func TestTwoProcessesWithOneSpoolAreRefused(t *testing.T) {
	t.Parallel()
	_, kafka := kafkatest.Start(t, partitions)
	x, dir := newXServer(t), t.TempDir()
	startX(t, x, kafka, dir)
	x.lines <- made(1, 0) // now it is connected, and has the folder
	second := startX(t, x, kafka, dir)
	<-second.done
	if !errors.Is(second.err, spool.ErrInUse) || !strings.Contains(second.err.Error(), "--spool-dir") {
		t.Errorf("ended with %v", second.err)
	}
}

// The position in Bluesky's stream is that of the newest event in the log. With a spool, records are written many at once,
// and a crash may leave a later one in the log and an earlier one not: then the earlier one is still on disk.
func TestWithASpoolTheLogHoldsABeginningOfWhatWasDeliveredOnceItIsDrained(t *testing.T) {
	t.Parallel()
	c, kafka := kafkatest.Start(t, partitions)
	var refused atomic.Int32
	crash, stop := context.WithCancel(t.Context())
	c.ControlKey(int16(kmsg.Produce), func(r kmsg.Request) (kmsg.Response, error, bool) {
		c.KeepControl()
		if crash.Err() != nil || r.(*kmsg.ProduceRequest).Topics[0].Partitions[0].Partition != 1 {
			return nil, nil, false
		}
		if refused.Add(1) == 2 {
			stop()
		}
		return nil, errors.New("cut"), true
	})
	dir := t.TempDir()
	q, _ := spoolingQueue(t, dir, 2000, 1<<20)
	q.after = 0
	posts := 0
	put := func() {
		q.put(t.Context(), tweet.Raw{
			Key: []byte(tweet.PostURI(fmt.Sprint("did:plc:author", posts), "3jzfcijpj2z2a")), Value: []byte(strconv.Itoa(posts)),
			Source: tweet.SourceBluesky, Schema: tweet.SchemaBluesky, ObservedAt: time.Now(),
		})
		posts++
	}
	for range 60 {
		put()
	}
	write := func(ctx context.Context, how func(*output) error) {
		out := newOutput(ctx, kafka, slog.New(slog.DiscardHandler), newMetrics(prometheus.NewRegistry()), func(string) {})
		out.atOnce = Config{Source: sourceBluesky}.writesAtOnce()
		if err := errors.Join(how(out), out.close()); (err != nil) != (ctx.Err() != nil) {
			t.Errorf("ended with %v", err)
		}
	}
	write(crash, func(out *output) error { _, err := out.run(crash, q); return err })
	logged := func() map[string]bool {
		got := map[string]bool{}
		for _, r := range kafkatest.ReadAll(t, kafka, topic.Raw) {
			got[string(r.Value)] = true
		}
		return got
	}
	holes := 0
	for i := range posts {
		if !logged()[strconv.Itoa(i)] {
			holes++
		}
	}
	if holes == 0 || holes == posts {
		t.Errorf("%d of %d are missing: the crash was not in the middle", holes, posts)
	}
	if err := q.disk.Close(); err != nil { // what was in memory is gone with the process
		t.Fatal(err)
	}

	again, _ := spoolingQueue(t, dir, 2000, 1<<20)
	write(t.Context(), func(out *output) error { return out.drain(t.Context(), again) })
	got := logged()
	for i := range posts {
		if there := i < len(got); got[strconv.Itoa(i)] != there {
			t.Errorf("of %d records in the log, record %d is there: %t", len(got), i, !there)
		}
	}
	if len(got) != posts {
		t.Errorf("%d of %d records that were on disk are in the log", len(got), posts)
	}
}

func TestBlueskyGoesOnBehindWhatWasSpooled(t *testing.T) {
	t.Parallel()
	c, kafka := kafkatest.Start(t, partitions)
	broker := newOutage(c)
	n := newNetwork()
	host := jetstreamtest.Start(t, n.log, nil, nil)
	dir := t.TempDir()
	start := func() *started {
		s := &started{log: &syncBuffer{}, done: make(chan struct{})}
		s.process = telemetry.NewProcess(slog.New(slog.NewTextHandler(s.log, nil)))
		s.run(t, Config{
			Kafka: kafka, Telemetry: telemetry.Config{Process: s.process}, Contest: shippedContest, Source: sourceBluesky,
			StallTimeout: minStall, BufferBytes: 5000, BlueskyURL: []string{host.URL.String()},
			Spool: SpoolConfig{SpoolDir: dir, SpoolBytes: 1 << 20, SpoolAfter: minSpoolAfter},
		})
		return s
	}
	s := start()
	eventually(t, "it is connected", func() bool { return host.Placed() == 1 && s.ready() })
	broker.down.Store(true)
	want := map[string]string{}
	for range 100 {
		uri, _ := n.post(ann, "cat")
		want[uri] = cat
	}
	eventually(t, "all are on disk", func() bool { return s.metric(t, "spool_records") == 100 })
	newest := n.now
	if err := s.stop(); err != nil {
		t.Errorf("stopped with %v", err)
	}
	broker.down.Store(false)
	fresh, _ := n.post(bob, "puppy")
	want[fresh] = dog
	s = start()
	eventually(t, "all is written", func() bool { return s.metric(t, "written_records_total") == 101 })
	if err := s.stop(); err != nil {
		t.Errorf("stopped with %v", err)
	}
	if diff := cmp.Diff(want, summary(t, kafka)); diff != "" {
		t.Errorf("records (-want +got):\n%s", diff)
	}
	queries := host.Queries()
	if got, asked := queries[len(queries)-1].Get("cursor"), strconv.FormatInt(newest.Add(-10*time.Second).UnixMicro(), 10); got != asked {
		t.Errorf("went on from %s, want %s", got, asked)
	}
}
