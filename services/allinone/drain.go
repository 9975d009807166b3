package allinone

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/cenkalti/backoff/v5"
)

// source asks the simulator over its own API.
type source struct{ url string }

// truth is what the simulator says that it handed to the stream's client.
type truth struct {
	Emitted      int64 `json:"emitted"`
	Posts        int64 `json:"posts"`
	TotalEmitted int64 `json:"total_emitted"`
	TotalPosts   int64 `json:"total_posts"`
	Finished     bool  `json:"finished"`
}

func (s *source) status(ctx context.Context) (truth, error) {
	return s.ask(ctx, http.MethodGet, "status")
}

// pause stops the posts; what it returns stands still from then on.
func (s *source) pause(ctx context.Context) (truth, error) {
	return s.ask(ctx, http.MethodPost, "pause")
}

func (s *source) ask(ctx context.Context, method, what string) (t truth, err error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, s.url+"/simulator/v1/"+what, nil)
	if err != nil {
		return t, fmt.Errorf("ask the simulator: %w", err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return t, fmt.Errorf("ask the simulator: %w", err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return t, fmt.Errorf("the simulator answered %s to %s", resp.Status, what)
	}
	if err := json.NewDecoder(io.LimitReader(resp.Body, 1<<16)).Decode(&t); err != nil {
		return t, fmt.Errorf("read the simulator's answer: %w", err)
	}
	return t, nil
}

// drain pauses the source and returns when every line that it handed out has been stored everywhere. accounted is the ledger's
// where lines were repeated or lost on purpose, so that their number says nothing; else nil.
func drain(ctx context.Context, source *source, count *counter, accounted *accounts) (truth, error) {
	t, err := source.pause(ctx)
	if err != nil {
		return t, err
	}
	emitted := t.Emitted
	if accounted != nil {
		emitted = 0
		paused := time.Now()
		if err := until(ctx, func(context.Context) error { return accounted.settled(paused) }); err != nil {
			return t, err
		}
	}
	if err := until(ctx, func(ctx context.Context) error { return count.enricherBehind(ctx, emitted) }); err != nil {
		return t, err
	}
	reading, cancel := context.WithTimeout(ctx, drainTimeout)
	defer cancel()
	if err := count.readTopics(reading); err != nil {
		return t, err
	}
	return t, until(ctx, count.sinkBehind)
}

// until asks again and again until nothing is behind.
func until(ctx context.Context, behind func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, drainTimeout)
	defer cancel()
	_, err := backoff.Retry(ctx, func() (struct{}, error) { return struct{}{}, behind(ctx) },
		backoff.WithBackOff(backoff.NewConstantBackOff(20*time.Millisecond)), backoff.WithMaxElapsedTime(0))
	if err != nil {
		return fmt.Errorf("not everything was stored in time: %w", err)
	}
	return nil
}
