package endpoint

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sony/gobreaker/v2"
)

// Result is what came of one question.
type Result[A any] struct {
	Answer A      // the zero value when there is a reason
	Reason string // why there is no answer, "" when there is one
}

// Exchange is how questions of type Q become a request, and its answer answers of type A. Its functions may run in
// many goroutines at once.
type Exchange[Q, A any] struct {
	// Head and Tail are put before and after the questions of a request, between which stand commas.
	Head, Tail string
	// Item returns what stands for one question in a request, to be written as JSON, or the reason why it is not asked.
	Item func(Q) (item any, reason string)
	// Decode returns a result for each of the asked questions, in their order, or an error when the answer is no use
	// as a whole.
	Decode func(answer []byte, asked []Q) ([]Result[A], error)
}

// The most that an answer may have, besides twice the bytes of the request: a model repeats the ids that it was sent.
const (
	answerBytes     = 64 << 10
	answerItemBytes = 1 << 10
)

// restTimeouts is for how many timeouts the model is asked nothing after a batch that took a whole one: so waiting for it
// takes a quarter of the time at most.
const restTimeouts = 3

// Ask asks about all questions, in as few requests as the bounds allow and as many at a time as they allow, and returns
// a result for each, in their order. It returns when all are answered, when ctx ends, or when the timeout is over,
// whichever is first. An answer may have 64 KiB, and 1 KiB a question, and twice the bytes of its request.
func Ask[Q, A any](ctx context.Context, c *Client, questions []Q, x Exchange[Q, A]) []Result[A] {
	results := make([]Result[A], len(questions))
	defer func() { count(c.metrics, results) }()
	if c.breaker.State() == gobreaker.StateOpen {
		refuse(results, ReasonBreakerOpen) // without the work of writing requests that nobody sends
		return results
	}
	if time.Now().UnixNano() < c.rest.Load() {
		refuse(results, ReasonOverloaded)
		return results
	}
	limited, cancel := context.WithTimeout(ctx, c.cfg.Timeout)
	defer cancel()
	defer func() {
		// The model answers, but not all that it is asked: without a rest the stream would go at its pace.
		if ctx.Err() == nil && errors.Is(limited.Err(), context.DeadlineExceeded) {
			c.rest.Store(time.Now().Add(restTimeouts * c.cfg.Timeout).UnixNano())
		}
	}()

	batches := split(c.cfg, questions, results, x)
	var taken atomic.Int64
	var group sync.WaitGroup
	for range min(len(batches), c.cfg.InFlight) {
		group.Go(func() {
			for i := taken.Add(1) - 1; i < int64(len(batches)); i = taken.Add(1) - 1 {
				b := batches[i]
				answered := askBatch(ctx, limited, c, b, x)
				for n, place := range b.places {
					results[place] = answered[n]
				}
			}
		})
	}
	group.Wait()
	return results
}

// askBatch makes one request. ctx is that of caller with the timeout.
func askBatch[Q, A any](caller, ctx context.Context, c *Client, b batch[Q], x Exchange[Q, A]) []Result[A] {
	refused := func(err error) []Result[A] {
		results := make([]Result[A], len(b.asked))
		refuse(results, reasonOf(err))
		return results
	}
	select {
	case c.slots <- struct{}{}:
		defer func() { <-c.slots }()
	case <-ctx.Done():
		return refused(ctx.Err())
	}
	if ctx.Err() != nil { // a slot was free at the same moment
		return refused(ctx.Err())
	}
	var results []Result[A]
	err := c.guarded(caller, ctx, func() error {
		answer, err := c.post(ctx, b.body, answerBytes+answerItemBytes*len(b.asked)+2*len(b.body))
		if err != nil {
			return err
		}
		if results, err = x.Decode(answer, b.asked); err != nil {
			return &failure{reason: ReasonInvalidAnswer, err: err}
		}
		if len(results) != len(b.asked) {
			return &failure{reason: ReasonInvalidAnswer}
		}
		return nil
	})
	if err != nil {
		return refused(err)
	}
	return results
}

func refuse[A any](results []Result[A], reason string) {
	for i := range results {
		results[i] = Result[A]{Reason: reason}
	}
}

func count[A any](m metrics, results []Result[A]) {
	for i := range results {
		outcome := results[i].Reason
		if outcome == "" {
			outcome = outcomeAnswered
		}
		m.questions.WithLabelValues(outcome).Inc()
	}
}
