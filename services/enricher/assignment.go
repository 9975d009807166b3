package enricher

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/services/pipeline/topic"
)

// idleAfter is how long a replica must have had no partition to say so: who joins a group is given none before the others
// have let go of some.
const idleAfter = 5 * time.Second

// assignment shows how many partitions of tweets.raw this replica has. One that has none does nothing, which whoever started
// it should know: there are more replicas than partitions.
type assignment struct {
	log   *slog.Logger
	gauge prometheus.Gauge

	mu   sync.Mutex
	held int
	idle *time.Timer
}

func newAssignment(log *slog.Logger, gauge prometheus.Gauge) *assignment {
	a := &assignment{log: log, gauge: gauge}
	a.idle = time.AfterFunc(idleAfter, a.sayIdle)
	a.idle.Stop()
	gauge.Set(0)
	return a
}

// end stops watching; the session's partitions are gone.
func (a *assignment) end() {
	a.idle.Stop()
	a.gauge.Set(0)
}

// options are what tells it of a session's rebalances.
func (a *assignment) options() []kgo.Opt {
	return []kgo.Opt{
		kgo.OnPartitionsAssigned(func(_ context.Context, _ *kgo.Client, got map[string][]int32) {
			a.joined()
			a.changed(len(got[topic.Raw]))
		}),
		kgo.OnPartitionsRevoked(func(_ context.Context, _ *kgo.Client, gone map[string][]int32) { a.changed(-len(gone[topic.Raw])) }),
		kgo.OnPartitionsLost(func(_ context.Context, _ *kgo.Client, gone map[string][]int32) { a.changed(-len(gone[topic.Raw])) }),
	}
}

// joined notes that the group has been balanced. Before that nobody may have any partition.
func (a *assignment) joined() {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.held == 0 {
		a.idle.Reset(idleAfter)
	}
}

func (a *assignment) changed(by int) {
	if by == 0 {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.held += by
	a.gauge.Set(float64(a.held))
	a.log.Info("partitions changed hands", "topic", topic.Raw, "partitions", a.held)
	a.idle.Stop() // when all are gone, the next balance tells whether some come back
}

func (a *assignment) sayIdle() {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.held == 0 {
		a.log.Warn("this replica has nothing to do: others have all partitions; it waits, and takes over when one of them ends", "topic", topic.Raw)
	}
}
