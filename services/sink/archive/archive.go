// Package archive copies every record of tweets.raw and tweets.enriched into objects of an S3 store, each record exactly
// once. It owns the consumer group, the objects' names and lines, and the protocol that makes it exactly once.
//
// # Why every record is archived exactly once
//
// Kafka knows one thing of a partition for the group: the committed offset and its metadata. It moves in three steps,
// for one object of a partition at a time, which starts at the committed offset c (or at the first record after it) and
// ends with the record at l:
//
//  1. commit offset c, metadata {object, l}: the intent
//  2. put the object, unless one of its name is there (If-None-Match: *)
//  3. commit offset l+1, no metadata
//
// The name and the content of an object follow from its first and last record alone. Kafka takes a commit only from the
// partition's present owner (a member that was thrown out has a stale generation), and a member commits only under the
// lock that its own revocation takes (see assignment.go), so the three commits of one owner are never mixed with
// another's.
//
// A crash before 1: nothing was uploaded; the next owner starts at c and chooses the object's end anew.
// A crash between 1 and 3: the next owner reads the intent, and writes exactly the range c…l under exactly that name,
// whether or not the object is there: step 2 leaves an object that is there alone, and it holds the same records.
// A crash after 3: the next owner starts at l+1.
// A former owner that was paused between 1 and 2 and wakes up late: it puts the object of its intent, which is also the
// only one that the new owner may write at c; one of the two puts wins and both have the same content. Its commit 3 is
// refused. Had it been paused before 1, its commit 1 is refused and it puts nothing.
//
// So every offset is in exactly one object: objects of a partition start where the one before ended, whoever wrote them.
// Rotation may therefore depend on the clock: it only ever chooses l before the intent is committed, never after.
// Offsets without a record (markers and aborted records of transactions, compacted records) belong to no object.
package archive

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/cenkalti/backoff/v5"
	"github.com/twmb/franz-go/pkg/kgo"
	"golang.org/x/sync/errgroup"

	"catsvdogs/services/pipeline/broker"
	"catsvdogs/services/pipeline/stage"
	"catsvdogs/services/pipeline/telemetry"
	"catsvdogs/services/pipeline/topic"
)

// Config is what the archive half needs to know.
type Config struct {
	Kafka    broker.Config
	Group    string
	Rotation Rotation
}

// Store is where objects are put.
type Store interface {
	// Check returns an error while the store cannot be used.
	Check(ctx context.Context) error
	// Put writes an object as a whole, unless there is one of its name: then the error wraps errExists.
	Put(ctx context.Context, o *object) error
}

const (
	// pollRecords bounds what is taken before the clock is looked at again.
	pollRecords = 10_000
	// pollTime is how often the clock is looked at when nothing comes.
	pollTime = 100 * time.Millisecond
	// uploads is how many objects are put at the same time.
	uploads = 4
)

// Run archives until ctx ends; then it uploads the open objects, commits and leaves the group. When Kafka and this member
// disagree, it drops what is open and starts over from the committed offsets.
func Run(ctx context.Context, cfg Config, store Store, tel *telemetry.Stage) error {
	m := newMetrics(tel.Registerer)
	stage.Sessions(ctx, func(ctx context.Context) error {
		a := &archiver{cfg: cfg, store: store, tel: tel, metrics: m, assignment: assignment{owned: map[topicPartition]*partition{}}}
		return a.session(ctx)
	}, tel.StartingOver)
	return nil
}

func (a *archiver) session(ctx context.Context) error {
	if err := a.connect(); err != nil {
		return err
	}
	defer a.client.CloseAllowingRebalance()
	working, done := stage.Detached(ctx) // one bound for all that a stop still waits for
	defer done()
	if err := a.waitForServers(ctx); err != nil {
		return err
	}
	a.tel.Ready()
	lastRecord := time.Now()
	for ctx.Err() == nil {
		fetches := a.poll(ctx)
		if fetches.NumRecords() > 0 {
			lastRecord = time.Now()
		}
		closed, err := a.take(fetches)
		// Everything polled is in an object of a partition that is still ours; from here on a rebalance does no harm.
		a.client.AllowRebalance()
		if err == nil {
			err = a.upload(working, append(closed, a.closeDue(lastRecord)...))
		}
		if err != nil {
			// Nothing more may be committed by this member: an object that did not get through leaves a gap behind
			// which no offset may move. The next session reads it again.
			broker.Leave(a.client)
			return err
		}
	}
	if err := a.upload(working, a.closeAll()); err != nil {
		a.tel.Logger.Warn("stopped before all open objects were archived; the next start does it", "error", err)
	}
	broker.Leave(a.client)
	return nil
}

// connect makes the client. The group begins its work before NewClient returns, and its callbacks use the client, so
// they wait for the lock.
func (a *archiver) connect() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	options := append(broker.Options(a.cfg.Kafka, a.cfg.Group, a.tel), broker.GroupOptions(a.cfg.Group, topic.Raw, topic.Enriched)...)
	cl, err := kgo.NewClient(append(options,
		kgo.DisableAutoCommit(),
		kgo.BlockRebalanceOnPoll(),
		kgo.AdjustFetchOffsetsFn(a.adopt),
		kgo.OnPartitionsRevoked(a.release),
		kgo.OnPartitionsLost(a.release),
	)...)
	if err != nil {
		return fmt.Errorf("connect to Kafka: %w", err)
	}
	a.client = cl
	return nil
}

type archiver struct {
	cfg     Config
	client  *kgo.Client
	store   Store
	tel     *telemetry.Stage
	metrics *metrics
	assignment
}

func (a *archiver) poll(ctx context.Context) kgo.Fetches {
	ctx, cancel := context.WithTimeout(ctx, pollTime)
	defer cancel()
	fetches := a.client.PollRecords(ctx, pollRecords)
	fetches.EachError(func(t string, p int32, err error) {
		if ctx.Err() == nil {
			a.tel.Logger.Warn("reading is disturbed", "topic", t, "partition", p, "error", err)
		}
	})
	return fetches
}

// take puts records into the open objects of their partitions and returns the objects that became full.
func (a *archiver) take(fetches kgo.Fetches) ([]*closedObject, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	var closed []*closedObject
	for it := fetches.RecordIter(); !it.Done(); {
		r := it.Next()
		p := a.owned[topicPartition{r.Topic, r.Partition}]
		if p == nil || r.Offset < p.next {
			// Not while rebalances wait for us, unless the log itself was cut back. Archiving it would double it.
			return nil, fmt.Errorf("record %s/%d@%d is not one that this member may archive; was the topic truncated?", r.Topic, r.Partition, r.Offset)
		}
		done, err := p.add(r, a.cfg.Rotation)
		if err != nil {
			return nil, err
		}
		closed = append(closed, done...)
	}
	return closed, nil
}

// closeDue closes the objects that the clock or the memory bound says. An announced range is closed by its last offset
// only.
func (a *archiver) closeDue(lastRecord time.Time) []*closedObject {
	a.mu.Lock()
	defer a.mu.Unlock()
	now := time.Now()
	waiting := 0
	defer func() { a.metrics.open.Set(float64(waiting)) }()
	var closed []*closedObject
	var open []*partition
	total := 0
	for _, p := range a.owned {
		if p.open == nil || p.intent != nil {
			continue
		}
		if reason := a.cfg.Rotation.due(p.open, now, lastRecord); reason != "" {
			closed = append(closed, p.close(reason))
			continue
		}
		open = append(open, p)
		total += p.open.size()
		waiting += p.open.records
	}
	slices.SortFunc(open, func(x, y *partition) int { return y.open.size() - x.open.size() })
	for _, p := range open {
		if total <= a.cfg.Rotation.Memory {
			break
		}
		total -= p.open.size()
		closed = append(closed, p.close(reasonMemory))
	}
	return closed
}

// closeAll closes what is open, for a stop.
func (a *archiver) closeAll() []*closedObject {
	a.mu.Lock()
	defer a.mu.Unlock()
	var closed []*closedObject
	for _, p := range a.owned {
		if p.open != nil && p.intent == nil {
			closed = append(closed, p.close(reasonStop))
		}
	}
	return closed
}

// upload takes closed objects through the three steps of the protocol. A partition may have closed several; they go one
// after the other, and the first of every partition together with the others' first. After an error nothing more may be
// uploaded in this session.
func (a *archiver) upload(ctx context.Context, closed []*closedObject) error {
	for len(closed) > 0 {
		var round, rest []*closedObject
		taken := map[*partition]bool{}
		for _, c := range closed {
			if taken[c.partition] {
				rest = append(rest, c)
				continue
			}
			taken[c.partition] = true
			round = append(round, c)
		}
		if err := a.uploadRound(ctx, round); err != nil {
			return err
		}
		closed = rest
	}
	return nil
}

func (a *archiver) uploadRound(ctx context.Context, round []*closedObject) error {
	round, err := a.commit(ctx, round, func(c *closedObject) (int64, string) {
		i := intent{Object: c.object.name, Last: c.object.last}
		return c.start, i.String()
	})
	if err != nil {
		return err
	}
	var puts errgroup.Group
	puts.SetLimit(uploads)
	for _, c := range round {
		puts.Go(func() error { return a.put(ctx, c) })
	}
	if err := puts.Wait(); err != nil {
		return err
	}
	stored, err := a.commit(ctx, round, func(c *closedObject) (int64, string) { return c.object.last + 1, "" })
	for _, c := range stored {
		a.metrics.stored(c)
	}
	return err
}

// put tries until the object is there or ctx ends.
func (a *archiver) put(ctx context.Context, c *closedObject) error {
	pause := backoff.NewExponentialBackOff()
	pause.MaxInterval = 30 * time.Second
	_, err := backoff.Retry(ctx, func() (struct{}, error) {
		began := time.Now()
		err := a.store.Put(ctx, c.object)
		a.metrics.puts.Observe(time.Since(began).Seconds())
		if errors.Is(err, errExists) {
			a.tel.Logger.Info("the object was there already, put by a former owner or by a try whose answer was lost", "object", c.object.name)
			return struct{}{}, nil
		}
		return struct{}{}, err
	}, backoff.WithBackOff(pause), backoff.WithMaxElapsedTime(0), backoff.WithNotify(func(err error, d time.Duration) {
		a.metrics.failed.Inc()
		a.tel.Unready(err.Error())
		a.tel.Logger.Warn("the archive does not take objects; they wait", "error", err, "again_in", d.Round(time.Millisecond))
	}))
	if err != nil {
		return err
	}
	a.tel.Ready()
	a.tel.Logger.Debug("object archived", "object", c.object.name, "records", c.object.records, "bytes", c.object.size(), "closed_by", c.reason)
	return nil
}

func (a *archiver) waitForServers(ctx context.Context) error {
	if err := broker.WaitForTopics(ctx, a.client, a.tel.Logger, topic.Raw, topic.Enriched); err != nil {
		return err
	}
	_, err := backoff.Retry(ctx, func() (struct{}, error) {
		err := a.store.Check(ctx)
		if err != nil {
			a.tel.Unready(err.Error())
		}
		return struct{}{}, err
	}, backoff.WithMaxElapsedTime(0), backoff.WithNotify(func(err error, d time.Duration) {
		a.tel.Logger.Warn("waiting for the object store", "error", err, "again_in", d.Round(time.Millisecond))
	}))
	return err
}
