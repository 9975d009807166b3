package refresher

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"catsvdogs/services/pipeline/broker"
	"catsvdogs/services/pipeline/telemetry"
	"catsvdogs/services/pipeline/topic"
)

// errLeaseLost is why looks end while the process goes on.
var errLeaseLost = errors.New("this refresher is not known to be the only one any more")

// lease makes one of several refreshers of a source the one that looks, by membership in a consumer group: who has the one
// partition of refresher.state has the lease. Nothing is read or committed there. A newcomer leaves it where it is (the
// partition is assigned cooperatively and sticks, KIP-429); when its holder leaves or is silent for a session, another gets it.
//
// The holder does not wait to be told that it has lost the lease, which a broker that is away cannot do: it counts the session
// from when it sent the last heartbeat that was answered, which is earlier than when the broker counts it from. So the lease
// ends for the holder before it begins for another, whatever their clocks say; only their speed must be the same. It is safe
// for concurrent use.
type lease struct {
	client  *kgo.Client
	session time.Duration

	mu    sync.Mutex
	owned bool
	heard time.Time     // the last heartbeat that was answered was sent then
	news  chan struct{} // closed when owned changes

	undrained func()
}

// firmShare of a session must be left of a lease for something to be sent that depends on it.
const firmShare = 3

// groupOf names the group of the refreshers of a source.
func groupOf(source string) string { return "refresher-" + source }

// openLease asks for the lease, as long as it takes. session is how long its holder may be silent.
func openLease(ctx context.Context, c broker.Config, tel *telemetry.Stage, source string, session time.Duration) (*lease, error) {
	l := &lease{session: session, news: make(chan struct{})}
	options := append(broker.Options(c, "refresher-lease", tel), broker.GroupOptions(groupOf(source), topic.RefresherState)...)
	var err error
	l.client, err = kgo.NewClient(append(options,
		kgo.SessionTimeout(session), kgo.HeartbeatInterval(session/12), kgo.DisableAutoCommit(), kgo.WithHooks(l),
		kgo.OnPartitionsAssigned(func(_ context.Context, _ *kgo.Client, got map[string][]int32) { l.set(got, true) }),
		kgo.OnPartitionsRevoked(func(_ context.Context, _ *kgo.Client, gone map[string][]int32) { l.set(gone, false) }),
		kgo.OnPartitionsLost(func(_ context.Context, _ *kgo.Client, gone map[string][]int32) { l.set(gone, false) }),
	)...)
	if err != nil {
		return nil, fmt.Errorf("connect to Kafka: %w", err)
	}
	l.client.PauseFetchTopics(topic.RefresherState)
	if err := broker.WaitForTopics(ctx, l.client, tel.Logger, topic.RefresherState); err != nil {
		l.client.Close()
		return nil, err
	}
	draining, stop := context.WithCancel(context.WithoutCancel(ctx))
	var drained sync.WaitGroup
	drained.Go(func() {
		for draining.Err() == nil {
			l.client.PollRecords(draining, 1) // what the client has to say of the group, which it has logged: it keeps it otherwise
		}
	})
	l.undrained = func() { stop(); drained.Wait() }
	return l, nil
}

// close gives the lease back, so that another refresher has it at once.
func (l *lease) close() {
	l.undrained()
	broker.Leave(l.client)
	l.client.Close()
}

func (l *lease) set(partitions map[string][]int32, owned bool) {
	for _, p := range partitions[topic.RefresherState] {
		if p != 0 {
			continue
		}
		l.mu.Lock()
		l.owned = owned
		close(l.news)
		l.news = make(chan struct{})
		l.mu.Unlock()
	}
}

// OnBrokerE2E implements kgo.HookBrokerE2E: it takes note of heartbeats that were answered, and of joining, from which the
// broker counts the session as well. An answer that says no is followed by the loss of the partition.
func (l *lease) OnBrokerE2E(_ kgo.BrokerMetadata, key int16, e kgo.BrokerE2E) {
	if k := kmsg.Key(key); k != kmsg.Heartbeat && k != kmsg.SyncGroup || e.Err() != nil {
		return
	}
	sent := time.Now().Add(-e.DurationE2E())
	l.mu.Lock()
	defer l.mu.Unlock()
	if sent.After(l.heard) {
		l.heard = sent
	}
}

// left is how much is left of the lease for certain; 0 when this process does not have it.
func (l *lease) left(now time.Time) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.owned {
		return 0
	}
	return max(0, l.session-now.Sub(l.heard))
}

// firm says whether enough is left of the lease to send what only its holder may send: what is sent has the rest of the lease
// to get there.
func (l *lease) firm(now time.Time) bool { return l.left(now) > l.session/firmShare }

// await waits for the lease; standing by is told once when another has it. The context that is returned ends with the lease,
// and no earlier than its holder's release of it, which must be called.
func (l *lease) await(ctx context.Context, standingBy func()) (held context.Context, release func(), err error) {
	patience := time.NewTimer(l.session)
	defer patience.Stop()
	tick := time.NewTicker(l.session / 50)
	for !l.firm(time.Now()) {
		select {
		case <-tick.C:
		case <-patience.C:
			standingBy()
		case <-ctx.Done():
			tick.Stop()
			return nil, nil, ctx.Err()
		}
	}
	held, end := context.WithCancelCause(context.WithoutCancel(ctx))
	var watched sync.WaitGroup
	watched.Go(func() {
		defer tick.Stop()
		for l.left(time.Now()) > 0 {
			l.mu.Lock()
			news := l.news
			l.mu.Unlock()
			select {
			case <-tick.C:
			case <-news:
			case <-held.Done():
				return
			}
		}
		end(errLeaseLost)
	})
	return held, func() { end(context.Canceled); watched.Wait() }, nil
}
