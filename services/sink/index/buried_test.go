package index

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"catsvdogs/services/pipeline/kafkatest"
	"catsvdogs/services/pipeline/topic"
	"catsvdogs/services/sink/elastictest"
)

// The broker does not let the sink write dead letters, as where a right is missing.
func TestARefusedDocumentHoldsItsOffsetUntilItsDeadLetterIsAcknowledged(t *testing.T) {
	t.Parallel()
	cluster, kafka := kafkatest.Start(t, 1)
	es := elastictest.Start(t, elastictest.Faults{Refuse: func(string) string { return "document_parsing_exception" }})
	produce(t, kafka, 1)
	var locked atomic.Bool
	var refusals atomic.Int32
	locked.Store(true)
	cluster.ControlKey(int16(kmsg.Produce), func(r kmsg.Request) (kmsg.Response, error, bool) {
		cluster.KeepControl()
		if !locked.Load() {
			return nil, nil, false
		}
		request := r.(*kmsg.ProduceRequest)
		response := request.ResponseKind().(*kmsg.ProduceResponse)
		response.Version = request.Version
		for _, t := range request.Topics {
			of := kmsg.NewProduceResponseTopic()
			of.Topic, of.TopicID = t.Topic, t.TopicID
			for _, p := range t.Partitions {
				at := kmsg.NewProduceResponseTopicPartition()
				at.Partition, at.ErrorCode = p.Partition, kerr.TopicAuthorizationFailed.Code
				of.Partitions = append(of.Partitions, at)
			}
			response.Topics = append(response.Topics, of)
		}
		refusals.Add(1)
		return response, nil, true
	})
	s := start(t, kafka, es, false)
	deadline := time.After(30 * time.Second)
	for refusals.Load() < 2 { // the second session reads it again
		select {
		case <-deadline:
			t.Fatalf("after %d refusals the dead letter is not written again; %d records are done", refusals.Load(), committed(t, kafka))
		case <-time.After(20 * time.Millisecond):
		}
	}
	if n := committed(t, kafka); n != 0 {
		t.Errorf("%d records are done, and their dead letters are nowhere", n)
	}
	locked.Store(false)
	awaitDone(t, kafka, 1)
	s.stop(t)
	kafkatest.Read(t, kafka, topic.DeadLetter, 1)
}
