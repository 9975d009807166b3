package enricher

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/services/pipeline/broker"
	"catsvdogs/services/pipeline/stage"
)

// ErrNameTaken says that another process works under this replica's name.
var ErrNameTaken = errors.New("another enricher has this replica's name; each needs its own --transactional-id")

// placeRegained is how long a replica waits before it takes its place again that it had for long.
const placeRegained = 500 * time.Millisecond

// provenAfter is how long a member must be seen for it to be alive: the group forgets one that is silent for a session.
const provenAfter = broker.SessionTimeout + time.Second

// consumeUnlessRivalled runs sessions until ctx ends, which is no error, or until another process is seen to live in this
// replica's place. Of two the one yields that came last, so that one that is started again and again does not end the other:
//
//	it had its place for a session's time or longer     it takes its place again at once
//	it had it for less                                  it waits until the place is free, or ends when it has not been for
//	                                                    provenAfter
//
// The place may be lost without a rival, too: to a broker that went down before it had written down who has it. Then it is
// free once the session of whom it was written down for has timed out. A replica takes the place of its predecessor without
// such a wait, because that one, dead, does not take it back.
func (e *enricher) consumeUnlessRivalled(ctx context.Context) error {
	ctx, end := context.WithCancelCause(ctx)
	defer end(nil)
	stage.Sessions(ctx, func(ctx context.Context) error {
		for {
			began := time.Now()
			err := e.consume(ctx)
			if !errors.Is(err, kerr.FencedInstanceID) || ctx.Err() != nil {
				return err
			}
			if time.Since(began) < broker.SessionTimeout {
				e.tel.StartingOver(err, provenAfter)
				if e.rivalLives(ctx) {
					end(fmt.Errorf("%w: %s", ErrNameTaken, e.name))
				}
				return err
			}
			// Not with the growing pauses of other failures: a rival that has the place for long would not yield it.
			e.tel.StartingOver(err, placeRegained)
			if !pause(ctx, placeRegained) {
				return err
			}
		}
	}, e.tel.StartingOver)
	if cause := context.Cause(ctx); errors.Is(cause, ErrNameTaken) {
		return cause
	}
	return nil
}

// rivalLives waits until nobody has this replica's place, or until somebody has had it for provenAfter without a break, in
// which it would have been free had they been dead. While the group cannot be asked it tells nothing.
func (e *enricher) rivalLives(ctx context.Context) bool {
	cl, err := kgo.NewClient(broker.Dialing(e.cfg.Kafka)...)
	if err != nil {
		return false
	}
	defer cl.Close()
	var since time.Time
	for pause(ctx, heartbeatInterval) {
		taken, err := e.placeTaken(ctx, cl, "")
		switch {
		case err != nil:
			since = time.Time{} // a broker that comes back gives every member a new session
		case !taken:
			return false
		case since.IsZero():
			since = time.Now()
		case time.Since(since) >= provenAfter:
			return true
		}
	}
	return false
}

// pause waits; it is false when ctx ends before.
func pause(ctx context.Context, d time.Duration) bool {
	select {
	case <-time.After(d):
		return true
	case <-ctx.Done():
		return false
	}
}

// placeTaken is whether a member other than own has this replica's name in the group.
func (e *enricher) placeTaken(ctx context.Context, cl *kgo.Client, own string) (bool, error) {
	asked, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	groups, err := kadm.NewClient(cl).DescribeGroups(asked, e.cfg.Group)
	if err = errors.Join(err, groups.Error()); err != nil {
		return false, fmt.Errorf("ask for the group's members: %w", err)
	}
	for _, m := range groups[e.cfg.Group].Members {
		if m.InstanceID != nil && *m.InstanceID == e.name && m.MemberID != own {
			return true, nil
		}
	}
	return false, nil
}

// fenced adds to an error of a transaction that another process has this replica's place, if that is so. That the
// transaction's epoch is another's now does not tell: a broker ends one that takes too long with the same answer.
func (e *enricher) fenced(ctx context.Context, cl *kgo.Client, err error) error {
	if !errors.Is(err, kerr.ProducerFenced) && !errors.Is(err, kerr.InvalidProducerEpoch) {
		return err
	}
	own, _ := cl.GroupMetadata()
	for range joinsWithin / heartbeatInterval {
		if taken, _ := e.placeTaken(ctx, cl, own); taken {
			return fmt.Errorf("%w: %w", kerr.FencedInstanceID, err)
		}
		if !pause(ctx, heartbeatInterval) {
			break
		}
	}
	return err
}

// joinsWithin is how soon after its first transaction a rival is in the group.
const joinsWithin = time.Second
