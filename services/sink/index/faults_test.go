package index

import (
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/services/pipeline/kafkatest"
	"catsvdogs/services/pipeline/topic"
	"catsvdogs/services/sink/elastictest"
)

func TestWhateverBreaksInTheMiddleOfABulkEachDocumentIsStoredOrRefusedOnce(t *testing.T) {
	t.Parallel()
	_, kafka := kafkatest.Start(t, 4)
	es := elastictest.Start(t, elastictest.Faults{
		Statuses: []int{503, 200, 429, 200, 502, 200, 401}, Halved: 3, PushBack: 8, MaxItems: 150,
		Refuse: func(id string) string {
			if strings.HasSuffix(id, "13") {
				return "mapper_parsing_exception"
			}
			return ""
		}})
	produce(t, kafka, 2000)
	s := start(t, kafka, es, false)
	awaitDone(t, kafka, 2000)
	s.awaitUnready(t, "")
	s.stop(t)
	check(t, es, 1980)
	dead := kafkatest.ReadAll(t, kafka, topic.DeadLetter)
	keys := map[string]bool{}
	for _, r := range dead {
		keys[string(r.Key)] = true
	}
	if len(dead) != 20 || len(keys) != 20 {
		t.Errorf("%d dead letters of %d documents, want 20 of 20", len(dead), len(keys))
	}
	if left := es.Left(); len(left.Statuses) != 0 || left.Halved != 0 || left.PushBack != 0 {
		t.Errorf("faults did not happen: %+v", left)
	}
}

func TestWithoutALoginNothingIsLostTheReasonIsSaidAndItGoesOnByItself(t *testing.T) {
	t.Parallel()
	for _, status := range []int{http.StatusUnauthorized, http.StatusForbidden} {
		_, kafka := kafkatest.Start(t, 1)
		es := elastictest.Start(t, elastictest.Faults{Locked: status})
		produce(t, kafka, 5)
		s := start(t, kafka, es, false)
		s.awaitUnreadyBecause(t, "does not let this sink in") // before it has begun
		es.Fail(elastictest.Faults{})
		awaitDone(t, kafka, 5)
		es.Fail(elastictest.Faults{Locked: status})
		produce(t, kafka, 5)
		s.awaitUnreadyBecause(t, "does not let this sink in") // in the middle
		es.Fail(elastictest.Faults{})
		awaitDone(t, kafka, 10)
		s.awaitUnready(t, "")
		s.stop(t)
		check(t, es, 5)
	}
}

func TestBulksOvertakeEachOtherAndNoOffsetOvertakesADocument(t *testing.T) {
	t.Parallel()
	_, kafka := kafkatest.Start(t, 1)
	gate, reached := make(chan struct{}), make(chan struct{})
	once := sync.OnceFunc(func() { close(reached) })
	es := elastictest.Start(t, elastictest.Faults{Gate: func(ids []string) <-chan struct{} {
		if slices.Contains(ids, "0") {
			once()
			return gate
		}
		return nil
	}})
	produce(t, kafka, 1)
	s := start(t, kafka, es, false)
	<-reached
	produce(t, kafka, 100) // the first of them is the kept document again, and waits for it
	deadline := time.After(30 * time.Second)
	for len(es.Documents()) < 99 {
		select {
		case <-deadline:
			t.Fatalf("%d documents of 99 have overtaken the first", len(es.Documents()))
		case <-time.After(20 * time.Millisecond):
		}
	}
	if es.MostAtOnce() != 2 {
		t.Errorf("%d bulks were under way, want the first and another", es.MostAtOnce())
	}
	if got := committed(t, kafka); got > 0 {
		t.Errorf("%d records are committed, and the first has no verdict", got)
	}
	close(gate)
	awaitDone(t, kafka, 101)
	s.stop(t)
	check(t, es, 100)
}

func TestADeletionWinsOverAnOlderCopyThatComesLater(t *testing.T) {
	t.Parallel()
	_, kafka := kafkatest.Start(t, 1)
	es := elastictest.Start(t, elastictest.Faults{})
	const id = "2060000000000000001"
	post := func(observed string) *kgo.Record {
		return &kgo.Record{Key: []byte(id), Value: []byte(`{"tweet_id":"` + id + `","created_at":"2026-05-28T10:00:00Z","observed_at":"` + observed + `"}`)}
	}
	deletion := &kgo.Record{Key: []byte(id), Headers: []kgo.RecordHeader{{Key: topic.HeaderObservedAt, Value: []byte("2026-06-03T10:00:02Z")}}}
	s := start(t, kafka, es, false)
	cl := kafkatest.Client(t, kafka, kgo.DefaultProduceTopic(topic.Enriched))
	for i, r := range []*kgo.Record{post("2026-06-03T10:00:01Z"), deletion, post("2026-06-03T10:00:01.999Z")} {
		if err := cl.ProduceSync(t.Context(), r).FirstErr(); err != nil {
			t.Fatal(err)
		}
		awaitDone(t, kafka, int64(i+1))
	}
	s.stop(t)
	if got := es.Documents()[id].Source; !strings.Contains(got, `"deleted_at":"2026-06-03T10:00:02Z"`) {
		t.Errorf("the index has %s", got)
	}
}
