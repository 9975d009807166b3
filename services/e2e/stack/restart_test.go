package stack

import (
	"context"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

// TestStackLosesNothingThroughDownAndUp takes the stack down and brings it up again, so it runs only when that is asked for.
func TestStackLosesNothingThroughDownAndUp(t *testing.T) {
	running(t)
	if os.Getenv("STACK_RESTART") == "" {
		t.Skip("takes the stack down: make test-stack RESTART=1")
	}
	before := held(t)
	for _, target := range []string{"down", "up"} {
		ctx, cancel := context.WithTimeout(t.Context(), 8*time.Minute)
		out, err := exec.CommandContext(ctx, "make", "-C", root, target).CombinedOutput()
		cancel()
		if err != nil {
			t.Fatalf("make %s: %v\n%s", target, err, out)
		}
	}
	after := held(t)
	for name, topic := range before.topics {
		again := after.topics[name]
		if again.id != topic.id || again.records < topic.records {
			t.Errorf("%s was %+v, and is %+v", name, topic, again)
		}
	}
	if len(before.topics) != 3 || after.documents < before.documents || before.documents == 0 {
		t.Errorf("there were %d documents in %d topics, and are %d", before.documents, len(before.topics), after.documents)
	}
}

// holdings is what the volumes hold.
type holdings struct {
	documents int64
	topics    map[string]topicHolding
}

type topicHolding struct {
	id      kadm.TopicID
	records int64 // end offsets, added up
}

func held(t *testing.T) holdings {
	t.Helper()
	h := holdings{topics: map[string]topicHolding{}}
	var answer struct{ Count int64 }
	if err := get(t.Context(), "http://"+published(t, "elasticsearch", 9200)+"/tweets/_count", &answer, viewer(t)); err != nil {
		t.Fatal(err)
	}
	h.documents = answer.Count
	cl, err := kgo.NewClient(kgo.SeedBrokers(published(t, "kafka", 9092)))
	if err != nil {
		t.Fatal(err)
	}
	defer cl.Close()
	adm := kadm.NewClient(cl)
	names := []string{"tweets.raw", "tweets.enriched", "tweets.dlq"}
	topics, err := adm.ListTopics(t.Context(), names...)
	if err != nil {
		t.Fatal(err)
	}
	ends, err := adm.ListEndOffsets(t.Context(), names...)
	if err != nil {
		t.Fatal(err)
	}
	for name, topic := range topics {
		holding := topicHolding{id: topic.ID}
		for _, end := range ends[name] {
			holding.records += end.Offset
		}
		h.topics[name] = holding
	}
	return h
}
