package ingest

import (
	"encoding/json"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"catsvdogs/services/ingest/xstream"
	"catsvdogs/services/pipeline/jetstream"
	"catsvdogs/services/pipeline/jetstreamtest"
	"catsvdogs/services/pipeline/kafkatest"
	"catsvdogs/services/pipeline/topic"
	"catsvdogs/services/pipeline/tweet"
)

func TestWhatTheHostsOfBlueskyHaveNoMoreIsARecordAndToldOnce(t *testing.T) {
	t.Parallel()
	_, cfg := kafkatest.Start(t, partitions)
	left := time.Now().Add(-48 * time.Hour).Truncate(time.Second)
	seed(t, cfg, jetstreamtest.Post(ann, left, "made up", "cat"))
	oldest := time.Now().Add(-jetstream.Lookback).Truncate(time.Second)
	log := jetstreamtest.NewLog(jetstreamtest.Account(bob, oldest, true, ""))
	host := jetstreamtest.Start(t, log, nil, nil)
	s := startBluesky(t, cfg, host)
	eventually(t, "the gap is written", func() bool { return s.metric(t, "written_records_total") == 1 })
	if err := s.stop(); err != nil {
		t.Errorf("stopped with %v", err)
	}
	gaps := 0
	for _, r := range kafkatest.ReadAll(t, cfg, topic.Raw) {
		raw := parsed(t, r)
		if raw.Kind != tweet.KindGap {
			continue
		}
		gaps++
		var got xstream.GapEvent
		if err := json.Unmarshal(raw.Value, &got); err != nil {
			t.Fatal(err)
		}
		want := xstream.GapEvent{
			From: left.UTC(), To: oldest.UTC(), SinceID: strconv.FormatInt(left.UnixMicro(), 10), UntilID: strconv.FormatInt(oldest.UnixMicro(), 10),
			Reason: xstream.TooOld, Detail: got.Detail,
		}
		if diff := cmp.Diff(want, got); diff != "" || raw.Key != nil || raw.Source != tweet.SourceBluesky || raw.Schema != tweet.SchemaBluesky || got.Detail == "" {
			t.Errorf("record %+v (-want +got):\n%s", raw, diff)
		}
	}
	if gaps != 1 {
		t.Errorf("%d gaps are recorded", gaps)
	}

	// The next process goes on behind the gap although no post has come since.
	s = startBluesky(t, cfg, host)
	eventually(t, "it is connected", func() bool { return len(host.Queries()) == 2 && s.outcome(t, "events_total", "account") == 1 })
	if got, want := host.Queries()[1].Get("cursor"), strconv.FormatInt(oldest.Add(-10*time.Second).UnixMicro(), 10); got != want {
		t.Errorf("went on from %s, want %s", got, want)
	}
	if err := s.stop(); err != nil || s.metric(t, "written_records_total") != 0 {
		t.Errorf("%v; %v records were written", err, s.metric(t, "written_records_total"))
	}
}

func TestARestartBeforeTheFirstMatchGoesOnFromTheBeginning(t *testing.T) {
	t.Parallel()
	_, cfg := kafkatest.Start(t, partitions)
	log := jetstreamtest.NewLog()
	host := jetstreamtest.Start(t, log, nil, nil)
	before := time.Now()
	s := startBluesky(t, cfg, host)
	eventually(t, "it is connected", func() bool { return host.Placed() == 1 && s.ready() })
	log.Add(jetstreamtest.Post(ann, time.Now(), "made up", "horse"))
	eventually(t, "it has come", func() bool { return s.outcome(t, "posts_total", unmatched) == 1 })
	after := time.Now()
	if err := s.stop(); err != nil {
		t.Errorf("stopped with %v", err)
	}

	log.Add(jetstreamtest.Post(ann, time.Now(), "made up while nobody looked", "cat"))
	s = startBluesky(t, cfg, host)
	eventually(t, "what came in between is written", func() bool { return s.metric(t, "written_records_total") == 1 })
	first, second := host.Queries()[0], host.Queries()[1]
	cursor, err := strconv.ParseInt(second.Get("cursor"), 10, 64)
	if from := time.UnixMicro(cursor).Add(10 * time.Second); first.Has("cursor") || err != nil || from.Before(before.Truncate(time.Microsecond)) || from.After(after) {
		t.Errorf("asked for %v and then %v; the first began between %s and %s", first, second, before, after)
	}
}

func TestAFlawedPostThatWouldHaveMatchedIsKept(t *testing.T) {
	t.Parallel()
	_, cfg := kafkatest.Start(t, partitions)
	n := newNetwork()
	host := jetstreamtest.Start(t, n.log, nil, nil)
	s := startBluesky(t, cfg, host)
	eventually(t, "it is connected", func() bool { return host.Placed() == 1 && s.ready() })
	spoil := func(hashtag string) string {
		e := jetstreamtest.Post(ann, n.tick(), "made up", hashtag)
		e.Frame = strings.Replace(e.Frame, `"images":[`, `"images":{},"more":[`, 1)
		n.log.Add(e)
		return e.Frame
	}
	want := spoil("cat")
	spoil("horse")
	whole, _ := n.post(ann, "cat")
	eventually(t, "both are written", func() bool { return s.metric(t, "written_records_total") == 2 })
	if err := s.stop(); err != nil {
		t.Errorf("stopped with %v", err)
	}
	kept := 0
	for _, r := range kafkatest.ReadAll(t, cfg, topic.Raw) {
		if raw := parsed(t, r); string(raw.Key) != whole {
			kept++
			if string(raw.Value) != want || raw.Kind != tweet.KindStream || len(raw.MatchedRules) == 0 {
				t.Errorf("record %+v", raw)
			}
		}
	}
	if got := s.outcome(t, "posts_total", flawed); kept != 1 || got != 1 || s.outcome(t, "posts_total", unmatched) != 1 {
		t.Errorf("%d are kept, %v counted", kept, got)
	}
}
