//go:build unix

package chaos

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"syscall"
	"time"

	"catsvdogs/services/pipeline/topic"
)

const (
	// quietFor is how long nothing must come to tweets.raw before it counts as the end: what mends a gap waits for the search.
	quietFor     = lastLook + searchLag
	settleWithin = 3 * time.Minute
)

// settle stops the source and then what writes to tweets.raw, and returns when nothing more comes there. The ledger waits for
// the rest.
func (s *scene) settle(ctx context.Context) error {
	if err := askJSON(ctx, http.MethodPost, s.simulator+"/simulator/v1/pause", "", nil); err != nil {
		return fmt.Errorf("stop the source: %w", err)
	}
	last, since := [2]int64{-1, -1}, time.Now()
	err := await(ctx, settleWithin, "the last look at the last post and the end of all searches", func(ctx context.Context) error {
		n, err := s.written(ctx, topic.Raw)
		if err != nil {
			return err
		}
		// A search that finds only what is there already writes nothing, and its last page may hold what is missing.
		handed, err := os.Stat(s.truth)
		if err != nil {
			return fmt.Errorf("look at what the source has handed over: %w", err)
		}
		if now := [2]int64{n, handed.Size()}; now != last {
			last, since = now, time.Now()
		}
		if quiet := time.Since(since); quiet < quietFor {
			return fmt.Errorf("%d records are there, something has come %s ago", n, quiet.Round(time.Second))
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, service := range []string{"ingest", "refresher"} {
		for _, i := range s.all(service) {
			if status, err := i.end(ctx, syscall.SIGTERM); err != nil || status != "exit status 0" {
				return fmt.Errorf("stop %s: %s, %w", i.name, status, err)
			}
		}
	}
	return nil
}
