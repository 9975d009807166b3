package enricher

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/services/pipeline/crashpoint"
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

// options are what tells it of a session's rebalances. They take the place of the group's balancer.
func (a *assignment) options() []kgo.Opt {
	return []kgo.Opt{
		kgo.Balancers(watched{kgo.CooperativeStickyBalancer(), a}),
		kgo.OnPartitionsLost(func(context.Context, *kgo.Client, map[string][]int32) { a.lost() }),
	}
}

// watched tells of each assignment as a whole. The callbacks tell of differences, and a session that is in no transaction
// leaves out all that is revoked after the first time.
type watched struct {
	kgo.GroupBalancer
	by *assignment
}

// ParseSyncAssignment implements kgo.GroupBalancer.
func (w watched) ParseSyncAssignment(assigned []byte) (map[string][]int32, error) {
	crashpoint.At(crashpoint.EnricherRebalance)
	now, err := w.GroupBalancer.ParseSyncAssignment(assigned)
	if err == nil {
		w.by.assigned(len(now[topic.Raw]))
	}
	return now, err
}

// assigned notes how many partitions the group gives this replica. In the first of two rebalances it may be none, and the
// second one follows soon.
func (a *assignment) assigned(n int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.set(n)
	if n == 0 {
		a.idle.Reset(idleAfter)
	}
}

// lost notes that the group has thrown this replica out; the next assignment tells whether it has any again.
func (a *assignment) lost() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.set(0)
}

func (a *assignment) set(n int) {
	a.idle.Stop()
	if n == a.held {
		return
	}
	a.held = n
	a.gauge.Set(float64(n))
	a.log.Info("partitions changed hands", "topic", topic.Raw, "partitions", n)
}

func (a *assignment) sayIdle() {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.held == 0 {
		a.log.Warn("this replica has nothing to do: others have all partitions; it waits, and takes over when one of them ends", "topic", topic.Raw)
	}
}
