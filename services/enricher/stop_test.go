package enricher

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"

	"catsvdogs/services/pipeline/kafkatest"
	"catsvdogs/services/pipeline/stage"
)

// A batch is on its way, and the broker has stopped as by SIGSTOP.
func TestAStopIsNotHeldUpByABrokerThatNeverAnswers(t *testing.T) {
	t.Parallel()
	cluster, kafka := kafkatest.Start(t, 1)
	produced := produceRaw(t, kafka, 0, 50)
	var frozen atomic.Bool
	var meant atomic.Int32
	frozen.Store(true)
	cluster.ControlKey(int16(kmsg.Produce), func(kmsg.Request) (kmsg.Response, error, bool) {
		cluster.KeepControl()
		meant.Add(1)
		return nil, nil, frozen.Load()
	})
	stop := start(t, kafka, "one")
	await(t, "a batch is on its way", func() bool { return meant.Load() > 0 })
	began := time.Now()
	stop()
	if took := time.Since(began); took > 2*stage.DrainTimeout {
		t.Errorf("the stop took %s", took)
	}
	frozen.Store(false)
	stop = start(t, kafka, "one")
	awaitGroup(t, kafka, 50)
	stop()
	checkOutput(t, kafka, produced)
}
