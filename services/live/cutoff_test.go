package live

import (
	"encoding/json"
	"fmt"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// freeze lets requests of some keys hang, as those to a process that was stopped, while the returned flag is set.
func (c *cluster) freeze(keys ...kmsg.Key) *atomic.Bool {
	frozen := new(atomic.Bool)
	for _, key := range keys {
		c.fake.ControlKey(key.Int16(), func(kmsg.Request) (kmsg.Response, error, bool) {
			c.fake.KeepControl()
			return nil, nil, frozen.Load()
		})
	}
	return frozen
}

func TestABrokerThatHesitatesDoesNotMakeHalfOfThePastAllOfIt(t *testing.T) {
	t.Parallel()
	c := startCluster(t)
	now := moment()
	var records []*kgo.Record
	for i := range 500 {
		records = append(records, document(t, fmt.Sprint("cat", i), now, now, "cats with images"))
	}
	c.produce(t, kgo.TryCommit, records...)
	// It answers where the log ends, and gives no records.
	frozen := c.freeze(kmsg.Fetch)
	frozen.Store(true)
	r := start(t, c.brokers)
	eventually(t, "reading has begun", func() bool { return r.state(t).Progress.Phase == PhaseCatchingUp })
	for until := time.Now().Add(3 * quietAfter); time.Now().Before(until); <-time.After(50 * time.Millisecond) {
		if s := r.state(t); s.Progress.Phase == PhaseLive {
			t.Fatalf("%d posts of 500 are shown as all there are", s.Posts.Total)
		}
	}
	frozen.Store(false)
	within(t, time.Minute, "the days are caught up with", func() bool { return r.state(t).Progress.Phase == PhaseLive })
	if n := r.state(t).Posts.Total; n != 500 {
		t.Errorf("%d posts when live, want 500", n)
	}
}

func TestABrokerThatIsAwayIsNoDrought(t *testing.T) {
	t.Parallel()
	c := startCluster(t)
	now := moment()
	c.produce(t, kgo.TryCommit, document(t, "1", now, now, "cats with images"))
	r := start(t, c.brokers)
	eventually(t, "the day is caught up with", func() bool { return r.state(t).Progress.Phase == PhaseLive })
	if s := r.state(t); s.CutOff != nil {
		t.Errorf("cut off since %s from a broker that answers", s.CutOff.Since)
	}
	frozen := c.freeze(kmsg.Fetch, kmsg.ListOffsets, kmsg.Metadata)
	frozen.Store(true)
	within(t, 3*cutOffAfter, "the page says that it is cut off", func() bool { return r.state(t).CutOff != nil })
	s := r.state(t)
	if since, err := time.Parse(time.RFC3339, s.CutOff.Since); err != nil || time.Since(since) < cutOffAfter || s.Headline.Kind != "cut_off" || s.Organic.Popular.Kind != "cut_off" {
		t.Errorf("cut off since %s, headline %q", s.CutOff.Since, s.Headline.Text)
	}
	body, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	validates(t, "the state while cut off", described(t, "State"), body)
	if resp := get(t, r.url+"/readyz"); resp.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("readyz gives %s while cut off, want 503", resp.Status)
	}
	frozen.Store(false)
	within(t, time.Minute, "the broker is heard again", func() bool { return r.state(t).CutOff == nil })
	if ready := r.body(t, "/readyz"); ready != "ready\n" {
		t.Errorf("readyz says %q when the broker answers again", ready)
	}
	if kind := r.state(t).Headline.Kind; kind != "lead" {
		t.Errorf("headline of kind %s, want lead", kind)
	}
}

func TestOffsetsWithoutRecordsAtTheEndAreNotWaitedFor(t *testing.T) {
	t.Parallel()
	c := startCluster(t)
	now := moment()
	c.produce(t, kgo.TryCommit, document(t, "1", now, now, "cats with images"))
	// The log is said to end behind its last record, as after compaction.
	c.fake.ControlKey(kmsg.ListOffsets.Int16(), func(request kmsg.Request) (kmsg.Response, error, bool) {
		c.fake.KeepControl()
		if answer := c.endsLater(request); answer != nil {
			return answer, nil, true
		}
		return nil, nil, false
	})
	r := start(t, c.brokers)
	within(t, time.Minute, "the day is caught up with", func() bool { return r.state(t).Progress.Phase == PhaseLive })
	if s := r.state(t); s.Posts.Total != 1 || s.CutOff != nil {
		t.Errorf("%d posts, cut off %v; want one, and no cut", s.Posts.Total, s.CutOff)
	}
}

// endsLater answers with ends that are three records too far; nil to other questions.
func (c *cluster) endsLater(request kmsg.Request) kmsg.Response {
	asked := request.(*kmsg.ListOffsetsRequest)
	if asked.Topics[0].Partitions[0].Timestamp != -1 {
		return nil
	}
	answer := asked.ResponseKind().(*kmsg.ListOffsetsResponse)
	for _, topic := range asked.Topics {
		at := kmsg.NewListOffsetsResponseTopic()
		at.Topic = topic.Topic
		for _, p := range topic.Partitions {
			one := kmsg.NewListOffsetsResponseTopicPartition()
			one.Partition, one.Offset = p.Partition, c.fake.PartitionInfo(topic.Topic, p.Partition).LastStableOffset+3
			at.Partitions = append(at.Partitions, one)
		}
		answer.Topics = append(answer.Topics, at)
	}
	return answer
}
