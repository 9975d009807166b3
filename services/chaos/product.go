//go:build unix

package chaos

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"

	"catsvdogs/services/chaos/wallclock"
)

const (
	bucketName = "catsvdogs-archive"

	// searchLag is how old a post is before the simulator's search finds it, which is what mends gaps.
	searchLag = 3 * time.Second
	// lastLook is when a post is looked at for the last time.
	lastLook = 12 * time.Second

	startWithin = 2 * time.Minute
	endWithin   = time.Minute
)

// launch provisions the servers and starts the product. It returns when documents arrive.
func (s *scene) launch(ctx context.Context) error {
	if out, err := exec.CommandContext(ctx, filepath.Join(s.bin, "provision"), append(s.servers(), "--contest", s.cfg.Contest)...).CombinedOutput(); err != nil {
		return fmt.Errorf("provision: %w\n%s", err, out)
	}
	free := newPorts()
	source, err := free.next(ctx)
	if err != nil {
		return err
	}
	page, err := free.next(ctx)
	if err != nil {
		return err
	}
	s.simulator, s.page, s.truth = "http://"+source, "http://"+page, filepath.Join(s.dir, "truth.ndjson")
	kafka := []string{"--kafka-brokers", s.kafka()}
	contest := []string{"--contest", s.cfg.Contest}
	simulated := []string{"--source", "simulator", "--simulator-url", s.simulator}
	s.add("simulator", 1, func(int) []string {
		return []string{
			"--listen", source, "--truth", s.truth, "--seed", strconv.FormatUint(s.cfg.Seed, 10),
			"--rate", strconv.FormatFloat(s.cfg.Rate, 'f', -1, 64), "--malformed", "0.005", "--deleted", "0.05", "--half-life", "10s",
			"--search-lag", searchLag.String(), "--log-level", "warn",
			// Every restart fills a gap, and a run has as many as others in months: X's limit would be what is tested.
			"--searches", "100000",
		}
	})
	s.add("ingest", 1, func(int) []string { return join(kafka, contest, simulated) })
	s.add("enricher", 2, func(n int) []string {
		return join(kafka, contest, []string{"--transactional-id", fmt.Sprint("enricher-", n)})
	})
	s.add("sink", 2, func(int) []string {
		// Small objects and requests, so that whatever happens meets one in the middle.
		return join(s.servers(), []string{
			"--archive-records", "400", "--archive-age", "4s", "--archive-idle", "1s", "--archive-part-bytes", "5242880",
			"--archive-parquet", "--index-flush-interval", "100ms", "--index-bulk-min-bytes", "20000", "--index-bulk-bytes", "200000", "--compact-every", "0",
		})
	})
	s.add("refresher", 1, func(int) []string {
		return join(kafka, contest, simulated, []string{"--refresh-after", "4s," + lastLook.String(), "--refresh-grace", "30s"})
	})
	s.add("live", 1, func(int) []string { return join(kafka, contest, []string{"--http", page}) })
	for _, service := range []string{"simulator", "sink", "enricher", "live", "refresher", "ingest"} {
		for _, i := range s.all(service) {
			if i.telemetry, err = free.next(ctx); err != nil {
				return err
			}
			i.args = append(i.args, "--telemetry-addr", i.telemetry)
			if i.clock, err = wallclock.New(filepath.Join(s.dir, "clock-"+i.name)); err != nil {
				return err
			}
			if err := i.start(); err != nil {
				return err
			}
		}
		if service == "simulator" {
			if err := s.pauseSource(ctx); err != nil {
				return err
			}
		}
	}
	if err := s.resumeSource(ctx); err != nil {
		return err
	}
	err = await(ctx, startWithin, "the first documents", func(ctx context.Context) error {
		n, err := s.documents(ctx)
		if err == nil && n < 20 {
			err = fmt.Errorf("there are %d", n)
		}
		return err
	})
	s.watchedSince = time.Now()
	return err
}

// pauseSource keeps the source from posting before anybody is connected: a search for a later gap, which goes back some seconds
// more than it must, could find such a post, and nobody owes it when the search is cut off.
func (s *scene) pauseSource(ctx context.Context) error {
	return await(ctx, startWithin, "the source to start", func(ctx context.Context) error {
		return askJSON(ctx, http.MethodPost, s.simulator+"/simulator/v1/pause", "", nil)
	})
}

// resumeSource has the source post once ingest is connected.
func (s *scene) resumeSource(ctx context.Context) error {
	err := await(ctx, startWithin, "ingest to connect to the source", func(ctx context.Context) error {
		var status struct{ Connected bool }
		err := askJSON(ctx, http.MethodGet, s.simulator+"/simulator/v1/status", "", &status)
		if err == nil && !status.Connected {
			err = errors.New("it is not connected")
		}
		return err
	})
	if err != nil {
		return err
	}
	return askJSON(ctx, http.MethodPost, s.simulator+"/simulator/v1/resume", "", nil)
}

// add makes instances of a service, which do not run yet.
func (s *scene) add(service string, instances int, args func(n int) []string) {
	for n := 1; n <= instances; n++ {
		name := fmt.Sprintf("%s-%d", service, n)
		s.instances[name] = &instance{
			name: name, service: service, binary: filepath.Join(s.bin, service), args: args(n), logs: s.logs(), say: s.said.say,
		}
	}
}

// servers are the flags that name all servers.
func (s *scene) servers() []string {
	return []string{
		"--kafka-brokers", s.kafka(), "--elasticsearch-url", "http://" + s.network.to(toIndex).addr,
		"--s3-endpoint", "http://" + s.network.to(toStore).addr, "--s3-access-key", s.store.AccessKey, "--s3-secret-key", s.store.SecretKey, "--s3-bucket", bucketName,
	}
}

// documents is how many there are in the index.
func (s *scene) documents(ctx context.Context) (n int, err error) {
	var answer struct{ Count int }
	err = askJSON(ctx, http.MethodGet, s.index.Addr+"/tweets/_count", "", &answer)
	return answer.Count, err
}

func join(parts ...[]string) []string {
	var all []string
	for _, p := range parts {
		all = append(all, p...)
	}
	return all
}
