package live

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/cenkalti/backoff/v5"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/services/pipeline/broker"
	"catsvdogs/services/pipeline/delivery"
	"catsvdogs/services/pipeline/telemetry"
	"catsvdogs/services/pipeline/topic"
	"catsvdogs/services/pipeline/tweet"
)

const (
	// maxPoll bounds the records of one batch.
	maxPoll = 2000
	// quietAfter is how long nothing may come, where there should be something, before it is looked whether there is.
	quietAfter = 2 * time.Second
	// lookEvery bounds how long a cut goes unseen.
	lookEvery = 500 * time.Millisecond
	// cutOffAfter is how long the broker may not be heard before silence is taken for what it is.
	cutOffAfter = 5 * time.Second
	// stalledAfter is how long a broker that answers may not give what it says it has. One answer of 16 MiB may take a slow
	// link some seconds.
	stalledAfter = 20 * time.Second
)

// batch is what one poll brought, in order within each partition.
type batch struct {
	looks    []look
	progress Progress
	behind   int64     // records that are committed and not read, when last looked
	cutOff   time.Time // when the broker was last heard; zero while it answers

	partitions int
	log        logBegin
}

// input reads tweets.enriched: the days so far, then what comes. It belongs to no consumer group, because every live
// process needs every record and the topic itself is its only state.
type input struct {
	client  *kgo.Client
	weights tweet.Weights
	log     *slog.Logger
	metrics *metrics
	past    *broker.Extent
	begins  logBegin
	came    time.Time // when records came last, or it was last known that there are none

	behind    int64
	caughtUp  bool
	refused   map[string]bool // reasons that have been logged
	lastError string          // that has been logged
}

// openInput connects and waits, as long as it takes, for a broker that has the topic. since is where the window of the
// days begins.
func openInput(ctx context.Context, c broker.Config, weights tweet.Weights, tel *telemetry.Stage, m *metrics, since time.Time) (*input, error) {
	options := append(broker.Options(c, "live", tel), broker.ReadCommitted()...)
	cl, err := kgo.NewClient(append(options,
		// No partition yet: where to begin is asked over the same connections.
		kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{topic.Enriched: {}}),
		// Markers are the last thing in a partition after a transaction. Without them the end would never be reached.
		kgo.KeepControlRecords(),
		kgo.FetchMaxWait(500*time.Millisecond),
	)...)
	if err != nil {
		return nil, fmt.Errorf("make a Kafka client: %w", err)
	}
	in := &input{client: cl, weights: weights, log: tel.Logger, metrics: m, refused: map[string]bool{}}
	if err := in.begin(ctx, since); err != nil {
		cl.Close()
		return nil, err
	}
	return in, nil
}

func (in *input) begin(ctx context.Context, since time.Time) error {
	if err := broker.WaitForTopics(ctx, in.client, in.log, topic.Enriched); err != nil {
		return err
	}
	var err error
	if in.past, err = broker.FindExtent(ctx, in.client, in.log, topic.Enriched, since); err != nil {
		return err
	}
	in.begins, err = backoff.Retry(ctx, func() (logBegin, error) { return findLogBegin(ctx, kadm.NewClient(in.client)) },
		backoff.WithMaxElapsedTime(0), backoff.WithNotify(func(err error, d time.Duration) {
			in.log.Warn("waiting for the broker", "error", err, "again_in", d.Round(time.Millisecond))
		}))
	if err != nil {
		return err
	}
	in.log.Info("reading the days so far", "since", since, "offsets", in.past.Left())
	in.client.AddConsumePartitions(in.past.Offsets())
	return nil
}

// follow sends batches until ctx ends and then returns ctx's error. It sends an empty batch when only the progress, or whether
// the broker answers, is news.
func (in *input) follow(ctx context.Context, batches chan<- batch) error {
	defer in.client.Close()
	asking, stop := context.WithCancel(ctx)
	var asked sync.WaitGroup
	asked.Go(func() { in.past.Keep(asking) })
	defer func() { stop(); asked.Wait() }()

	told := batch{progress: Progress{Phase: PhaseWaiting}}
	in.came = time.Now()
	var looks []look
	for {
		now := batch{looks: looks, progress: in.progress(), behind: in.behind, cutOff: in.cutOff(), partitions: in.past.Partitions(), log: in.begins}
		in.tell(told, now)
		if len(looks) > 0 || now.progress != told.progress || now.behind != told.behind || now.cutOff != told.cutOff {
			select {
			case batches <- now:
			case <-ctx.Done():
				return ctx.Err()
			}
			told = now
		}
		polled, cancel := context.WithTimeout(ctx, lookEvery)
		fetches := in.client.PollRecords(polled, maxPoll)
		cancel()
		if ctx.Err() != nil {
			return ctx.Err()
		}
		in.report(fetches)
		looks = in.read(fetches)
		if added := in.past.Added(); added != nil {
			in.log.Info("the topic has more partitions", "added", len(added[topic.Enriched]))
			in.client.AddConsumePartitions(added)
		}
		if in.measure(); in.behind == 0 || fetches.NumRecords() > 0 {
			in.came = time.Now()
			continue
		}
		if time.Since(in.came) < quietAfter {
			continue
		}
		if err := in.past.SkipNothing(ctx); err != nil && ctx.Err() == nil {
			in.note(err)
		}
		if in.measure(); in.behind == 0 {
			in.came = time.Now()
		}
	}
}

// tell logs what is worth it.
func (in *input) tell(told, now batch) {
	if now.progress != told.progress && now.progress.Percent/10 != told.progress.Percent/10 {
		in.log.Info("reading the days so far", "percent", now.progress.Percent)
	}
	switch {
	case now.cutOff.IsZero() == told.cutOff.IsZero():
	case told.cutOff.IsZero():
		in.log.Warn("cut off from the broker", "last_heard", now.cutOff)
	default:
		in.log.Info("the broker answers again", "last_heard", told.cutOff)
	}
}

// cutOff is when the broker was last heard; zero while it answers. A broker that says there is more, and does not give it,
// does not answer either.
func (in *input) cutOff() time.Time {
	heard := in.past.Heard()
	switch {
	case in.behind > 0 && time.Since(in.came) >= stalledAfter && in.came.Before(heard):
		return in.came
	case time.Since(heard) >= cutOffAfter:
		return heard
	}
	return time.Time{}
}

// progress says how far reading is. Once the past has been read it stays so.
func (in *input) progress() Progress {
	in.caughtUp = in.caughtUp || in.past.Left() == 0
	if in.caughtUp {
		return Progress{Phase: PhaseLive, Percent: 100}
	}
	return Progress{Phase: PhaseCatchingUp, Percent: min(99, in.past.Percent())}
}

// read decodes what was fetched and notes how far that leads.
func (in *input) read(fetches kgo.Fetches) []look {
	looks := make([]look, 0, fetches.NumRecords())
	fetches.EachPartition(func(p kgo.FetchTopicPartition) {
		for _, r := range p.Records {
			in.past.Passed(p.Partition, r.Offset+1)
			if r.Attrs.IsControl() {
				continue
			}
			l, err := readLook(r, in.weights)
			if why, refused := delivery.AsRefusal(err); refused {
				in.refuse(r, why)
				continue
			}
			looks = append(looks, l)
		}
	})
	return looks
}

// measure says how far reading is behind the ends.
func (in *input) measure() {
	in.behind = in.past.Behind()
	in.metrics.lag.Set(float64(in.behind))
}

// refuse passes a record over. A bug upstream would refuse every record, so each reason is logged once and then only
// counted.
func (in *input) refuse(r *kgo.Record, why *delivery.Refusal) {
	in.metrics.undecodable.WithLabelValues(why.Reason).Inc()
	if in.refused[why.Reason] {
		return
	}
	in.refused[why.Reason] = true
	in.log.Warn("passed a record over; more of the same reason are counted, not logged",
		"reason", why.Reason, "detail", why.Detail, "partition", r.Partition, "offset", r.Offset)
}

// report logs what the client says. The client goes on by itself.
func (in *input) report(fetches kgo.Fetches) {
	if err := fetches.Err(); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		in.note(err)
	}
}

// note logs an error when it is another one than the last.
func (in *input) note(err error) {
	if err.Error() != in.lastError {
		in.lastError = err.Error()
		in.log.Error("reading goes on after an error", "error", err)
	}
}
