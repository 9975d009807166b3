//go:build unix

package chaos

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"syscall"
	"time"

	"catsvdogs/services/chaos/plan"
	"catsvdogs/services/chaos/volume"
	"catsvdogs/services/e2e/realparts"
	"catsvdogs/services/pipeline/faultproxy"
)

// indexFaults are Elasticsearch's.
func indexFaults() []kind {
	const lane = "index"
	front := fronted{lane, "Elasticsearch", "bulk requests", func(s *scene) *faultproxy.Proxy { return s.indexFront }}
	return []kind{
		front.misbehaves("half-bulk", "does half of a bulk request and loses the answer", true, func() faultproxy.Fault { return faultproxy.HalfBulk(faultproxy.Alternately(faultproxy.Bulk)) }),
		front.misbehaves("429", "takes no bulk request: too many are under way (429)", true, func() faultproxy.Fault { return faultproxy.Refuse(faultproxy.Bulk, faultproxy.TooMany()) }),
		front.misbehaves("503", "has no master (503)", false, func() faultproxy.Fault { return faultproxy.Refuse(faultproxy.Any, faultproxy.Unavailable()) }),
		front.misbehaves("slow", "takes three seconds for a bulk request", false, func() faultproxy.Fault { return faultproxy.Slow(faultproxy.Bulk, 3*time.Second) }),
		front.misbehaves("answer-lost", "does what it is asked and loses the answer", false, func() faultproxy.Fault { return faultproxy.LoseAnswer(faultproxy.Alternately(faultproxy.Bulk)) }),
		{
			Kind: plan.Kind{Name: "index-read-only", Lane: lane, Takes: 30 * time.Second, Essential: true},
			says: "Elasticsearch's disk passes the flood stage, and it makes its indices read-only",
			make: func(s *scene, _ *rand.Rand) fault { return &readOnly{s} },
		},
		{
			Kind: plan.Kind{Name: "index-frozen", Lane: lane, Takes: 12 * time.Second},
			says: "Elasticsearch is frozen for eight seconds", hold: 8 * time.Second,
			make: func(s *scene, _ *rand.Rand) fault { return &serverFrozen{s.index} },
		},
		{
			Kind: plan.Kind{Name: "index-killed", Lane: lane, Takes: 45 * time.Second},
			says: "kill -9 of Elasticsearch, which comes back", hold: 2 * time.Second,
			make: func(s *scene, _ *rand.Rand) fault { return &serverKilled{s.index} },
		},
		{
			Kind: plan.Kind{Name: "index-disk-full", Lane: lane, Takes: 40 * time.Second},
			says: "Elasticsearch's disk is full, and gets room again", hold: 10 * time.Second, able: func(s *scene) bool { return s.indexDisk != nil },
			make: func(s *scene, _ *rand.Rand) fault { return &indexFull{scene: s, disk: s.indexDisk} },
		},
	}
}

type serverFrozen struct{ *realparts.Server }

func (f *serverFrozen) inject(context.Context) error { return f.Signal(syscall.SIGSTOP) }

func (f *serverFrozen) evidence(ctx context.Context) (string, error) {
	return f.Name + " is stopped by a signal", await(ctx, 10*time.Second, "the process to be frozen", func(ctx context.Context) error { return frozen(ctx, f.PID()) })
}

func (f *serverFrozen) heal(context.Context) error { return f.Signal(syscall.SIGCONT) }

type serverKilled struct{ *realparts.Server }

func (f *serverKilled) inject(context.Context) error { return f.Kill() }

func (f *serverKilled) evidence(context.Context) (string, error) {
	if status := f.Status(); status != "signal: killed" {
		return "", fmt.Errorf("%s ended otherwise: %s", f.Name, status)
	}
	return f.Name + " ended: signal: killed", nil
}

func (f *serverKilled) heal(ctx context.Context) error { return f.Start(ctx) }

// readOnly moves the watermarks below what the disk holds. The block is Elasticsearch's own doing, and so is its end, once the
// disk is below them again
// (https://www.elastic.co/docs/reference/elasticsearch/configuration-reference/cluster-level-shard-allocation-routing-settings).
type readOnly struct{ *scene }

func (f *readOnly) inject(ctx context.Context) error {
	return f.watermarks(ctx, `"0.01%"`, `"0.02%"`, `"0.03%"`)
}

// watermarks sets them as shares of the disk that are used; null is what they were.
func (f *readOnly) watermarks(ctx context.Context, low, high, flood string) error {
	const set = `{"persistent":{"cluster.routing.allocation.disk.watermark.low":%s,"cluster.routing.allocation.disk.watermark.high":%s,"cluster.routing.allocation.disk.watermark.flood_stage":%s}}`
	return askJSON(ctx, http.MethodPut, f.index.Addr+"/_cluster/settings", fmt.Sprintf(set, low, high, flood), nil)
}

// blocked lists the indices of posts that are read-only.
func (s *scene) blocked(ctx context.Context) (names []string, err error) {
	var answer map[string]json.RawMessage
	err = askJSON(ctx, http.MethodGet, s.index.Addr+"/tweets-*/_settings/index.blocks.read_only_allow_delete"+soon, "", &answer)
	for name, settings := range answer {
		if strings.Contains(string(settings), `"read_only_allow_delete":"true"`) {
			names = append(names, name)
		}
	}
	return names, err
}

func (f *readOnly) evidence(ctx context.Context) (string, error) {
	var names []string
	err := await(ctx, time.Minute, "the block on the index", func(ctx context.Context) (err error) {
		if names, err = f.blocked(ctx); err == nil && len(names) == 0 {
			err = errors.New("no index is read-only")
		}
		return err
	})
	return fmt.Sprintf("%s: index.blocks.read_only_allow_delete is true", strings.Join(names, ", ")), err
}

func (f *readOnly) heal(ctx context.Context) error {
	if err := f.watermarks(ctx, "null", "null", "null"); err != nil {
		return err
	}
	return f.awaitWritable(ctx)
}

func (s *scene) awaitWritable(ctx context.Context) error {
	return await(ctx, 2*time.Minute, "the end of the block on the index", func(ctx context.Context) error {
		names, err := s.blocked(ctx)
		if err == nil && len(names) > 0 {
			err = fmt.Errorf("%v are read-only", names)
		}
		return err
	})
}

// soon has Elasticsearch say at once that it has no master, which it otherwise waits for.
const soon = "?master_timeout=1s"

func hasNoMaster(err error) bool {
	r := new(refusedError)
	return errors.As(err, &r) && strings.Contains(r.answer, "master_not_discovered")
}

// indexFull is a disk that is full all at once, so that a write fails before any watermark is looked at.
type indexFull struct {
	*scene
	disk *volume.Volume
}

func (f *indexFull) inject(context.Context) error {
	_, err := f.disk.Fill()
	return err
}

func (f *indexFull) evidence(ctx context.Context) (string, error) {
	said := ""
	err := await(ctx, proveWithin, "a write that the disk does not take", func(ctx context.Context) error {
		var health struct{ Status string }
		err := askJSON(ctx, http.MethodGet, f.index.Addr+"/_cluster/health"+soon, "", &health)
		if err == nil && health.Status == "red" {
			said = "the disk is full, and the cluster is red"
			return nil
		}
		if hasNoMaster(err) { // it could not write its own state
			said = "the disk is full, and the cluster has no master"
			return nil
		}
		names, err := f.blocked(ctx)
		if len(names) > 0 {
			said = fmt.Sprintf("the disk is full, and %v are read-only", names)
			return nil
		}
		return errors.Join(err, errors.New("the index takes writes"))
	})
	return said, err
}

func (f *indexFull) heal(ctx context.Context) error {
	if err := f.disk.Free(); err != nil {
		return err
	}
	// A shard that has failed too often waits for a person who says that the reason is gone.
	err := await(ctx, 2*time.Minute, "Elasticsearch to open the index again", func(ctx context.Context) error {
		if err := askJSON(ctx, http.MethodPost, f.index.Addr+"/_cluster/reroute"+soon+"&retry_failed=true", "{}", nil); err != nil {
			return err
		}
		var health struct{ Status string }
		err := askJSON(ctx, http.MethodGet, f.index.Addr+"/_cluster/health"+soon, "", &health)
		if err == nil && health.Status == "red" {
			err = errors.New("the cluster is red")
		}
		return err
	})
	return errors.Join(err, f.awaitWritable(ctx))
}
