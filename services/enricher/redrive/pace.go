package redrive

import (
	"context"
	"time"
)

// leastRate keeps the wait for one record within three hours, and so within what a duration holds.
const leastRate = 0.0001

// pace spreads transactions over time: before each it waits until those before have had their time.
type pace struct {
	rate float64 // records a second, 0 for no bound
	next time.Time
}

// burst is how many records may go at once: those of a second, and at least one.
func (p *pace) burst(most int) int {
	if p.rate == 0 {
		return most
	}
	return max(1, int(min(p.rate, float64(most))))
}

// wait waits for the turn of n records; its error is ctx's.
func (p *pace) wait(ctx context.Context, n int) error {
	if p.rate == 0 {
		return ctx.Err()
	}
	now := time.Now()
	if p.next.Before(now) {
		p.next = now
	}
	turn := time.NewTimer(p.next.Sub(now))
	defer turn.Stop()
	p.next = p.next.Add(time.Duration(float64(n) / p.rate * float64(time.Second)))
	select {
	case <-turn.C:
		return ctx.Err()
	case <-ctx.Done():
		return ctx.Err()
	}
}
