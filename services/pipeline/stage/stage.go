// Package stage runs the parts of the pipeline: one process each, or several in one. It owns the order in which they
// stop and the bound on how long that may take, never what they do.
package stage

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Bounds on a stop. Container runtimes kill after 10 s unless told otherwise, so together they stay below.
const (
	// DrainTimeout bounds the work that a stage still finishes: what is in flight, its commit.
	DrainTimeout = 7 * time.Second
	// LeaveTimeout bounds the goodbye to a consumer group. It is apart from the work: a member that could not finish
	// must still leave, or its partitions stand still until its session times out.
	LeaveTimeout = 2 * time.Second
)

// Detached returns a context for work that a stop must not cut in the middle, such as the batch in flight: it keeps
// ctx's values, does not end with it, and ends after DrainTimeout once ctx has ended. Call cancel when the work is done.
func Detached(ctx context.Context) (detached context.Context, cancel context.CancelFunc) {
	detached, cancelCause := context.WithCancelCause(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		timer := time.AfterFunc(DrainTimeout, func() {
			cancelCause(fmt.Errorf("not done %s after the stop: %w", DrainTimeout, context.DeadlineExceeded))
		})
		context.AfterFunc(detached, func() { timer.Stop() })
	})
	return detached, func() { stop(); cancelCause(context.Canceled) }
}

// Ended says whether err only tells that ctx has ended, which is how a stage is stopped and no failure.
func Ended(ctx context.Context, err error) bool {
	return ctx.Err() != nil && (errors.Is(err, context.Canceled) || errors.Is(err, context.Cause(ctx)))
}

// Stage is a part of the pipeline with a name for logs and errors. Run blocks until ctx ends, then drains and returns
// nil; an error tells why it could not go on.
type Stage struct {
	Name string
	Run  func(ctx context.Context) error
}

// Group is a set of running stages. Start them in the order in which data flows.
type Group struct {
	running []running
	failed  chan error
}

type running struct {
	name   string
	cancel context.CancelFunc
	done   chan error
}

// Start runs the stages, each in a goroutine of its own. When one ends by itself, with or without an error, Failed
// reports it: the others cannot do the product's work without it. ctx carries values; its end does not stop them,
// Stop does, so that they end one after the other.
func Start(ctx context.Context, stages ...Stage) *Group {
	g := &Group{failed: make(chan error, len(stages))}
	for _, s := range stages {
		ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
		r := running{name: s.Name, cancel: cancel, done: make(chan error, 1)}
		g.running = append(g.running, r)
		go func() {
			err := s.Run(ctx)
			if ctx.Err() == nil {
				if err == nil {
					err = errors.New("ended by itself")
				}
				g.failed <- fmt.Errorf("%s: %w", s.Name, err)
			}
			r.done <- err
		}()
	}
	return g
}

// Failed receives the error of a stage that ended without having been stopped.
func (g *Group) Failed() <-chan error { return g.failed }

// Stop ends the stages one after the other in the order in which they were started, each after the one before it has
// returned, so that what a stage writes while it drains still finds the next one running. It returns the errors of
// those that failed. It is bounded by the stages' own drains, and by ctx: when that ends, all are cancelled at once.
func (g *Group) Stop(ctx context.Context) error {
	var errs []error
	defer context.AfterFunc(ctx, func() {
		for _, r := range g.running {
			r.cancel()
		}
	})()
	for _, r := range g.running {
		r.cancel()
		if err := <-r.done; err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", r.name, err))
		}
	}
	return errors.Join(errs...)
}
