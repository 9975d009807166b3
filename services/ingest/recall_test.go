package ingest

import (
	"bytes"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"catsvdogs/services/ingest/xstream"
	"catsvdogs/services/pipeline/broker"
	"catsvdogs/services/pipeline/kafkatest"
	"catsvdogs/services/pipeline/telemetry"
	"catsvdogs/services/pipeline/topic"
	"catsvdogs/services/pipeline/tweet"
)

func TestARestartDropsWhatHasBeenDelivered(t *testing.T) {
	t.Parallel()
	_, kafka := kafkatest.Start(t, partitions)
	x := newXServer(t)
	s := start(t, x, kafka)
	for id := range 50 {
		x.lines <- made(id, 0)
	}
	eventually(t, "everything is acknowledged", func() bool { return s.metric(t, "written_records_total") == 50 })
	if err := s.stop(); err != nil {
		t.Fatal(err)
	}
	s = start(t, x, kafka)
	for id := range 60 { // 50 of them again, and an edit of one that was there
		x.lines <- made(id, 0)
	}
	x.lines <- made(7, 1)
	eventually(t, "what is new is acknowledged", func() bool { return s.metric(t, "written_records_total") == 11 })
	if err := s.stop(); err != nil {
		t.Fatal(err)
	}
	if records := kafkatest.ReadAll(t, kafka, topic.Raw); len(records) != 61 {
		t.Errorf("%d records, want 61", len(records))
	}
}

func TestThePastTellsWhereTheStreamWasAndWhatTheDayHasCost(t *testing.T) {
	t.Parallel()
	noon := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	p, err := newPast(tweet.SourceX, time.Time{}, noon)
	if err != nil {
		t.Fatal(err)
	}
	stream := func(id int, at time.Time) tweet.Raw {
		return tweet.Raw{Value: []byte(made(id, 0)), Source: tweet.SourceX, Schema: tweet.SchemaX, Kind: tweet.KindStream, ObservedAt: at}
	}
	filled := stream(3, noon.Add(time.Minute))
	filled.Fill = xstream.FillSearch
	marked := stream(4, noon)
	marked.Since = "99"
	for _, r := range []tweet.Raw{
		stream(1, noon.Add(-13*time.Hour)), stream(2, noon.Add(-time.Hour)), stream(2, noon.Add(-time.Hour)), marked, filled,
		stream(6, noon.AddDate(0, -1, 0)), // replayed from the archive
		{Value: []byte(made(5, 0)), Source: tweet.SourceSimulator, Schema: tweet.SchemaX, Kind: tweet.KindStream, ObservedAt: noon.Add(time.Hour)},
		{Value: []byte("{"), Source: tweet.SourceX, Schema: tweet.SchemaX, Kind: tweet.KindStream, ObservedAt: noon.Add(time.Hour)},
	} {
		p.note(r)
	}
	if want := (xstream.Resume{ID: "99", At: noon}); p.resume != want || p.billed.Day != 4 || p.billed.Month != 5 {
		t.Errorf("resumes from %+v after %+v, want %+v after 4 and 5", p.resume, p.billed, want)
	}
	if p.window.Seen("1000005") || !p.window.Seen("1000003") {
		t.Error("a post of another source is known, or one that was found is not")
	}
}

func TestThePaceIsThatOfTheMedianMinuteThatBroughtPosts(t *testing.T) {
	t.Parallel()
	noon := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	for name, test := range map[string]struct {
		minutes []int // posts in each, up to noon
		fill    string
		want    time.Duration
	}{
		"nothing is known":      {nil, "", 0},
		"too few":               {[]int{29}, "", 0},
		"steady":                {[]int{30, 30, 30}, "", 2 * time.Second},
		"an outage and a flood": {[]int{30, 0, 0, 0, 2, 600, 30, 30}, "", 2 * time.Second},
		"found by search":       {[]int{600}, xstream.FillSearch, 0},
		"the last hour counts":  {append(slices.Repeat([]int{600}, 100), slices.Repeat([]int{30}, 60)...), "", 2 * time.Second},
	} {
		p, err := newPast(tweet.SourceX, time.Time{}, noon)
		if err != nil {
			t.Fatal(err)
		}
		id := 0
		for i, posts := range test.minutes {
			for range posts {
				id++
				p.note(tweet.Raw{Value: []byte(made(id, 0)), Source: tweet.SourceX, Schema: tweet.SchemaX, Kind: tweet.KindStream, Fill: test.fill,
					ObservedAt: noon.Add(time.Duration(i-len(test.minutes)) * time.Minute)})
			}
		}
		if got := p.pace(); got != test.want {
			t.Errorf("%s: a post in %s, want %s", name, got, test.want)
		}
	}
}

func TestADryRunPrintsThePlanAndNeedsNoBroker(t *testing.T) {
	t.Parallel()
	x := newXServer(t)
	cfg := x.config(broker.Config{KafkaBrokers: []string{"127.0.0.1:1"}}, telemetry.NewProcess(slog.New(slog.DiscardHandler)))
	var out bytes.Buffer
	cfg.DryRun, cfg.Out = true, &out
	if err := Run(t.Context(), cfg); err != nil || !strings.Contains(out.String(), "the rules are as they are wanted") {
		t.Errorf("%q, %v", out.String(), err)
	}
}
