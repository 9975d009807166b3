package ingest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"catsvdogs/services/pipeline/broker"
	"catsvdogs/services/pipeline/jetstreamtest"
	"catsvdogs/services/pipeline/kafkatest"
	"catsvdogs/services/pipeline/telemetry"
	"catsvdogs/services/pipeline/topic"
	"catsvdogs/services/pipeline/tweet"
)

// subject is a source under test, on whose wire the test says what comes.
type subject struct {
	source string
	// remembers says that what has passed is known, also after a restart; otherwise it comes again.
	remembers bool
	// keeps says that a line that cannot be read is written as it came; otherwise it is counted.
	keeps bool

	start   func(t *testing.T) *started // returns when whatever is sent from now on is read
	send    func(lines ...string)
	post    func(id, version int) string
	removal func(id int) string
	key     func(id int) string
}

// subjects are all sources, by name. An archive is none: its records come back as they were (see archive_test.go).
func subjects() map[string]func(t *testing.T, kafka broker.Config) *subject {
	x := func(source string) func(*testing.T, broker.Config) *subject {
		return func(t *testing.T, kafka broker.Config) *subject { return xSubject(t, kafka, source) }
	}
	file := func(source string) func(*testing.T, broker.Config) *subject {
		return func(t *testing.T, kafka broker.Config) *subject { return fileSubject(t, kafka, source) }
	}
	return map[string]func(*testing.T, broker.Config) *subject{
		"x": x(tweet.SourceX), "simulator": x(tweet.SourceSimulator), "bluesky": blueskySubject,
		"file of x": file(tweet.SourceX), "file of the simulator": file(tweet.SourceSimulator), "file of bluesky": file(tweet.SourceBluesky),
	}
}

// xWords are what X's stream says.
func (s *subject) xWords() {
	s.post = made
	s.removal = func(id int) string { return fmt.Sprintf(`{"data":{"delete":{"tweet":{"id":"%d"}}}}`, 1_000_000+id) }
	s.key = func(id int) string { return fmt.Sprint(1_000_000 + id) }
}

// blueskyWords are what Jetstream says. Each event is a second after the one before.
func (s *subject) blueskyWords(n *network) {
	author := func(id int) string { return fmt.Sprint("did:plc:author", id) }
	s.post = func(id, version int) string {
		operation := "create"
		if version > 0 {
			operation = "update"
		}
		return jetstreamtest.Put(operation, author(id), n.tick(), "3jzfcijpj2z2a", fmt.Sprint("made up, look ", version), "cat").Frame
	}
	s.removal = func(id int) string { return jetstreamtest.Delete(author(id), n.tick(), "3jzfcijpj2z2a").Frame }
	s.key = func(id int) string { return tweet.PostURI(author(id), "3jzfcijpj2z2a") }
}

func xSubject(t *testing.T, kafka broker.Config, source string) *subject {
	x := newXServer(t)
	s := &subject{source: source, remembers: true, keeps: true}
	s.xWords()
	s.send = func(lines ...string) {
		for _, l := range lines {
			x.lines <- l
		}
	}
	s.start = func(t *testing.T) *started {
		cfg := x.config(kafka, nil)
		if source == tweet.SourceSimulator {
			cfg.Source, cfg.SimulatorURL = sourceSimulator, x.URL
		}
		return running(t, cfg)
	}
	return s
}

func blueskySubject(t *testing.T, kafka broker.Config) *subject {
	n := newNetwork()
	host := jetstreamtest.Start(t, n.log, nil, nil)
	s := &subject{source: tweet.SourceBluesky, remembers: true}
	s.blueskyWords(n)
	s.send = func(lines ...string) {
		for _, l := range lines {
			n.log.Add(jetstreamtest.Event{TimeUS: n.now.UnixMicro(), Frame: l})
		}
	}
	connections := 0
	s.start = func(t *testing.T) *started {
		started := startBluesky(t, kafka, host)
		connections++
		eventually(t, "it is connected", func() bool { return host.Placed() == connections })
		return started
	}
	return s
}

// fileSubject is a pipe, so that what comes can wait for what has been read.
func fileSubject(t *testing.T, kafka broker.Config, source string) *subject {
	name := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(name, 0o600); err != nil {
		t.Skip("no named pipes here: ", err)
	}
	in, err := os.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = in.Close() })
	s := &subject{source: source, keeps: true, remembers: source == tweet.SourceBluesky}
	if s.xWords(); source == tweet.SourceBluesky {
		s.blueskyWords(newNetwork())
	}
	s.send = func(lines ...string) {
		if _, err := in.WriteString(strings.Join(lines, "\n") + "\n"); err != nil {
			t.Error(err)
		}
	}
	s.start = func(t *testing.T) *started {
		cfg := fileConfig(kafka, name)
		cfg.FileSource = source
		return running(t, cfg)
	}
	return s
}

// running is an ingest that runs.
func running(t *testing.T, cfg Config) *started {
	t.Helper()
	s := &started{log: &syncBuffer{}, done: make(chan struct{})}
	s.process = telemetry.NewProcess(slog.New(slog.NewTextHandler(s.log, nil)))
	cfg.Telemetry.Process = s.process
	ctx, cancel := context.WithCancel(t.Context())
	s.cancel = cancel
	go func() {
		defer close(s.done)
		s.err = Run(ctx, cfg)
	}()
	t.Cleanup(func() { _ = s.stop() })
	return s
}

// written waits for n records and returns all that there are but for gaps, by key in the order of the log: kind and value.
func (s *subject) written(t *testing.T, kafka broker.Config, n int) map[string][]string {
	t.Helper()
	got := map[string][]string{}
	eventually(t, fmt.Sprintf("%d records are written", n), func() bool {
		clear(got)
		found := 0
		for _, r := range kafkatest.ReadAll(t, kafka, topic.Raw) {
			raw := parsed(t, r)
			if raw.Kind == tweet.KindGap {
				continue
			}
			if raw.Source != s.source || raw.Traceparent == "" || raw.ObservedAt.IsZero() {
				t.Errorf("record %+v", raw)
			}
			found++
			got[string(raw.Key)] = append(got[string(raw.Key)], string(raw.Kind)+" "+string(raw.Value))
		}
		return found >= n
	})
	return got
}

func TestEverySourceKeepsThePromisesOfAll(t *testing.T) {
	t.Parallel()
	for name, promise := range map[string]func(t *testing.T, c *kfake.Cluster, kafka broker.Config, s *subject){
		"the looks at a post stay in order and are untouched": keepsOrder,
		"what comes again is written once":                    knowsDuplicates,
		"a deletion has the post's key and follows it":        passesDeletionsOn,
		"a line that cannot be read stops nothing":            survivesBrokenLines,
		"nothing is lost while the broker is away":            waitsForTheBroker,
		"a stop writes what has been read":                    stopsCleanly,
		"a restart goes on":                                   goesOnAfterARestart,
	} {
		for source, subject := range subjects() {
			t.Run(source+": "+name, func(t *testing.T) {
				t.Parallel()
				c, kafka := kafkatest.Start(t, partitions)
				promise(t, c, kafka, subject(t, kafka))
			})
		}
	}
}

// looks sends several looks at each of some posts and returns what is to be written of them.
func (s *subject) looks(posts, from, to int) map[string][]string {
	want := map[string][]string{}
	for version := from; version < to; version++ {
		for id := range posts {
			l := s.post(id, version)
			want[s.key(id)] = append(want[s.key(id)], "stream "+l)
			s.send(l)
		}
	}
	return want
}

func keepsOrder(t *testing.T, _ *kfake.Cluster, kafka broker.Config, s *subject) {
	s.start(t)
	want := s.looks(7, 0, 20)
	if diff := cmp.Diff(want, s.written(t, kafka, 140)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func knowsDuplicates(t *testing.T, _ *kfake.Cluster, kafka broker.Config, s *subject) {
	s.start(t)
	first, second, last := s.post(1, 0), s.post(2, 0), s.post(3, 0)
	s.send(first, second, first, second, second, last)
	want := map[string][]string{s.key(1): {"stream " + first}, s.key(2): {"stream " + second}, s.key(3): {"stream " + last}}
	if !s.remembers { // everybody downstream tolerates it
		want[s.key(1)] = append(want[s.key(1)], "stream "+first)
		want[s.key(2)] = append(want[s.key(2)], "stream "+second, "stream "+second)
	}
	n := 0
	for _, records := range want {
		n += len(records)
	}
	if diff := cmp.Diff(want, s.written(t, kafka, n)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func passesDeletionsOn(t *testing.T, _ *kfake.Cluster, kafka broker.Config, s *subject) {
	s.start(t)
	post, removal, last := s.post(1, 0), s.removal(1), s.post(2, 0)
	s.send(post, removal, last)
	want := map[string][]string{s.key(1): {"stream " + post, "delete " + removal}, s.key(2): {"stream " + last}}
	if diff := cmp.Diff(want, s.written(t, kafka, 3)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func survivesBrokenLines(t *testing.T, _ *kfake.Cluster, kafka broker.Config, s *subject) {
	run := s.start(t)
	first, last := s.post(1, 0), s.post(2, 0)
	s.send(first, "{broken", "\xff\xfe no JSON", last)
	want := map[string][]string{s.key(1): {"stream " + first}, s.key(2): {"stream " + last}}
	n := 2
	if s.keeps {
		want[""] = []string{"stream {broken", "stream \xff\xfe no JSON"}
		n = 4
	}
	got := s.written(t, kafka, n)
	if len(got[""]) == 2 && got[""][0] != want[""][0] {
		got[""][0], got[""][1] = got[""][1], got[""][0] // without a key they go to any partition
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	// A text frame that is no UTF-8 ends a connection (RFC 6455, section 8.1), so of two it may see one.
	if !s.keeps && run.outcome(t, "unread_frames_total", "no_event") == 0 {
		t.Error("what could not be read is not counted")
	}
}

func waitsForTheBroker(t *testing.T, c *kfake.Cluster, kafka broker.Config, s *subject) {
	s.start(t)
	want := s.looks(5, 0, 1)
	s.written(t, kafka, 5)
	var refused atomic.Int32
	c.ControlKey(int16(kmsg.Produce), func(kmsg.Request) (kmsg.Response, error, bool) {
		c.KeepControl()
		return nil, errors.New("cut"), refused.Add(1) <= 4
	})
	for key, records := range s.looks(5, 1, 6) {
		want[key] = append(want[key], records...)
	}
	got := s.written(t, kafka, 30)
	if diff := cmp.Diff(want, got); diff != "" || refused.Load() < 4 {
		t.Errorf("after %d refusals (-want +got):\n%s", refused.Load(), diff)
	}
}

func stopsCleanly(t *testing.T, c *kfake.Cluster, kafka broker.Config, s *subject) {
	run := s.start(t)
	want := s.looks(3, 0, 1)
	s.written(t, kafka, 3)
	var away atomic.Bool
	away.Store(true)
	held := make(chan struct{}, 100)
	c.ControlKey(int16(kmsg.Produce), func(kmsg.Request) (kmsg.Response, error, bool) {
		c.KeepControl()
		if away.Load() {
			held <- struct{}{}
			return nil, errors.New("cut"), true
		}
		return nil, nil, false
	})
	l := s.post(0, 1)
	want[s.key(0)] = append(want[s.key(0)], "stream "+l)
	s.send(l)
	<-held // it has been read
	run.cancel()
	away.Store(false)
	if err := run.stop(); err != nil {
		t.Errorf("stopped with %v", err)
	}
	if diff := cmp.Diff(want, s.written(t, kafka, 4)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func goesOnAfterARestart(t *testing.T, _ *kfake.Cluster, kafka broker.Config, s *subject) {
	run := s.start(t)
	want := s.looks(4, 0, 3)
	s.written(t, kafka, 12)
	if err := run.stop(); err != nil {
		t.Errorf("stopped with %v", err)
	}
	s.start(t)
	again := strings.TrimPrefix(want[s.key(3)][2], "stream ")
	last := s.post(5, 0)
	s.send(again, last)
	want[s.key(5)] = []string{"stream " + last}
	n := 13
	if !s.remembers {
		want[s.key(3)] = append(want[s.key(3)], "stream "+again)
		n++
	}
	if diff := cmp.Diff(want, s.written(t, kafka, n)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
