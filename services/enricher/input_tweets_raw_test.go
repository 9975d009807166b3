package enricher

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"catsvdogs/services/pipeline/broker"
	"catsvdogs/services/pipeline/config"
	"catsvdogs/services/pipeline/kafkatest"
	"catsvdogs/services/pipeline/telemetry"
	"catsvdogs/services/pipeline/topic"
)

// opened is an enricher with a session that nobody polls.
func opened(t *testing.T, kafka broker.Config, name string) (*enricher, *kgo.GroupTransactSession) {
	t.Helper()
	cfg := Config{Contest: contestFile}
	if err := config.Defaults(&cfg); err != nil {
		t.Fatal(err)
	}
	cfg.Kafka = kafka
	tel, closeStage, err := telemetry.Config{Process: telemetry.NewProcess(slog.New(slog.NewTextHandler(t.Output(), nil)))}.Join("enricher")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(closeStage)
	e := &enricher{cfg: cfg, name: name, tel: tel, metrics: newMetrics(prometheus.NewRegistry())}
	watch := newAssignment(tel.Logger, e.metrics.partitions)
	t.Cleanup(watch.end)
	session, err := openSession(t.Context(), cfg, name, tel, e.metrics.ahead, watch)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(session.Close)
	return e, session
}

// Records of 900 kB that repeat one word come in batches of some hundred bytes.
func TestABacklogThatUnpacksToAThousandTimesItsSizeIsFetchedAheadWithinTheBoundAndReadWhole(t *testing.T) {
	t.Parallel()
	const n, size = 120, 900_000
	_, kafka := kafkatest.Start(t, 4)
	cl := kafkatest.Client(t, kafka, kgo.DefaultProduceTopic(topic.Raw), kgo.ProducerBatchCompression(kgo.ZstdCompression()))
	value := bytes.Repeat([]byte("cats "), size/5)
	for i := range n {
		if err := cl.ProduceSync(t.Context(), &kgo.Record{Key: fmt.Append(nil, i), Value: value}).FirstErr(); err != nil {
			t.Fatal(err)
		}
	}
	e, session := opened(t, kafka, "one")
	most := 0.0
	ahead := func() float64 {
		got := max(testutil.ToFloat64(e.metrics.ahead), float64(session.Client().BufferedFetchBytes()))
		most = max(most, got)
		return got
	}
	await(t, "the bound is reached", func() bool { return ahead() >= aheadBytes })
	read := map[string]int{}
	await(t, "all is read", func() bool {
		ahead()
		records, err := e.pollOnce(t.Context(), session, firstPoll)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range records {
			read[string(r.Key)]++
		}
		return len(read) == n
	})
	for key, times := range read {
		if times != 1 {
			t.Errorf("record %s came %d times", key, times)
		}
	}
	if bound := float64(aheadBytes + size + broker.Footprint(new(kgo.Record))); most > bound {
		t.Errorf("%v bytes were fetched ahead, want at most %v", most, bound)
	}
	if got := testutil.ToFloat64(e.metrics.fetchErrors); got != 0 {
		t.Errorf("%v disturbances were counted of what is none", got)
	}
}

func TestThatThePlaceIsTakenIsSeenEvenAsTheTimeOfAPollEnds(t *testing.T) {
	t.Parallel()
	cluster, kafka := kafkatest.Start(t, 2)
	e, session := opened(t, kafka, "one")
	await(t, "it has the partitions", func() bool { return testutil.ToFloat64(e.metrics.partitions) == 2 })
	cluster.ControlKey(int16(kmsg.Heartbeat), func(req kmsg.Request) (kmsg.Response, error, bool) {
		resp := req.ResponseKind().(*kmsg.HeartbeatResponse)
		resp.ErrorCode = kerr.FencedInstanceID.Code
		return resp, nil, true
	})
	await(t, "the poll says so", func() bool {
		_, err := e.pollOnce(ending{t.Context()}, session, 1)
		return errors.Is(err, kerr.FencedInstanceID)
	})
}

// ending has ended for who asks it afterwards.
type ending struct{ context.Context }

func (ending) Err() error { return context.DeadlineExceeded }
