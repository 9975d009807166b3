package jetstream_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"

	"catsvdogs/services/pipeline/bluesky"
	"catsvdogs/services/pipeline/jetstream"
	"catsvdogs/services/pipeline/jetstreamtest"
	"catsvdogs/services/pipeline/tweet"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const did = "did:plc:madeup"

// begin is some minutes ago, so that what follows it is in the past.
func begin() time.Time { return time.Now().Add(-10 * time.Minute).Truncate(time.Second) }

// reader is a stream that runs, and what it has handed out.
type reader struct {
	registry *prometheus.Registry
	done     chan struct{}
	cancel   context.CancelFunc

	mu   sync.Mutex
	seen map[int64]int // by time_us
	gaps []jetstream.Gap
	log  bytes.Buffer
}

func read(t *testing.T, position int64, hosts ...*url.URL) *reader {
	t.Helper()
	return readPatiently(t, 300*time.Millisecond, position, hosts...)
}

func readPatiently(t *testing.T, stall time.Duration, position int64, hosts ...*url.URL) *reader {
	t.Helper()
	r := &reader{registry: prometheus.NewRegistry(), done: make(chan struct{}), seen: map[int64]int{}}
	s := jetstream.New(jetstream.Options{
		Hosts: hosts, Collections: []string{tweet.PostCollection}, Service: "ingest", StallTimeout: stall, Logger: slog.New(slog.NewTextHandler(r, nil)), Registerer: r.registry, Status: func(string) {},
	})
	ctx, cancel := context.WithCancel(t.Context())
	r.cancel = cancel
	go func() {
		defer close(r.done)
		if err := s.Run(ctx, position, func(_ context.Context, e bluesky.Event, frame []byte) {
			r.mu.Lock()
			defer r.mu.Unlock()
			if again, err := bluesky.ParseEvent(frame); err != nil && !e.Flawed || again.TimeUS != e.TimeUS {
				t.Errorf("the frame is not that of the event: %v", err)
			}
			r.seen[e.TimeUS]++
		}, func(_ context.Context, g jetstream.Gap) {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.gaps = append(r.gaps, g)
		}); err != nil {
			t.Errorf("ended with %v", err)
		}
	}()
	t.Cleanup(func() {
		cancel()
		<-r.done
		if t.Failed() {
			t.Log(r.logged())
		}
	})
	return r
}

// Write takes what is logged.
func (r *reader) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.log.Write(p)
}

func (r *reader) logged() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.log.String()
}

func (r *reader) distinct() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.seen)
}

// metric is the value of a metric with this label, or of one without labels.
func (r *reader) metric(t *testing.T, name, label string) float64 {
	t.Helper()
	families, err := r.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			if f.GetName() == "catsvdogs_ingest_"+name && (label == "" || len(m.GetLabel()) == 1 && m.GetLabel()[0].GetValue() == label) {
				return m.GetCounter().GetValue() + m.GetGauge().GetValue()
			}
		}
	}
	return 0
}

func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	deadline := time.NewTimer(20 * time.Second)
	defer deadline.Stop()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-deadline.C:
			t.Fatalf("not within 20 s: %s", what)
		}
	}
}

// posts is n posts, one every 100 ms.
func posts(from time.Time, n int) []jetstreamtest.Event {
	events := make([]jetstreamtest.Event, n)
	for i := range events {
		events[i] = jetstreamtest.Post(did, from.Add(time.Duration(i)*100*time.Millisecond), "a secret that no log may tell", "cat")
	}
	return events
}

func TestEveryEventComesThroughEveryFault(t *testing.T) {
	t.Parallel()
	from := begin()
	const n = 600
	log := jetstreamtest.NewLog(posts(from, n)...)
	on := func(connection, event int, fault jetstreamtest.Fault) func(int, int) jetstreamtest.Fault {
		return func(c, e int) jetstreamtest.Fault {
			if c == connection && e == event {
				return fault
			}
			return nil
		}
	}
	both := func(scripts ...func(int, int) jetstreamtest.Fault) func(int, int) jetstreamtest.Fault {
		return func(c, e int) jetstreamtest.Fault {
			for _, s := range scripts {
				if f := s(c, e); f != nil {
					return f
				}
			}
			return nil
		}
	}
	secret := []byte(`{"did":"did:plc:madeup","text":"a secret that no log may tell"`)
	first := jetstreamtest.Start(t, log, on(0, 150, jetstreamtest.Drop), nil)
	second := jetstreamtest.Start(t, log, both(
		on(0, 10, jetstreamtest.Say(websocket.MessageText, secret)),
		on(0, 20, jetstreamtest.Say(websocket.MessageBinary, []byte{0x28, 0xb5, 0x2f, 0xfd})),
		on(0, 30, jetstreamtest.Say(websocket.MessageText, bytes.Repeat([]byte("x"), 3<<20))),
		on(0, 40, jetstreamtest.Say(websocket.MessageText, []byte(log2(from)))), // one again, out of order
		on(0, 200, jetstreamtest.Say(websocket.MessageText, []byte(`{"$type":"error","error":"ConsumerTooSlow","message":"\u001b[31m"}`))),
	), nil)
	third := jetstreamtest.Start(t, log, on(0, 200, jetstreamtest.Stall), nil)
	fourth := jetstreamtest.Start(t, log, nil, func(int) int { return 503 })
	fifth := jetstreamtest.Start(t, log, on(0, 120, jetstreamtest.Leave), nil)
	gone := &url.URL{Scheme: "ws", Host: "127.0.0.1:1", Path: "/subscribe"}
	// Patient, because a machine may be busy while it reads a frame of megabytes.
	r := readPatiently(t, 2*time.Second, from.UnixMicro(), first.URL, second.URL, third.URL, fourth.URL, gone, fifth.URL)
	eventually(t, "everything has come", func() bool { return r.distinct() == n })
	r.cancel()
	<-r.done
	for _, fault := range []string{"cut", "told", "stalled", "refused", "unreachable", "closed"} {
		if got := r.metric(t, "reconnects_total", fault); got == 0 {
			t.Errorf("the fault %s did not happen", fault)
		}
	}
	for _, reason := range []string{"no_event", "binary", "too_large"} {
		if got := r.metric(t, "unread_frames_total", reason); got != 1 {
			t.Errorf("%v frames were not read because of %s, want 1", got, reason)
		}
	}
	again := 0
	for _, times := range r.seen {
		again += times - 1
	}
	// Five connects that went on where another host was, each from 10 s of ten events a second before, and one by hand.
	if again == 0 || again > 5*101+1 {
		t.Errorf("%d events came again", again)
	}
	if text := r.logged(); strings.Contains(text, "secret") || strings.Contains(text, "\x1b") {
		t.Errorf("the log tells too much:\n%s", text)
	}
}

// log2 is the second event of posts.
func log2(from time.Time) string { return posts(from, 2)[1].Frame }

func TestItAsksForSomeSecondsAgain(t *testing.T) {
	t.Parallel()
	from := begin()
	log := jetstreamtest.NewLog(posts(from, 300)...)
	last := from.Add(299 * 100 * time.Millisecond)
	drop := func(connection, event int) jetstreamtest.Fault {
		if connection == 0 && event == 200 {
			return jetstreamtest.Drop
		}
		return nil
	}
	one := jetstreamtest.Start(t, log, drop, nil)
	r := read(t, from.Add(10*time.Second).UnixMicro(), one.URL)
	eventually(t, "the last event has come", func() bool { r.mu.Lock(); defer r.mu.Unlock(); return r.seen[last.UnixMicro()] > 0 })
	got := one.Queries()
	// The first connect may be to another host than the last of the process before; the second is to the same.
	for i, want := range []time.Time{from, from.Add(199*100*time.Millisecond - 5*time.Second)} {
		if cursor := got[i].Get("cursor"); cursor != strconv.FormatInt(want.UnixMicro(), 10) || got[i].Get("wantedCollections") != "app.bsky.feed.post" {
			t.Errorf("connect %d asked for %v, want the cursor %d", i, got[i], want.UnixMicro())
		}
	}
}

func TestItBeginsWithThePresentAndGoesOnFromThere(t *testing.T) {
	t.Parallel()
	log := jetstreamtest.NewLog(posts(begin(), 5)...)
	host := jetstreamtest.Start(t, log, nil, nil)
	started := time.Now()
	r := read(t, 0, host.URL)
	eventually(t, "it has come back after a silence", func() bool { return len(host.Queries()) >= 2 })
	got := host.Queries()
	cursor, err := strconv.ParseInt(got[1].Get("cursor"), 10, 64)
	if back := time.UnixMicro(cursor).Sub(started); got[0].Has("cursor") || err != nil || back > time.Minute || back < -time.Minute {
		t.Errorf("asked for %v", got[:2])
	}
	if r.distinct() != 0 {
		t.Errorf("%d events of the past have come", r.distinct())
	}
}

func TestAClockThatIsAheadDoesNotCarryThePositionAway(t *testing.T) {
	t.Parallel()
	from := begin()
	log := jetstreamtest.NewLog(posts(from, 5)...)
	last := from.Add(400 * time.Millisecond)
	log.Add(jetstreamtest.Post(did, time.Now().Add(1000*time.Hour), "", "cat"))
	host := jetstreamtest.Start(t, log, nil, nil)
	r := read(t, from.UnixMicro(), host.URL)
	eventually(t, "it has come back after a silence", func() bool { return len(host.Queries()) >= 2 })
	if got, want := host.Queries()[1].Get("cursor"), strconv.FormatInt(last.Add(-5*time.Second).UnixMicro(), 10); got != want || r.distinct() != 6 {
		t.Errorf("it goes on from %s after %d events, want %s: the replay was not at its end", got, r.distinct(), want)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.gaps) > 0 {
		t.Errorf("gaps %v", r.gaps)
	}
}

func TestAHostThatDoesNotGoBackFarEnoughIsToldOf(t *testing.T) {
	t.Parallel()
	from := begin()
	log := jetstreamtest.NewLog(posts(from, 5)...)
	host := jetstreamtest.Start(t, log, nil, nil)
	r := read(t, from.Add(-48*time.Hour).UnixMicro(), host.URL)
	eventually(t, "the events have come", func() bool { return r.distinct() == 5 })
	if got := r.metric(t, "gap_seconds_total", ""); got != 48*3600 || !strings.Contains(r.logged(), "events are missing") {
		t.Errorf("a gap of %v s\n%s", got, r.logged())
	}
	r.cancel()
	<-r.done
	if want := (jetstream.Gap{From: from.Add(-48 * time.Hour).UnixMicro(), To: from.UnixMicro(), Host: host.URL.Host}); len(r.gaps) != 1 || r.gaps[0] != want {
		t.Errorf("gaps %v, want %v", r.gaps, want)
	}
}

func TestAFlawedPostIsHandedOutAndCounted(t *testing.T) {
	t.Parallel()
	log := jetstreamtest.NewLog(posts(begin(), 1)...)
	flawed := jetstreamtest.Post(did, begin().Add(time.Second), "FLAW", "cat")
	flawed.Frame = strings.Replace(flawed.Frame, `"FLAW"`, `5`, 1)
	log.Add(flawed)
	host := jetstreamtest.Start(t, log, nil, nil)
	r := read(t, begin().Add(-10*time.Second).UnixMicro(), host.URL)
	eventually(t, "both have come", func() bool { return r.distinct() == 2 })
	if got := r.metric(t, "unread_frames_total", "no_post"); got != 1 {
		t.Errorf("%v are counted", got)
	}
}

func TestNewsOfAccountsIsASignOfLife(t *testing.T) {
	t.Parallel()
	log := jetstreamtest.NewLog()
	host := jetstreamtest.Start(t, log, nil, nil)
	const stall = 4 * time.Second // long, because a machine may be busy
	r := readPatiently(t, stall, 0, host.URL)
	eventually(t, "it is connected", func() bool { return host.Placed() == 1 })
	tick := time.NewTicker(stall / 5)
	defer tick.Stop()
	for i := range 6 { // together longer than the stall timeout
		<-tick.C
		log.Add(jetstreamtest.Account(fmt.Sprint(did, i), time.Now(), true, ""))
	}
	eventually(t, "all have come", func() bool { return r.metric(t, "events_total", "account") >= 6 })
	if got := r.metric(t, "reconnects_total", "stalled"); got != 0 {
		t.Errorf("%v reconnects", got)
	}
}
