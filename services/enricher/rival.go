package enricher

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/services/pipeline/stage"
)

// ErrNameTaken says that another process works under this replica's name.
var ErrNameTaken = errors.New("another enricher has this replica's name; each needs its own --transactional-id")

// rivalWithin is how soon after the first time a replica loses its place again when another process has its name.
const rivalWithin = time.Minute

// consumeUnlessRivalled runs sessions until ctx ends, which is no error, or until another process has taken this
// replica's place twice. Once may be a broker that went down before it had written down who has the place; then the next
// session takes it again. A rival does the same, so of two the one ends that has lost the place twice, and the other one
// stays.
func (e *enricher) consumeUnlessRivalled(ctx context.Context) error {
	ctx, end := context.WithCancelCause(ctx)
	defer end(nil)
	var lost time.Time
	stage.Sessions(ctx, func(ctx context.Context) error {
		err := e.consume(ctx)
		if errors.Is(err, kerr.FencedInstanceID) {
			if !lost.IsZero() && time.Since(lost) < rivalWithin {
				end(fmt.Errorf("%w: %s", ErrNameTaken, e.name))
			}
			lost = time.Now()
		}
		return err
	}, e.tel.StartingOver)
	if cause := context.Cause(ctx); errors.Is(cause, ErrNameTaken) {
		return cause
	}
	return nil
}

// fenced adds to an error of a transaction that another process has this replica's place, if that is so. That the
// transaction's epoch is another's now does not tell: a broker ends one that takes too long with the same answer.
func (e *enricher) fenced(ctx context.Context, cl *kgo.Client, err error) error {
	if !errors.Is(err, kerr.ProducerFenced) && !errors.Is(err, kerr.InvalidProducerEpoch) {
		return err
	}
	own, _ := cl.GroupMetadata()
	asked, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	groups, _ := kadm.NewClient(cl).DescribeGroups(asked, e.cfg.Group)
	for _, m := range groups[e.cfg.Group].Members {
		if m.InstanceID != nil && *m.InstanceID == e.name && m.MemberID != own {
			return fmt.Errorf("%w: %w", kerr.FencedInstanceID, err)
		}
	}
	return err
}
