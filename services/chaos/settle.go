//go:build unix

package chaos

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"catsvdogs/services/pipeline/topic"
)

const (
	// quietFor is how long nothing must come to tweets.raw before it counts as the end: what mends a gap waits for the search.
	quietFor     = lastLook + searchLag
	settleWithin = 3 * time.Minute
	// gapsWithin is for what may come before that: gaps are searched for one after the other.
	gapsWithin = 5 * time.Minute
)

// gauge is a metric of ingest.
func (s *scene) gauge(ctx context.Context, name string) (float64, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+s.all("ingest")[0].telemetry+"/metrics", nil)
	if err != nil {
		return 0, fmt.Errorf("ask ingest for its metrics: %w", err)
	}
	resp, err := asking.Do(req)
	if err != nil {
		return 0, fmt.Errorf("ask ingest for its metrics: %w", err)
	}
	defer func() { _ = resp.Body.Close() }() // its connection is not kept
	lines := bufio.NewScanner(resp.Body)
	for lines.Scan() {
		value, is := strings.CutPrefix(lines.Text(), name)
		if !is {
			continue
		}
		if _, labelled, has := strings.Cut(value, "}"); has {
			value = labelled
		}
		return strconv.ParseFloat(strings.TrimSpace(value), 64)
	}
	return 0, fmt.Errorf("ingest tells no %s, %w", name, lines.Err())
}

// settle stops the source and then what writes to tweets.raw, and returns when nothing more comes there. The ledger waits for
// the rest.
func (s *scene) settle(ctx context.Context) error {
	if err := askJSON(ctx, http.MethodPost, s.simulator+"/simulator/v1/pause", "", nil); err != nil {
		return fmt.Errorf("stop the source: %w", err)
	}
	last, since := [3]int64{-1, -1, -1}, time.Now()
	err := await(ctx, gapsWithin, "the last look at the last post and the end of all searches", func(ctx context.Context) error {
		n, err := s.written(ctx, topic.Raw)
		if err != nil {
			return err
		}
		// A search that finds only what is there already writes nothing, and its last page may hold what is missing.
		handed, err := os.Stat(s.truth)
		if err != nil {
			return fmt.Errorf("look at what the source has handed over: %w", err)
		}
		// For a gap it searches only when what was posted at its end can be found, most of a minute after the stream was back.
		gaps, err := s.gauge(ctx, "catsvdogs_ingest_open_gaps")
		if err != nil {
			return err
		}
		if now := [3]int64{n, handed.Size(), int64(gaps)}; now != last || gaps > 0 {
			last, since = now, time.Now()
		}
		if quiet := time.Since(since); quiet < quietFor {
			return fmt.Errorf("%d records are there, something has come %s ago, and %v gaps wait to be filled", n, quiet.Round(time.Second), gaps)
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
