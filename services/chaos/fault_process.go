//go:build unix

package chaos

import (
	"context"
	"fmt"
	"math/rand/v2"
	"syscall"
	"time"

	"catsvdogs/services/chaos/plan"
	"catsvdogs/services/pipeline/broker"
)

// frozenFor is longer than the group waits for a silent member.
const frozenFor = broker.SessionTimeout + 2*time.Second

// processFaults end processes, or hold them up.
func processFaults() (kinds []kind) {
	for _, service := range []string{"ingest", "enricher", "sink", "refresher", "live"} {
		kinds = append(kinds,
			kind{
				Kind: plan.Kind{Name: "kill-" + service, Lane: service, Takes: 4 * time.Second, Connects: connectsOf(service)},
				says: "kill -9 of " + a(service) + ", which comes back two seconds later", hold: 2 * time.Second,
				make: func(s *scene, random *rand.Rand) fault { return &killed{one(s, service, random)} },
			},
			kind{
				Kind: plan.Kind{Name: "stop-" + service, Lane: service, Takes: 6 * time.Second, Connects: connectsOf(service)},
				says: "SIGTERM of " + a(service) + ", which drains, and comes back two seconds later", hold: 2 * time.Second,
				make: func(s *scene, random *rand.Rand) fault { return &stopped{one(s, service, random)} },
			})
		if group := groupOf[service]; group != "" {
			kinds = append(kinds, kind{
				Kind: plan.Kind{Name: "two-owners-" + service, Lane: service, Takes: 20 * time.Second},
				says: a(service) + " is frozen for longer than its session, another one takes its partitions over, and it wakes up as their former owner", hold: frozenFor,
				make: func(s *scene, random *rand.Rand) fault {
					return &expelled{frozenOne: frozenOne{one(s, service, random)}, scene: s, group: group}
				},
			})
			continue
		}
		kinds = append(kinds, kind{
			Kind: plan.Kind{Name: "freeze-" + service, Lane: service, Takes: 10 * time.Second, Connects: connectsOf(service)},
			says: a(service) + " is frozen for longer than a session and wakes up", hold: frozenFor,
			make: func(s *scene, random *rand.Rand) fault { return &frozenOne{one(s, service, random)} },
		})
	}
	return kinds
}

// connectsOf is how often a service connects to the source's stream when it starts.
func connectsOf(service string) int {
	if service == "ingest" {
		return 1
	}
	return 0
}

// groupOf is the consumer group in which the instances of a service share their work.
var groupOf = map[string]string{"enricher": "enricher", "sink": "sink-archive"}

// a is a service with its article; the page is none of several.
func a(service string) string {
	switch service {
	case "ingest", "enricher":
		return "an " + service
	case "live":
		return "the live page"
	}
	return "a " + service
}

func one(s *scene, service string, random *rand.Rand) *instance {
	all := s.all(service)
	return all[random.IntN(len(all))]
}

type killed struct{ *instance }

func (f *killed) inject(context.Context) error { return nil }

func (f *killed) evidence(ctx context.Context) (string, error) {
	for {
		status, err := f.end(ctx, syscall.SIGKILL)
		if err != nil || status == "signal: killed" {
			return f.name + " ended: " + status, err
		}
		// It was quicker and ended by itself, as an ingest does on a 403 that another fault has made. It is to run to be killed.
		pause(ctx, byItselfAgain)
		if err := f.start(); err != nil {
			return "", err
		}
	}
}

func (f *killed) heal(context.Context) error { return f.start() }

type stopped struct{ *instance }

func (f *stopped) inject(context.Context) error { return nil }

// evidence takes any status but one of a kill: a service says by it whether all could be written while it drained.
func (f *stopped) evidence(ctx context.Context) (string, error) {
	began := time.Now()
	status, err := f.end(ctx, syscall.SIGTERM)
	if err == nil && status == "signal: killed" {
		err = fmt.Errorf("%s ended otherwise: %s", f.name, status)
	}
	return fmt.Sprintf("%s ended after %.1f s: %s", f.name, time.Since(began).Seconds(), status), err
}

func (f *stopped) heal(ctx context.Context) error {
	select {
	case <-f.expect().ended:
	default:
		if _, err := f.end(ctx, syscall.SIGKILL); err != nil { // it has not ended in time
			return err
		}
	}
	return f.start()
}

type frozenOne struct{ *instance }

func (f *frozenOne) inject(context.Context) error { return f.signal(syscall.SIGSTOP) }

func (f *frozenOne) evidence(ctx context.Context) (string, error) {
	return f.name + " is stopped by a signal", await(ctx, endWithin, "the process to be frozen", f.frozen)
}

func (f *frozenOne) heal(context.Context) error { return f.signal(syscall.SIGCONT) }

// expelled is a member of a group that is frozen until the others have its partitions.
type expelled struct {
	frozenOne
	scene *scene
	group string
	all   int // partitions
}

func (f *expelled) inject(ctx context.Context) error {
	members := len(f.scene.all(f.service))
	if err := f.scene.awaitGroup(ctx, f.group, members, &f.all); err != nil {
		return err
	}
	return f.frozenOne.inject(ctx)
}

func (f *expelled) evidence(ctx context.Context) (string, error) {
	said, err := f.frozenOne.evidence(ctx)
	if err != nil {
		return "", err
	}
	others, theirs := len(f.scene.all(f.service))-1, 0
	if err := f.scene.awaitGroup(ctx, f.group, others, &theirs); err != nil {
		return "", err
	}
	if theirs < f.all { // it may be more: before, some may have been on their way from one member to the other
		return "", fmt.Errorf("the others have %d of %d partitions", theirs, f.all)
	}
	if err := f.frozen(ctx); err != nil { // all the while
		return "", err
	}
	return fmt.Sprintf("%s, and group %s has given all %d partitions to %d others meanwhile", said, f.group, theirs, others), nil
}

// awaitGroup returns when a group has settled with so many members, and how many partitions they have.
func (s *scene) awaitGroup(ctx context.Context, group string, members int, partitions *int) error {
	return await(ctx, proveWithin, fmt.Sprintf("group %s to have %d members", group, members), func(ctx context.Context) error {
		groups, err := s.admin.DescribeGroups(ctx, group)
		if err != nil {
			return err
		}
		g := groups[group]
		if g.State != "Stable" || len(g.Members) != members {
			return fmt.Errorf("it is %s with %d", g.State, len(g.Members))
		}
		*partitions = 0
		g.AssignedPartitions().Each(func(string, int32) { *partitions++ })
		return nil
	})
}
