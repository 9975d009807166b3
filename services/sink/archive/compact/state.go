package compact

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"time"

	"catsvdogs/services/pipeline/archived"
	"catsvdogs/services/sink/archive/bucket"
)

const stateName = archived.SuppressedRoot + "state.json"

// state is what is known of passes, kept beside the list. It is replaced only in the place of the version that was read,
// so it is also what several sinks agree by which of them makes a pass. It only saves work: without it, or with two that
// compact at once, everything is right all the same.
type state struct {
	Started  time.Time `json:"started"`  // when the last pass began, by the clock of who made it
	Finished time.Time `json:"finished"` // when the last whole pass ended
	Through  time.Time `json:"through"`  // when that pass began, by the store's clock

	etag string // "" when there is none yet
}

func (c *Compactor) readState(ctx context.Context) (state, error) {
	var s state
	var content []byte
	etag, err := c.Bucket.Get(ctx, stateName, func(r io.Reader) (err error) {
		content, err = io.ReadAll(io.LimitReader(r, 1<<16))
		return err
	})
	if errors.Is(err, bucket.ErrMissing) {
		return s, nil
	}
	if err != nil {
		return s, err
	}
	if err := json.Unmarshal(content, &s); err != nil {
		// Everything is looked at again, which is right, if slow.
		c.Logger.Warn("the state of compaction cannot be read; all objects are looked at again", "object", stateName, "error", err)
		s = state{}
	}
	s.etag = etag
	return s, nil
}

// writeState replaces the state that was read; bucket.ErrChanged or bucket.ErrExists when somebody else has.
func (c *Compactor) writeState(ctx context.Context, s state) error {
	text, err := json.Marshal(s)
	if err != nil {
		return fmt.Errorf("encode the state of compaction: %w", err)
	}
	return c.Bucket.Put(ctx, stateName, bytes.NewReader(text), int64(len(text)),
		bucket.Options{ContentType: "application/json", OnlyNew: s.etag == "", IfMatch: s.etag})
}

// update changes the state until nobody else has changed it in between.
func (c *Compactor) update(ctx context.Context, change func(*state)) error {
	for {
		s, err := c.readState(ctx)
		if err != nil {
			return err
		}
		change(&s)
		err = c.writeState(ctx, s)
		if !errors.Is(err, bucket.ErrChanged) && !errors.Is(err, bucket.ErrExists) {
			return err
		}
	}
}

// begin notes that a pass begins, and returns what finish is to note. Through is what the store's clock says now.
func (c *Compactor) begin(ctx context.Context) (state, error) {
	now := time.Now().UTC()
	if err := c.update(ctx, func(s *state) { s.Started = now }); err != nil {
		return state{}, err
	}
	stat, err := c.Bucket.Stat(ctx, stateName)
	return state{Through: stat.Modified.UTC()}, err
}

// finish notes that all was looked at that was there when the pass began.
func (c *Compactor) finish(ctx context.Context, done state) error {
	return c.update(ctx, func(s *state) {
		s.Finished = time.Now().UTC()
		if done.Through.After(s.Through) {
			s.Through = done.Through
		}
	})
}

// lease is how long a pass may take before another sink takes it for dead and makes one.
const lease = 2 * time.Hour

// Run makes a pass whenever the last whole one, whoever made it, began this long ago, until ctx ends. Of several sinks on one
// archive one makes it. done is told of each pass.
func (c *Compactor) Run(ctx context.Context, every time.Duration, done func(Report, error)) {
	look := min(every/10, time.Minute)
	for {
		// At different moments in different sinks, so that they seldom want the same one.
		wait := look/2 + rand.N(look)
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return
		}
		mine, err := c.claim(ctx, every)
		if err == nil && !mine {
			continue
		}
		var r Report
		if err == nil {
			r, err = c.Pass(ctx)
		}
		if ctx.Err() != nil {
			return // what was done stays done
		}
		done(r, err)
	}
}

// claim says whether a pass is due and this sink has got it.
func (c *Compactor) claim(ctx context.Context, every time.Duration) (bool, error) {
	s, err := c.readState(ctx)
	if err != nil {
		return false, err
	}
	now := time.Now().UTC()
	isRunning := s.Started.After(s.Finished)
	if isRunning && now.Sub(s.Started) < min(lease, every) || !isRunning && now.Sub(s.Started) < every {
		return false, nil
	}
	s.Started = now
	err = c.writeState(ctx, s)
	if errors.Is(err, bucket.ErrChanged) || errors.Is(err, bucket.ErrExists) {
		return false, nil
	}
	return err == nil, err
}
