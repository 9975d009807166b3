package endpoint

import (
	"context"
	"errors"
	"time"

	"github.com/sony/gobreaker/v2"
)

// excused is a failure that is not held against the endpoint.
type excused struct{ error }

func (e excused) Unwrap() error { return e.error }

func (c *Client) newBreaker() *gobreaker.CircuitBreaker[struct{}] {
	return gobreaker.NewCircuitBreaker[struct{}](gobreaker.Settings{
		MaxRequests: 1, // one request tries whether a broken model is back
		Timeout:     c.cfg.BreakerPause,
		ReadyToTrip: func(counts gobreaker.Counts) bool {
			return counts.ConsecutiveFailures >= uint32(c.cfg.BreakerFailures) // 1 to 1000
		},
		IsExcluded: func(err error) bool {
			var e excused
			return errors.As(err, &e)
		},
		OnStateChange: func(_ string, _, to gobreaker.State) { c.stateChanged(to) },
	})
}

func (c *Client) stateChanged(to gobreaker.State) {
	switch to {
	case gobreaker.StateOpen:
		c.metrics.open.Set(1)
		c.logger.Warn("the model is left alone for a while", "reason", c.last.Load(), "pause", c.cfg.BreakerPause)
	case gobreaker.StateClosed:
		c.metrics.open.Set(0)
		c.logger.Info("the model answers again")
	}
}

// guarded runs one exchange if the breaker allows it and tells the breaker how it went. ctx is the exchange's, whose
// end is the timeout; caller is that of who asks.
func (c *Client) guarded(caller, ctx context.Context, exchange func() error) error {
	_, err := c.breaker.Execute(func() (struct{}, error) {
		deadline, bounded := ctx.Deadline()
		late := bounded && time.Until(deadline) < c.cfg.Timeout/2
		err := exchange()
		switch {
		case err == nil:
			return struct{}{}, nil
		case caller.Err() != nil, late && reasonOf(err) == ReasonTimeout:
			return struct{}{}, excused{err}
		}
		c.last.Store(reasonOf(err))
		return struct{}{}, err
	})
	return err
}
