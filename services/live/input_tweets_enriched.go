package live

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/cenkalti/backoff/v5"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/services/pipeline/broker"
	"catsvdogs/services/pipeline/delivery"
	"catsvdogs/services/pipeline/telemetry"
	"catsvdogs/services/pipeline/topic"
)

const (
	// maxPoll bounds the records of one batch.
	maxPoll = 2000
	// quietAfter is how long nothing may come before the rest of the past is taken to hold no record.
	quietAfter = 3 * time.Second
	// growthEvery is how often new partitions are looked for.
	growthEvery = time.Minute
)

// batch is what one poll brought, in order within each partition.
type batch struct {
	looks    []look
	progress Progress
	behind   int64 // records that are committed and not read, when last looked
}

// input reads tweets.enriched: the days so far, then what comes. It belongs to no consumer group, because every live
// process needs every record and the topic itself is its only state.
type input struct {
	client  *kgo.Client
	log     *slog.Logger
	metrics *metrics
	past    *backlog
	ends    map[int32]int64 // by partition: the committed end as last heard

	behind    int64
	caughtUp  bool
	refused   map[string]bool // reasons that have been logged
	lastError string          // that has been logged
}

// openInput connects and waits, as long as it takes, for a broker that has the topic. since is where the window of the
// days begins.
func openInput(ctx context.Context, c broker.Config, tel *telemetry.Stage, m *metrics, since time.Time) (*input, error) {
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
	in := &input{client: cl, log: tel.Logger, metrics: m, ends: map[int32]int64{}, refused: map[string]bool{}}
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
	in.past, err = backoff.Retry(ctx, func() (*backlog, error) { return findBacklog(ctx, kadm.NewClient(in.client), since) },
		backoff.WithMaxElapsedTime(0), backoff.WithNotify(func(err error, d time.Duration) {
			in.log.Warn("waiting for the broker", "error", err, "again_in", d.Round(time.Millisecond))
		}))
	if err != nil {
		return err
	}
	in.log.Info("reading the days so far", "since", since, "offsets", in.past.left())
	in.client.AddConsumePartitions(in.past.offsets())
	return nil
}

// follow sends batches until ctx ends and then returns ctx's error. It sends an empty batch when only the progress is
// news.
func (in *input) follow(ctx context.Context, batches chan<- batch) error {
	defer in.client.Close()
	growth := time.NewTicker(growthEvery)
	defer growth.Stop()

	told := Progress{Phase: PhaseWaiting}
	quietSince := time.Now()
	var looks []look
	for {
		progress := in.progress()
		if progress != told && progress.Percent/10 != told.Percent/10 {
			in.log.Info("reading the days so far", "percent", progress.Percent)
		}
		if len(looks) > 0 || progress != told {
			select {
			case batches <- batch{looks: looks, progress: progress, behind: in.behind}:
			case <-ctx.Done():
				return ctx.Err()
			}
			told = progress
		}
		select {
		case <-growth.C:
			in.addNewPartitions(ctx)
		default:
		}

		polled, cancel := context.WithTimeout(ctx, quietAfter)
		fetches := in.client.PollRecords(polled, maxPoll)
		cancel()
		if ctx.Err() != nil {
			return ctx.Err()
		}
		in.report(fetches)
		looks = in.read(fetches)
		if fetches.NumRecords() > 0 {
			quietSince = time.Now()
		}
		// What compaction leaves at the end of a log can be offsets without records: nothing will ever come for them.
		if !in.caughtUp && time.Since(quietSince) >= quietAfter && in.reachable(ctx) {
			in.log.Warn("the rest of the days so far holds no records", "offsets", in.past.left())
			in.caughtUp = true
		}
	}
}

// progress says how far reading is. Once the past has been read it stays so.
func (in *input) progress() Progress {
	in.caughtUp = in.caughtUp || in.past.left() == 0
	if in.caughtUp {
		return Progress{Phase: PhaseLive, Percent: 100}
	}
	return Progress{Phase: PhaseCatchingUp, Percent: min(99, in.past.percent())}
}

// read decodes what was fetched and notes how far that leads.
func (in *input) read(fetches kgo.Fetches) []look {
	looks := make([]look, 0, fetches.NumRecords())
	fetches.EachPartition(func(p kgo.FetchTopicPartition) {
		in.ends[p.Partition] = p.LastStableOffset
		for _, r := range p.Records {
			in.past.passed(p.Partition, r.Offset+1)
			if r.Attrs.IsControl() {
				continue
			}
			l, err := readLook(r)
			if why, refused := delivery.AsRefusal(err); refused {
				in.refuse(r, why)
				continue
			}
			looks = append(looks, l)
		}
	})
	var lag int64
	for partition, end := range in.ends {
		lag += max(0, end-in.past.next[partition])
	}
	in.behind = lag
	in.metrics.lag.Set(float64(lag))
	return looks
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

// report logs an error of the client when it is another one than the last. The client goes on by itself.
func (in *input) report(fetches kgo.Fetches) {
	if err := fetches.Err(); err != nil && !errors.Is(err, context.DeadlineExceeded) && err.Error() != in.lastError {
		in.lastError = err.Error()
		in.log.Error("reading goes on after an error", "error", err)
	}
}
