package ingest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/services/ingest/xstream"
	"catsvdogs/services/pipeline/broker"
	"catsvdogs/services/pipeline/checkpoint"
	"catsvdogs/services/pipeline/kafkatest"
	"catsvdogs/services/pipeline/spend"
	"catsvdogs/services/pipeline/telemetry"
	"catsvdogs/services/pipeline/topic"
	"catsvdogs/services/pipeline/tweet"
)

func stageOf(t *testing.T) *telemetry.Stage {
	t.Helper()
	tel, closeStage, err := telemetry.Config{Process: telemetry.NewProcess(slog.New(slog.DiscardHandler))}.Join("ingest")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(closeStage)
	return tel
}

func stateIn(t *testing.T, kafka broker.Config) xState {
	t.Helper()
	s, known, unavailable, err := loadState(t.Context(), kafka, stageOf(t), tweet.SourceX)
	if err != nil || !known || unavailable {
		t.Fatalf("state %+v, known %v, unavailable %v, %v", s, known, unavailable, err)
	}
	return s
}

func TestARestartKnowsWhatWasBilledAndWhereTheStreamWasWithoutTheTopicsTail(t *testing.T) {
	t.Parallel()
	_, kafka := kafkatest.Start(t, partitions)
	x := newXServer(t)
	s := start(t, x, kafka)
	for id := range 50 {
		x.lines <- made(id, 0)
	}
	eventually(t, "everything is acknowledged", func() bool { return s.metric(t, "written_records_total") == 50 })
	eventually(t, "it is remembered", func() bool { return stateIn(t, kafka).Stream.Position.ID == "1000049" })
	if err := s.stop(); err != nil {
		t.Fatal(err)
	}
	before := stateIn(t, kafka)
	if before.Billed.Day != 50 || before.Billed.Month != 50 || len(before.Stream.Connects) != 1 || before.Stream.Position.At.IsZero() {
		t.Errorf("state %+v", before)
	}
	admin := kadm.NewClient(kafkatest.Client(t, kafka))
	ends, err := admin.ListEndOffsets(t.Context(), topic.Raw)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := admin.DeleteRecords(t.Context(), ends.Offsets()); err != nil {
		t.Fatal(err)
	}
	s = start(t, x, kafka)
	x.lines <- made(50, 0)
	eventually(t, "it reads again", func() bool { return s.metric(t, "written_records_total") == 1 })
	after := stateIn(t, kafka)
	if len(after.Stream.Connects) != 2 || after.Billed.Day < 50 {
		t.Errorf("after the second connect: %+v", after)
	}
	if err := s.stop(); err != nil {
		t.Fatal(err)
	}
	if after = stateIn(t, kafka); after.Billed.Month != 51 {
		t.Errorf("after 51 posts: %+v", after)
	}
}

// produce writes records to tweets.raw.
func produce(t *testing.T, kafka broker.Config, records ...tweet.Raw) {
	t.Helper()
	cl := kafkatest.Client(t, kafka, kgo.DefaultProduceTopic(topic.Raw))
	for _, r := range records {
		record := &kgo.Record{Key: r.Key, Value: r.Value, Timestamp: r.ObservedAt}
		for _, h := range r.Headers() {
			record.Headers = append(record.Headers, kgo.RecordHeader(h))
		}
		cl.Produce(t.Context(), record, func(_ *kgo.Record, err error) {
			if err != nil {
				t.Error(err)
			}
		})
	}
	if err := cl.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func postOf(id int, source string, at time.Time) tweet.Raw {
	text := made(id, 0)
	return tweet.Raw{Key: []byte(fmt.Sprint(1_000_000 + id)), Value: []byte(text), Source: source, Schema: tweet.SchemaX, Kind: tweet.KindStream, ObservedAt: at, Traceparent: "t"}
}

func TestRecordsOfOthersDoNotHideWhereTheStreamWas(t *testing.T) {
	t.Parallel()
	_, kafka := kafkatest.Start(t, partitions)
	now := time.Now().UTC().Truncate(time.Millisecond)
	var records []tweet.Raw
	for id := range 100 {
		records = append(records, postOf(id, tweet.SourceX, now.Add(time.Duration(id-200)*time.Second)))
	}
	for id := range 4000 {
		records = append(records, postOf(10_000+id, tweet.SourceSimulator, now))
	}
	for id := range 500 { // replayed
		records = append(records, postOf(20_000+id, tweet.SourceX, now.AddDate(0, 0, -5)))
	}
	produce(t, kafka, records...)
	last := xstream.Resume{ID: "1000099", At: now.Add(-101 * time.Second)}
	for name, c := range map[string]struct {
		most    int64
		state   xState
		known   bool
		want    xstream.Resume
		unknown bool
		seen    bool
		billed  int64 // in the month, at least
	}{
		"the state is behind the tail": {10_000, xState{Stream: xstream.Memory{Position: xstream.Resume{ID: "1000005", At: now.Add(-195 * time.Second)}}, Billed: spend.Count{At: now.Add(-195 * time.Second), Day: 1000, Month: 2000}}, true, last, false, true, 2094},
		"the state is all there is":    {1000, xState{Stream: xstream.Memory{Position: last}, Billed: spend.Count{At: now, Month: 2000}}, true, last, false, false, 2000},
		"there is no state":            {10_000, xState{}, false, last, false, true, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &xSource{cfg: Config{Kafka: kafka}, tel: stageOf(t), source: tweet.SourceX, recallFirst: 100, recallMost: c.most}
			got, err := s.recallStream(t.Context(), c.state, c.known)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got.memory.Position); diff != "" || got.unknown != c.unknown {
				t.Errorf("position (-want +got):\n%s\nunknown %v", diff, got.unknown)
			}
			if got.seen("1000099") != c.seen {
				t.Errorf("the last post is known: %v", !c.seen)
			}
			if c.billed > 0 && got.billed.Month != c.billed {
				t.Errorf("billed %+v, want %d", got.billed, c.billed)
			}
		})
	}
}

func TestAPastThatNobodyKnowsIsNoFirstStart(t *testing.T) {
	t.Parallel()
	_, kafka := kafkatest.Start(t, 1)
	var records []tweet.Raw
	for id := range 1000 {
		records = append(records, postOf(id, tweet.SourceSimulator, time.Now()))
	}
	produce(t, kafka, records...)
	for most, unknown := range map[int64]bool{500: true, 5000: false} {
		s := &xSource{cfg: Config{Kafka: kafka}, tel: stageOf(t), source: tweet.SourceX, recallFirst: 100, recallMost: most}
		if got, err := s.recallStream(t.Context(), xState{}, false); err != nil || got.unknown != unknown {
			t.Errorf("of 1,000 records at most %d are read: unknown %v, %v", most, got.unknown, err)
		}
		if got, err := s.recallStream(t.Context(), xState{At: time.Now()}, true); err != nil || got.unknown {
			t.Errorf("with a state: unknown %v, %v", got.unknown, err)
		}
	}
}

func TestWithoutTheTopicOfStatesIngestSaysSoAndReads(t *testing.T) {
	t.Parallel()
	c, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(partitions, topic.Raw))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	kafka := broker.Config{KafkaBrokers: c.ListenAddrs()}
	x := newXServer(t)
	s := start(t, x, kafka)
	x.lines <- made(1, 0)
	eventually(t, "it reads", func() bool { return s.metric(t, "written_records_total") == 1 })
	if s.metric(t, "state_unavailable") != 1 || !strings.Contains(s.log.String(), "run provision") {
		t.Errorf("log:\n%s", s.log)
	}
	if err := s.stop(); err != nil {
		t.Error(err)
	}
}

func TestAStateThatCannotBeReadIsNotBelieved(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"{", `{"version":2}`, `{}`, `[]`, `{"version":1,"billed":{"day":"many"}}`} {
		if s, err := parseState([]byte(text)); err == nil {
			t.Errorf("%s is taken for %+v", text, s)
		}
	}
	if s, err := parseState([]byte(`{"version":1,"billed":{"day":-5,"month":9223372036854775807}}`)); err != nil || s.Billed.Day != 0 || s.Billed.Month != 1<<40 {
		t.Errorf("%+v, %v", s, err)
	}
	_, kafka := kafkatest.Start(t, 1)
	store, err := checkpoint.Open(kafka, stageOf(t), tweet.SourceX)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(store.Close)
	if err := store.Save(t.Context(), []byte(`{"version":2}`)); err != nil {
		t.Fatal(err)
	}
	if _, known, unavailable, err := loadState(t.Context(), kafka, stageOf(t), tweet.SourceX); known || unavailable || err != nil {
		t.Errorf("known %v, unavailable %v, %v", known, unavailable, err)
	}
}

func TestThePositionThatIsKeptIsNeverAheadOfTheBroker(t *testing.T) {
	t.Parallel()
	var acknowledged int64
	var wrote []xState
	fail := errors.New("away")
	var saving error
	k := &keeper{
		save: func(_ context.Context, value []byte) error {
			if saving != nil {
				return saving
			}
			s, err := parseState(value)
			wrote = append(wrote, s)
			return err
		},
		spend:        spend.New(spend.Options{PostPrice: 1, Registerer: prometheus.NewRegistry()}),
		acknowledged: func() int64 { return acknowledged }, logger: slog.New(slog.DiscardHandler),
		unavailable: prometheus.NewGauge(prometheus.GaugeOpts{Name: "g"}), errors: prometheus.NewCounter(prometheus.CounterOpts{Name: "c"}),
		turn: make(chan struct{}, 1), durable: xstream.Resume{ID: "0"},
	}
	at := func(n int) xstream.Memory {
		k.delivered.Store(int64(n))
		return xstream.Memory{Position: xstream.Resume{ID: fmt.Sprint(n)}}
	}
	for _, step := range []struct {
		delivered    int
		acknowledged int64
		want         string
	}{{10, 0, "0"}, {20, 9, "0"}, {30, 10, "10"}, {40, 25, "20"}, {500, 25, "20"}, {500, 500, "500"}} {
		acknowledged = step.acknowledged
		k.remember(t.Context(), at(step.delivered))
		if got := wrote[len(wrote)-1].Stream.Position.ID; got != step.want {
			t.Errorf("%d delivered, %d acknowledged: the position is %s, want %s", step.delivered, step.acknowledged, got, step.want)
		}
	}
	for n := range 10 * maxMarks {
		k.remember(t.Context(), at(1000+n))
	}
	if len(k.marks) > maxMarks {
		t.Errorf("%d positions wait", len(k.marks))
	}
	written := len(wrote)
	saving = fail
	k.remember(t.Context(), at(5000))
	if len(wrote) != written || testutil.ToFloat64(k.unavailable) != 1 || testutil.ToFloat64(k.errors) != 1 {
		t.Error("a state that could not be written is not told")
	}
	saving = nil
	if k.remember(t.Context(), at(5000)); len(wrote) != written+1 || testutil.ToFloat64(k.unavailable) != 0 {
		t.Error("a state that is written again is not told")
	}
	for range keepPosts - 1 {
		k.spend.Bill("")
	}
	if k.look(t.Context(), at(5000)); len(wrote) != written+1 {
		t.Error("written without need")
	}
	k.spend.Bill("")
	if k.look(t.Context(), at(5000)); len(wrote) != written+2 || wrote[written+1].Billed.Day != keepPosts {
		t.Error("what was billed is not written")
	}
}
