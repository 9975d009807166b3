package live

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"catsvdogs/services/live/broadcast"
	"catsvdogs/services/live/page"
	"catsvdogs/services/live/rollup"
	"catsvdogs/services/pipeline/telemetry"
)

// busyBoard is a scoreboard with a day behind it.
func busyBoard(b *testing.B) *scoreboard {
	b.Helper()
	shown := competing(shipped(b))
	now := time.Now()
	counts, err := rollup.New(shown.shape(), time.UTC, rollup.Bounds{Days: 8, Posts: 1_000_000}, now)
	if err != nil {
		b.Fatal(err)
	}
	tel, _, err := telemetry.Config{Process: telemetry.NewProcess(discard())}.Join("live")
	if err != nil {
		b.Fatal(err)
	}
	board := &scoreboard{
		competing: shown, zone: time.UTC, rollup: counts, hub: broadcast.New(10_000), stage: tel,
		progress: Progress{Phase: PhaseLive, Percent: 100},
	}
	if board.metrics, err = newMetrics(prometheus.NewRegistry(), board); err != nil {
		b.Fatal(err)
	}
	for i := range 200_000 {
		board.rollup.Apply(busyLook(i, now.Add(-time.Duration(i)*50*time.Millisecond)))
	}
	if err := board.publish(now); err != nil {
		b.Fatal(err)
	}
	return board
}

func busyLook(i int, at time.Time) rollup.Observation {
	team := []string{"cats", "dogs"}[rand.IntN(2)]
	kind := []string{" with images", " with videos"}[rand.IntN(2)]
	return rollup.Observation{
		ID: fmt.Sprint("busy", i), Partition: int32(i % 12), ArrivedAt: at, ObservedAt: at, Source: rollup.X, Teams: []string{team},
		Categories: []string{team + kind}, Hashtags: []string{team, fmt.Sprint("tag", rand.IntN(300))},
		Label: rollup.Label(rand.IntN(4)), Score: 0.4, Popularity: float64(rand.IntN(3)),
	}
}

// BenchmarkPublish is a state in which 125 posts have come, as after a quarter of a second at 500 a second.
func BenchmarkPublish(b *testing.B) {
	board := busyBoard(b)
	b.ReportAllocs()
	var sent, n int
	for i := 0; b.Loop(); i++ {
		now := time.Now()
		for j := range 125 {
			board.rollup.Apply(busyLook(1_000_000+i*125+j, now))
		}
		before := board.hub.Newest()
		if err := board.publish(now); err != nil {
			b.Fatal(err)
		}
		sent += len(board.hub.Newest().After(before))
		n++
	}
	b.ReportMetric(float64(sent)/float64(n), "B/change")
	b.ReportMetric(float64(len(board.hub.Newest().Snapshot())), "B/snapshot")
}

// pipes is a listener whose connections stay in the process, so that ten thousand of them need no files.
type pipes struct {
	accept chan net.Conn
	done   chan struct{}
	once   sync.Once
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.accept:
		return c, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error   { p.once.Do(func() { close(p.done) }); return nil }
func (p *pipes) Addr() net.Addr { return &net.TCPAddr{} }

// BenchmarkTenThousandFollowers is one state brought to ten thousand connections that are read at once, on one core: the
// server, the real HTTP, and the readers, which only count. A connection is a pipe in the process, not a socket.
func BenchmarkTenThousandFollowers(b *testing.B) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	const followers = 10_000
	board := busyBoard(b)
	files, err := page.New("Cats v Dogs", nil)
	if err != nil {
		b.Fatal(err)
	}
	before := held()
	listener := &pipes{accept: make(chan net.Conn), done: make(chan struct{})}
	ctx, stop := context.WithCancel(b.Context())
	ended := make(chan error, 1)
	go func() { ended <- serve(ctx, listener, handler(board, files, nil), board.hub, discard()) }()

	var states atomic.Int64
	var gone sync.WaitGroup
	for range followers {
		client, server := net.Pipe()
		listener.accept <- server
		gone.Go(func() { follow(client, &states) })
	}
	await(b, &states, followers)
	each := float64(held()-before) / followers

	frames := 0
	began := time.Now()
	for b.Loop() {
		now := time.Now()
		for j := range 125 {
			board.rollup.Apply(busyLook(10_000_000+frames*125+j, now))
		}
		if err := board.publish(now); err != nil {
			b.Fatal(err)
		}
		frames++
		await(b, &states, int64(frames+1)*followers)
	}
	b.ReportMetric(each, "B/follower")
	b.ReportMetric(float64(frames*followers)/time.Since(began).Seconds(), "events/s")
	b.ReportMetric(float64(frames)/time.Since(began).Seconds(), "states/s")
	stop()
	if err := <-ended; err != nil {
		b.Error(err)
	}
	gone.Wait()
}

// follow asks for the stream and counts states, until the server closes.
func follow(c net.Conn, states *atomic.Int64) {
	defer c.Close()
	if _, err := io.WriteString(c, "GET /events HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
		return
	}
	// Small, as there are ten thousand of them.
	lines := bufio.NewReaderSize(c, 1<<10)
	for {
		line, err := lines.ReadSlice('\n')
		if bytes.HasPrefix(line, []byte("id: ")) {
			states.Add(1)
		}
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return
		}
	}
}

// await waits until so many states have been read.
func await(b *testing.B, states *atomic.Int64, n int64) {
	b.Helper()
	deadline := time.After(time.Minute)
	for states.Load() < n {
		select {
		case <-deadline:
			b.Fatalf("%d of %d states were read in a minute", states.Load(), n)
		case <-time.After(100 * time.Microsecond):
		}
	}
}

func held() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc + m.StackInuse)
}
