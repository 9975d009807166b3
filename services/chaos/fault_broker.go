//go:build unix

package chaos

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"syscall"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"

	"catsvdogs/services/chaos/plan"
	"catsvdogs/services/e2e/realparts"
	"catsvdogs/services/pipeline/topic"
)

// brokerFaults take brokers away, one at a time: two of three copies are what a record needs.
func brokerFaults() []kind {
	const lane = "broker"
	several := func(s *scene) bool { return len(s.brokers.Servers) > 1 }
	return []kind{
		{
			Kind: plan.Kind{Name: "broker-killed", Lane: lane, Takes: 20 * time.Second, Essential: true},
			says: "kill -9 of a broker, which comes back five seconds later", hold: 5 * time.Second,
			make: func(s *scene, random *rand.Rand) fault {
				return &brokersAway{scene: s, numbers: []int{anyBroker(s, random)}, signal: syscall.SIGKILL}
			},
		},
		{
			Kind: plan.Kind{Name: "broker-leaders-moved", Lane: lane, Takes: 6 * time.Second, Essential: true},
			says: "the leader of every partition moves to another broker", able: several,
			make: func(s *scene, _ *rand.Rand) fault { return &leadersMoved{s} },
		},
		{
			Kind: plan.Kind{Name: "broker-restarted", Lane: lane, Takes: 20 * time.Second},
			says: "SIGTERM of a broker, which hands over what it leads, and comes back two seconds later", hold: 2 * time.Second,
			make: func(s *scene, random *rand.Rand) fault {
				return &brokersAway{scene: s, numbers: []int{anyBroker(s, random)}, signal: syscall.SIGTERM}
			},
		},
		{
			Kind: plan.Kind{Name: "broker-frozen", Lane: lane, Takes: 20 * time.Second},
			says: "a broker is frozen until the others have taken over, and wakes up", able: several, hold: 8 * time.Second,
			make: func(s *scene, random *rand.Rand) fault { return &brokerFrozen{s, anyBroker(s, random)} },
		},
		{
			Kind: plan.Kind{Name: "broker-disk-full", Lane: lane, Takes: 25 * time.Second},
			says: "a broker's disk is full; it gives up, gets room again and comes back", able: func(s *scene) bool { return several(s) && s.diskOf(s.cfg.Brokers) != nil },
			make: func(s *scene, random *rand.Rand) fault { return &brokerFull{s, anyBroker(s, random)} },
		},
		{
			Kind: plan.Kind{Name: "brokers-in-turn", Lane: lane, Takes: 60 * time.Second},
			says: "all brokers are killed and come back, one after the other",
			make: func(s *scene, random *rand.Rand) fault {
				order := random.Perm(len(s.brokers.Servers))
				for i := range order {
					order[i]++
				}
				return &brokersAway{scene: s, numbers: order, signal: syscall.SIGKILL}
			},
		},
	}
}

func anyBroker(s *scene, random *rand.Rand) int { return 1 + random.IntN(len(s.brokers.Servers)) }

func (s *scene) brokerServer(number int) *realparts.Server { return s.brokers.Servers[number-1] }

// brokersAway ends brokers. All but the last one are back and have caught up before the next one goes.
type brokersAway struct {
	scene   *scene
	numbers []int
	signal  syscall.Signal
	away    *realparts.Server
}

func (f *brokersAway) inject(context.Context) error { return nil }

func (f *brokersAway) evidence(ctx context.Context) (string, error) {
	var said []string
	for n, number := range f.numbers {
		if n > 0 {
			if err := f.heal(ctx); err != nil {
				return "", err
			}
		}
		f.away = f.scene.brokerServer(number)
		end := f.away.Kill
		if f.signal == syscall.SIGTERM {
			end = f.away.Stop
		}
		if err := end(); err != nil {
			return "", err
		}
		status := f.away.Status()
		if (status == "signal: killed") != (f.signal == syscall.SIGKILL) {
			return "", fmt.Errorf("broker %d ended otherwise: %s", number, status)
		}
		if err := f.scene.awaitBroker(ctx, number, false); err != nil {
			return "", err
		}
		said = append(said, fmt.Sprintf("broker %d ended (%s), and the others know it", number, status))
	}
	return strings.Join(said, "; "), nil
}

func (f *brokersAway) heal(ctx context.Context) error {
	if f.away == nil {
		return nil
	}
	back := f.away
	f.away = nil
	return errors.Join(back.Start(ctx), f.scene.awaitInSync(ctx))
}

// awaitBroker returns when the cluster's metadata lists a broker, or does not any more. A broker that is alone has nobody to
// tell it.
func (s *scene) awaitBroker(ctx context.Context, number int, there bool) error {
	if len(s.brokers.Servers) == 1 {
		return nil
	}
	return await(ctx, time.Minute, fmt.Sprintf("the other brokers to notice broker %d", number), func(ctx context.Context) error {
		ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
		defer cancel()
		brokers, err := s.admin.ListBrokers(ctx)
		if err != nil {
			return err
		}
		for _, b := range brokers {
			if int(b.NodeID) == number {
				if there {
					return nil
				}
				return fmt.Errorf("it is listed")
			}
		}
		if there {
			return fmt.Errorf("it is not listed")
		}
		return nil
	})
}

// awaitInSync returns when every copy of every partition is in sync: only then may another broker go.
func (s *scene) awaitInSync(ctx context.Context) error {
	return await(ctx, 2*time.Minute, "all copies to be in sync", func(ctx context.Context) error {
		ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
		defer cancel()
		topics, err := s.admin.ListTopicsWithInternal(ctx)
		if err != nil {
			return err
		}
		behind := 0
		topics.EachPartition(func(p kadm.PartitionDetail) {
			if p.Err != nil || len(p.ISR) < len(p.Replicas) {
				behind++
			}
		})
		if behind > 0 {
			return fmt.Errorf("%d partitions have copies that are behind", behind)
		}
		return nil
	})
}

type leadersMoved struct{ *scene }

func (f *leadersMoved) inject(context.Context) error { return nil }

// evidence gives each partition's copies another order and has the first one lead.
func (f *leadersMoved) evidence(ctx context.Context) (string, error) {
	before, err := f.admin.ListTopics(ctx, topic.Raw, topic.Enriched, topic.DeadLetter)
	if err != nil {
		return "", fmt.Errorf("ask for the leaders: %w", err)
	}
	var orders kadm.AlterPartitionAssignmentsReq
	var all kadm.TopicsSet
	before.EachPartition(func(p kadm.PartitionDetail) {
		rotated := append(append([]int32(nil), p.Replicas[1:]...), p.Replicas[0])
		for rotated[0] == p.Leader { // who leads may not be the first
			rotated = append(rotated[1:], rotated[0])
		}
		orders.Assign(p.Topic, p.Partition, rotated)
		all.Add(p.Topic, p.Partition)
	})
	if answers, err := f.admin.AlterPartitionAssignments(ctx, orders); err != nil || answers.Error() != nil {
		return "", fmt.Errorf("change the order of copies: %w", errors.Join(err, answers.Error()))
	}
	moved, of := 0, 0
	err = await(ctx, time.Minute, "other leaders", func(ctx context.Context) error {
		if _, err := f.admin.ElectLeaders(ctx, kadm.ElectPreferredReplica, all); err != nil {
			return err
		}
		after, err := f.admin.ListTopics(ctx, topic.Raw, topic.Enriched, topic.DeadLetter)
		if err != nil {
			return err
		}
		moved, of = 0, 0
		after.EachPartition(func(p kadm.PartitionDetail) {
			of++
			if p.Leader >= 0 && before[p.Topic].Partitions[p.Partition].Leader != p.Leader {
				moved++
			}
		})
		if moved < of {
			return fmt.Errorf("%d of %d partitions have another one", moved, of)
		}
		return nil
	})
	return fmt.Sprintf("%d of %d partitions have another leader", moved, of), err
}

func (f *leadersMoved) heal(ctx context.Context) error { return f.awaitInSync(ctx) }

type brokerFrozen struct {
	*scene
	number int
}

func (f *brokerFrozen) inject(context.Context) error {
	return f.brokerServer(f.number).Signal(syscall.SIGSTOP)
}

func (f *brokerFrozen) evidence(ctx context.Context) (string, error) {
	if err := f.awaitBroker(ctx, f.number, false); err != nil {
		return "", err
	}
	return fmt.Sprintf("broker %d is stopped by a signal, and the others know it", f.number), frozen(ctx, f.brokerServer(f.number).PID())
}

func (f *brokerFrozen) heal(ctx context.Context) error {
	if err := f.brokerServer(f.number).Signal(syscall.SIGCONT); err != nil {
		return err
	}
	return errors.Join(f.awaitBroker(ctx, f.number, true), f.awaitInSync(ctx))
}

type brokerFull struct {
	*scene
	number int
}

func (f *brokerFull) inject(context.Context) error {
	_, err := f.diskOf(f.number).Fill()
	return err
}

// evidence is that the broker gives up: its only log folder fails (KIP-112).
func (f *brokerFull) evidence(ctx context.Context) (string, error) {
	b := f.brokerServer(f.number)
	select {
	case <-b.Done():
	case <-ctx.Done():
		return "", fmt.Errorf("broker %d goes on with a full disk: %w", f.number, ctx.Err())
	}
	return fmt.Sprintf("broker %d's disk took nothing more, and it ended by itself: %s", f.number, b.Status()), f.awaitBroker(ctx, f.number, false)
}

func (f *brokerFull) heal(ctx context.Context) error {
	b := f.brokerServer(f.number)
	if err := f.diskOf(f.number).Free(); err != nil {
		return err
	}
	select {
	case <-b.Done():
		if err := b.Start(ctx); err != nil {
			return err
		}
	default: // it never noticed
	}
	return f.awaitInSync(ctx)
}
