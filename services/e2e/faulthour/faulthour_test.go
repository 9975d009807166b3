// Package faulthour lets ingest live through an hour of faults, of which the clock of a testing/synctest bubble makes some
// seconds: simulator, ingest and broker are the real ones, on a network within the process.
package faulthour

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"

	"catsvdogs/services/ingest"
	"catsvdogs/services/pipeline/broker"
	"catsvdogs/services/pipeline/kafkatest"
	"catsvdogs/services/pipeline/telemetry"
	"catsvdogs/services/pipeline/topic"
	"catsvdogs/services/simulator"
	"catsvdogs/services/simulator/faultplan"
)

const (
	rounds     = 4 // of all the faults that the simulator has
	faultsLast = time.Hour
	// quiet is for what is still to be waited for: the longest is the hour's rate limits and an account without credits.
	quiet = 40 * time.Minute
)

const contestFile = "../../../contest.yaml"

// seed is what the hour's faults and ends follow from; make test-hours lives through many.
var (
	seed    = flag.Uint64("seed", 0, "what the hour follows from")
	logFile = flag.String("log", "", "file for the logs of all that take part")
)

func TestAnHourOfFaultsEndsWithEveryPostThatXWouldStillGiveInTheTopicOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(time.Date(2026, 6, 1, 9, 0, 0, 0, time.UTC))) // there were no posts in 2000
		h := begin(t, rounds)
		h.run(t)
		h.account(t)
	})
}

func TestACrashLoopConnectsNoMoreOftenThanXAllows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(time.Date(2026, 6, 1, 9, 0, 0, 0, time.UTC)))
		h := begin(t, 0)
		for range 80 {
			h.live(t, true, func(<-chan error) { time.Sleep(2 * time.Second) })
		}
		crashed := time.Now()
		h.live(t, false, func(<-chan error) { time.Sleep(20 * time.Minute) })
		h.stop()
		h.checkConnects(t)
		if last := h.connects[len(h.connects)-1]; last.Before(crashed) {
			t.Errorf("it has not connected since %s", last)
		}
	})
}

// hour is what takes part in it.
type hour struct {
	net       *network
	log       *slog.Logger
	kafka     broker.Config
	api       string // of the simulator
	truth     string // file: what it emitted
	available string // file: what it made
	stop      func()
	rng       *rand.Rand
	ends      []end
	away      []span // the broker

	mu       sync.Mutex
	connects []time.Time // by all ingests
}

// begin starts what takes part. faultRounds is how often all the faults come that the simulator has.
func begin(t *testing.T, faultRounds int) *hour {
	t.Helper()
	h := &hour{net: newNetwork(), rng: rand.New(rand.NewPCG(*seed, 0)), log: slog.New(slog.DiscardHandler)}
	if *logFile != "" {
		file, err := os.Create(*logFile)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = file.Close() })
		h.log = slog.New(slog.NewTextHandler(file, &slog.HandlerOptions{Level: slog.LevelDebug}))
	}
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.ListenFn(h.net.listen))
	if err != nil {
		t.Fatal(err)
	}
	h.kafka = broker.Config{KafkaBrokers: cluster.ListenAddrs(), Network: h.net.dial}
	if _, err := broker.EnsureTopics(t.Context(), kafkatest.Client(t, h.kafka), topic.Specs(12, false), 1); err != nil {
		t.Fatal(err)
	}
	served, err := h.net.listen("", "")
	if err != nil {
		t.Fatal(err)
	}
	h.api = served.Addr().String()
	dir := t.TempDir()
	h.truth, h.available = filepath.Join(dir, "truth"), filepath.Join(dir, "available")
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	faults := h.plan(t, dir, faultRounds) // here and not beside what follows, which draws from the same source of chance
	go func() {
		ended <- simulator.Run(ctx, simulator.Config{
			Telemetry: telemetry.Config{Process: telemetry.NewProcess(h.log)}, Listener: served, Rate: 2, Seed: *seed, KeepAlive: 10 * time.Second,
			Malformed: 0.002, Truth: h.truth, Available: h.available, SearchLag: 10 * time.Second, Faults: faults,
		})
	}()
	h.stop = func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("the simulator: %v", err)
		}
		cluster.Close()
	}
	return h
}

// plan writes the faults of the hour: all that there are in an order by chance, and so again and again. In the first minute
// there are none: only who has seen posts come notices that some do not.
func (h *hour) plan(t *testing.T, dir string, rounds int) string {
	t.Helper()
	if rounds == 0 {
		return ""
	}
	var script []string
	at := time.Minute
	for range rounds {
		all := faultplan.Catalogue()
		h.rng.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		for _, f := range all {
			script = append(script, fmt.Sprintf("- {at: %s, fault: %s}\n", at, f.Name))
			at += time.Duration(h.rng.ExpFloat64() * float64((faultsLast-2*time.Minute)/time.Duration(rounds*len(all))))
		}
	}
	path := filepath.Join(dir, "faults.yaml")
	if err := os.WriteFile(path, []byte(strings.Join(script, "")), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// run lets the hour pass, and what ingest needs to come to rest after it.
func (h *hour) run(t *testing.T) {
	t.Helper()
	troubled, calm := context.WithTimeout(t.Context(), faultsLast)
	defer calm()
	var beside sync.WaitGroup
	beside.Go(func() { h.troubleTheBroker(troubled) })
	for troubled.Err() == nil {
		life := time.Duration((1 + h.rng.ExpFloat64()*5) * float64(time.Minute))
		h.live(t, h.rng.IntN(2) == 0, func(ended <-chan error) {
			select {
			case <-ended: // it was refused, and says so; whoever keeps it running starts it again
			case <-time.After(life):
			case <-troubled.Done():
			}
		})
		time.Sleep(5 * time.Second)
	}
	beside.Wait()
	rest := time.Now().Add(quiet)
	for time.Now().Before(rest) {
		h.live(t, false, func(ended <-chan error) {
			select {
			case <-ended: // by a fault of the hour that found its occasion now
			case <-time.After(time.Until(rest)):
				h.post(t, "/simulator/v1/pause")
				time.Sleep(time.Minute)
			}
		})
	}
}

// live runs ingest for as long as while does not return, and then stops or kills it.
func (h *hour) live(t *testing.T, kill bool, while func(ended <-chan error)) {
	t.Helper()
	own := &wire{network: h.net, wrote: h.countConnect}
	kafka := h.kafka
	kafka.Network = own.dial
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := make(chan error, 1)
	var run sync.WaitGroup
	run.Go(func() {
		ended <- ingest.Run(ctx, ingest.Config{
			Kafka: kafka, Telemetry: telemetry.Config{Process: telemetry.NewProcess(h.log)}, Contest: contestFile,
			Source: "simulator", SimulatorURL: "http://" + h.api, StallTimeout: 20 * time.Second, BufferBytes: 64 << 20, Dial: own.dial,
		})
	})
	while(ended)
	h.ends = append(h.ends, end{time.Now(), kill})
	if kill {
		own.kill()
	}
	cancel()
	run.Wait()
}

// countConnect notes a request for the stream.
func (h *hour) countConnect(b []byte) {
	if bytes.HasPrefix(b, []byte("GET /2/tweets/search/stream?")) {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.connects = append(h.connects, time.Now())
	}
}

// troubleTheBroker takes it off the network now and then, once for ten minutes.
func (h *hour) troubleTheBroker(ctx context.Context) {
	for _, away := range []time.Duration{20 * time.Second, 10 * time.Minute, time.Second, time.Minute} {
		h.pause(ctx, 7*time.Minute)
		if ctx.Err() != nil {
			return
		}
		began := time.Now()
		h.net.cut(h.kafka.KafkaBrokers[0], true)
		h.pause(ctx, away)
		h.net.cut(h.kafka.KafkaBrokers[0], false)
		h.away = append(h.away, span{began, time.Now()})
	}
}

func (h *hour) pause(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}

type span struct{ from, to time.Time }

// end is one of an ingest.
type end struct {
	at     time.Time
	killed bool
}
