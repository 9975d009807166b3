//go:build unix

package chaos

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"catsvdogs/services/chaos/plan"
	"catsvdogs/services/pipeline/crashpoint"
)

// crashAt says of each point whose it is and what has the process come there soon; nil where its usual work does.
var crashAt = map[crashpoint.Name]struct {
	service string
	says    string
	provoke func(ctx context.Context, s *scene, armed *instance) error
}{
	crashpoint.IngestTaken:        {"ingest", "between reading lines and writing them", nil},
	crashpoint.IngestAcknowledged: {"ingest", "after lines are written and before anything tells so", nil},
	crashpoint.EnricherProduced:   {"enricher", "between writing the records of a transaction and committing it", nil},
	crashpoint.EnricherCommitted:  {"enricher", "between committing a transaction and reading on", nil},
	crashpoint.EnricherRebalance:  {"enricher", "in the middle of a rebalance", nil}, // that of its start
	crashpoint.IndexStored:        {"sink", "between a bulk request and the commit of its offsets", nil},
	crashpoint.IndexRebalance:     {"sink", "in the middle of a rebalance of the index", comeAndGo},
	crashpoint.ArchiveIntended:    {"sink", "between announcing an object of the archive and uploading it", nil},
	crashpoint.ArchivePart:        {"sink", "in the middle of an upload in parts", largeRecords},
	crashpoint.ArchiveUploaded:    {"sink", "between uploading an object of the archive and committing its offsets", nil},
	crashpoint.ArchiveRebalance:   {"sink", "in the middle of a rebalance of the archive", comeAndGo},
	crashpoint.DeadLetterStored:   {"sink", "between storing a dead letter and the commit of its offset", brokenRecords},
	crashpoint.RefresherLooked:    {"refresher", "between looking posts up and writing what that told", nil},
}

// crashFaults have a process die at a point that has a name.
func crashFaults() (kinds []kind) {
	for _, point := range crashpoint.All() {
		at := crashAt[point]
		kinds = append(kinds, kind{
			Kind: plan.Kind{Name: "crash-" + strings.ReplaceAll(string(point), ".", "-"), Lane: at.service, Takes: 7 * time.Second, Essential: true, Connects: 2 * connectsOf(at.service)},
			says: a(at.service) + " dies " + at.says,
			make: func(s *scene, random *rand.Rand) fault {
				return &crashed{instance: one(s, at.service, random), scene: s, point: point, provoke: at.provoke}
			},
		})
	}
	return kinds
}

// crashed is an instance that is started again with the order to die at a point.
type crashed struct {
	*instance
	scene   *scene
	point   crashpoint.Name
	provoke func(ctx context.Context, s *scene, armed *instance) error
}

func (f *crashed) told() string { return filepath.Join(f.logs, "crash-"+string(f.point)) }

func (f *crashed) inject(ctx context.Context) error {
	if _, err := f.end(ctx, syscall.SIGTERM); err != nil {
		return err
	}
	return f.arm(ctx)
}

// arm starts it with the order.
func (f *crashed) arm(ctx context.Context) error {
	if err := os.Remove(f.told()); err != nil && !os.IsNotExist(err) {
		return fmt.Errorf("forget an earlier crash: %w", err)
	}
	if err := f.start("CATSVDOGS_CRASH_AT="+string(f.point), "CATSVDOGS_CRASH_TOLD="+f.told()); err != nil {
		return err
	}
	f.expect()
	if f.provoke != nil {
		return f.provoke(ctx, f.scene, f.instance)
	}
	return nil
}

func (f *crashed) evidence(ctx context.Context) (string, error) {
	status, err := f.await(ctx, f.expect(), proveWithin)
	if err != nil {
		return "", err
	}
	told, err := os.ReadFile(f.told())
	if os.IsNotExist(err) && status != "signal: killed" {
		// It has not come there, such as on a 403 that another fault has made; like any other it is started again.
		pause(ctx, byItselfAgain)
		if err := f.arm(ctx); err != nil {
			return "", err
		}
		return f.evidence(ctx)
	}
	if err != nil || status != "signal: killed" || !strings.HasPrefix(string(told), string(f.point)+" ") {
		return "", fmt.Errorf("%s ended with %q and told %q, %w", f.name, status, told, err)
	}
	return fmt.Sprintf("%s told that it was at %s, and ended: %s", f.name, f.point, status), nil
}

func (f *crashed) heal(ctx context.Context) error {
	select {
	case <-f.expect().ended:
	default:
		if _, err := f.end(ctx, syscall.SIGKILL); err != nil {
			return err
		}
	}
	return f.start()
}

// comeAndGo has the armed instance have all partitions, of which others take some when they come back.
func comeAndGo(ctx context.Context, s *scene, armed *instance) error {
	return alone(ctx, s, armed, func() error { return nil })
}

// largeRecords has the armed instance archive an object that must be uploaded in parts, and keeps the others away until it has
// died of it: they could have the partition.
func largeRecords(ctx context.Context, s *scene, armed *instance) error {
	return alone(ctx, s, armed, func() error {
		if err := s.produce(ctx, incompressible(8, 900<<10)...); err != nil {
			return err
		}
		select {
		case <-armed.expect().ended:
		case <-ctx.Done(): // the evidence will say so
		}
		return nil
	})
}

// brokenRecords has some record of a dead letter come soon.
func brokenRecords(ctx context.Context, s *scene, armed *instance) error {
	return alone(ctx, s, armed, func() error { return s.produce(ctx, broken(rand.New(rand.NewPCG(1, 1)))...) }) //nolint:gosec // no secrets
}

// alone ends all other instances of a service, waits until the armed one has everything, does something, and starts the others.
func alone(ctx context.Context, s *scene, armed *instance, do func() error) (err error) {
	for _, other := range s.all(armed.service) {
		if other == armed {
			continue
		}
		if _, err := other.end(ctx, syscall.SIGTERM); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, other.start()) }()
	}
	// It may come to its point before it has everything, and then all is done.
	waiting, cancel := context.WithCancel(ctx)
	defer cancel()
	dead := armed.expect().ended
	go func() {
		select {
		case <-dead:
			cancel()
		case <-waiting.Done():
		}
	}()
	partitions := 0
	err = s.awaitGroup(waiting, groupOf[armed.service], 1, &partitions)
	select {
	case <-dead:
		return nil
	default:
	}
	if err != nil {
		return err
	}
	return do()
}
