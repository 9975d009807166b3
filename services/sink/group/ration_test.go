package group

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/services/pipeline/broker"
	"catsvdogs/services/pipeline/kafkatest"
	"catsvdogs/services/pipeline/topic"
)

// Documents of 900 kB that repeat one word come in batches of some hundred bytes.
func TestABacklogThatUnpacksToAThousandTimesItsSizeStaysWithinTheBoundAndIsReadWhole(t *testing.T) {
	t.Parallel()
	const n, size, memory = 160, 900_000, 8 << 20
	_, kafka := kafkatest.Start(t, 4)
	cl := kafkatest.Client(t, kafka, kgo.DefaultProduceTopic(topic.Enriched), kgo.ProducerBatchCompression(kgo.ZstdCompression()))
	value := bytes.Repeat([]byte("cats "), size/5)
	for i := range n {
		if err := cl.ProduceSync(t.Context(), &kgo.Record{Key: fmt.Append(nil, i), Value: value}).FirstErr(); err != nil {
			t.Fatal(err)
		}
	}
	s := newShelf()
	m := start(t, kafka, s, memory)
	most := 0.0
	look := func() float64 {
		got := m.held() + testutil.ToFloat64(m.metrics.ahead)
		most = max(most, got)
		return got
	}
	eventually(t, "the bound is reached", func() bool { look(); return m.held() >= memory })
	for range 10 {
		m.commit(t)
		look()
	}
	if keys, _ := s.count(); keys == n {
		t.Error("everything was read, so nothing was bounded")
	}
	s.finish(nil)
	eventually(t, "all is committed", func() bool { look(); return committed(t, kafka) == n })
	if bound := float64(memory + 2*(memory/aheadShare+size+broker.Footprint(new(kgo.Record)))); most > bound {
		t.Errorf("%v bytes were held and fetched ahead, want at most %v", most, bound)
	}
	if keys, times := s.count(); keys != n || times != n {
		t.Errorf("%d records came %d times, want %d once", keys, times, n)
	}
	m.stop(t)
}
