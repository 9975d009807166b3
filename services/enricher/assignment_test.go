package enricher

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"catsvdogs/services/pipeline/broker"
	"catsvdogs/services/pipeline/config"
	"catsvdogs/services/pipeline/kafkatest"
	"catsvdogs/services/pipeline/telemetry"
)

func TestAReplicaWithoutAPartitionSaysSoAndTakesOver(t *testing.T) {
	t.Parallel()
	_, cfg := kafkatest.Start(t, 2)
	logs := map[string]*logged{}
	stops := map[string]func(){}
	for _, name := range []string{"first", "second", "third"} {
		logs[name] = new(logged)
		stops[name] = startLogging(t, cfg, name, logs[name])
	}
	var spare string
	await(t, "one replica has nothing to do", func() bool {
		for name, log := range logs {
			if log.says("nothing to do") {
				spare = name
			}
		}
		return spare != ""
	})
	produced := produceRaw(t, cfg, 0, 100)
	awaitGroup(t, cfg, 100)
	for name, stop := range stops {
		if name != spare {
			stop()
			if logs[name].says("nothing to do") {
				t.Errorf("both %s and %s have nothing to do with two partitions", name, spare)
			}
		}
	}
	produced = append(produced, produceRaw(t, cfg, 100, 100)...)
	awaitGroup(t, cfg, 200)
	stops[spare]()
	checkOutput(t, cfg, produced)
}

func TestTheNumberOfPartitionsIsRightAfterManyRebalancesOfAQuietGroup(t *testing.T) {
	t.Parallel()
	_, kafka := kafkatest.Start(t, 12)
	var replicas []*enricher
	for n := 1; n <= 4; n++ {
		e, session := opened(t, kafka, fmt.Sprint("replica-", n))
		replicas = append(replicas, e)
		polling, stop := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			for polling.Err() == nil {
				session.PollRecords(polling, 1)
			}
		}()
		defer func() { stop(); <-done }()
		await(t, fmt.Sprintf("each of %d has its share", n), func() bool {
			for _, e := range replicas {
				if testutil.ToFloat64(e.metrics.partitions) != float64(12/n) {
					return false
				}
			}
			return true
		})
	}
}

const contestFile = "../../contest.yaml"

// startLogging runs an enricher that logs to log; the result stops it and waits for its end.
func startLogging(t *testing.T, kafka broker.Config, name string, log io.Writer) (stop func()) {
	t.Helper()
	cfg := Config{Contest: contestFile, TransactionalID: name, BatchRecords: 50}
	if err := config.Defaults(&cfg); err != nil {
		t.Fatal(err)
	}
	return startAs(t, kafka, cfg, log)
}

// startAs is startLogging with a configuration.
func startAs(t *testing.T, kafka broker.Config, cfg Config, log io.Writer) (stop func()) {
	t.Helper()
	cfg.Kafka = kafka
	cfg.Telemetry = telemetry.Config{Process: telemetry.NewProcess(slog.New(slog.NewTextHandler(log, nil)))}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- Run(ctx, cfg) }()
	return func() {
		t.Helper()
		cancel()
		if err := <-done; err != nil {
			t.Errorf("enricher %s: %v", cfg.TransactionalID, err)
		}
	}
}

// logged keeps a log. Safe for concurrent use.
type logged struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logged) says(what string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return bytes.Contains(l.text.Bytes(), []byte(what))
}

// await waits until what holds, or fails the test.
func await(t *testing.T, what string, holds func() bool) {
	t.Helper()
	deadline := time.After(60 * time.Second)
	for !holds() {
		select {
		case <-deadline:
			t.Fatalf("not within a minute: %s", what)
		case <-time.After(20 * time.Millisecond):
		}
	}
}
