package ingest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/services/ingest/replay"
	"catsvdogs/services/pipeline/archived"
	"catsvdogs/services/pipeline/objectstore"
	"catsvdogs/services/pipeline/stage"
	"catsvdogs/services/pipeline/telemetry"
	"catsvdogs/services/pipeline/topic"
)

// replayArchive writes records of the archive back to tweets.raw with the key, the headers, the value and the time that they
// had, and returns when all are acknowledged. It is no Source, because a tweet.Raw has only those headers that this version
// knows. It remembers nothing: stopped and started again it begins anew, which costs repetitions, that everybody
// downstream tolerates; when it is stopped it says from which time on to go on instead.
//
// Each record gets one more header, topic.HeaderReplayed, which says where its original stood. The archive keeps replayed
// records as well: it promises each offset of the topic once, and what it left out could not be told from what it lost.
// Another replay of the same time passes them over. So an archive of which the originals have been removed, and only copies
// are left, replays nothing.
func replayArchive(ctx context.Context, cfg Config, tel *telemetry.Stage, state *readiness) error {
	span, err := cfg.Archive.span()
	if err != nil {
		return err
	}
	client, err := objectstore.Connect(cfg.Archive.S3)
	if err != nil {
		return err
	}
	archive := archived.NewBucket(client, cfg.Archive.S3.S3Bucket)
	runner := &replay.Runner{Archive: archive, Logger: tel.Logger, Status: state.setSource}
	plan, err := runner.Plan(ctx, topic.Raw, span)
	if err != nil {
		return stopped(ctx, err)
	}
	objects, bytes := plan.Objects()
	tel.Logger.Info("found what to replay", "objects", objects, "bytes", bytes)
	if cfg.DryRun {
		runner.Deliver = func(context.Context, *kgo.Record) error { return nil }
		report, err := runner.Run(ctx, plan)
		return errors.Join(report.Fprint(cfg.out()), ended(tel, plan, report, stopped(ctx, err)))
	}
	if objects == 0 {
		tel.Logger.Warn("the archive has nothing of that time")
		return nil
	}
	return replayTo(ctx, cfg, tel, state, runner, plan)
}

// replayTo writes what runner reads to the topic: one batch is on its way while the next is being read.
func replayTo(ctx context.Context, cfg Config, tel *telemetry.Stage, state *readiness, runner *replay.Runner, plan *replay.Plan) (err error) {
	reading, stop := context.WithCancel(ctx)
	defer stop()
	writing, done := stage.Detached(reading)
	defer done()
	out := newOutput(writing, cfg.Kafka, tel.Logger, newMetrics(tel.Registerer), state.setBroker)
	defer func() {
		done() // first, so that closing does not wait for a broker that does not answer
		err = errors.Join(err, out.close())
	}()
	if err := out.waitForTopic(reading); err != nil {
		return stopped(ctx, err)
	}
	if err := checkTopicFor(reading, cfg.Kafka, tel, plan.Earliest(0)); err != nil {
		return stopped(ctx, err)
	}

	batches := make(chan []kafka.Message)
	var writer sync.WaitGroup
	var writeErr error
	writer.Go(func() {
		for batch := range batches {
			if writeErr == nil { // after an error who sends must not wait for ever
				if _, writeErr = out.write(writing, batch); writeErr != nil {
					stop()
				}
			}
		}
	})
	b := batch{to: batches}
	runner.Deliver = b.add
	report, err := runner.Run(reading, plan)
	b.flush()
	close(batches)
	writer.Wait()
	if writeErr != nil {
		return fmt.Errorf("the replay is not whole; begin it again: write to %s: %w", topic.Raw, writeErr)
	}
	return ended(tel, plan, report, stopped(ctx, err))
}

// batch puts records together to what is written at once.
type batch struct {
	to       chan<- []kafka.Message
	messages []kafka.Message
	bytes    int64
}

// add waits while the writer is busy, which ends with ctx at the latest.
func (b *batch) add(ctx context.Context, r *kgo.Record) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	size := int64(len(r.Value)) + recordOverhead
	if len(b.messages) == maxWriteRecords || len(b.messages) > 0 && b.bytes+size > maxWriteBytes {
		b.flush()
	}
	m := kafka.Message{Key: r.Key, Value: r.Value, Time: r.Timestamp, Headers: make([]kafka.Header, len(r.Headers))}
	for i, h := range r.Headers {
		m.Headers[i] = kafka.Header(h)
	}
	b.messages, b.bytes = append(b.messages, m), b.bytes+size
	return nil
}

func (b *batch) flush() {
	if len(b.messages) > 0 {
		b.to <- b.messages
		b.messages, b.bytes = nil, 0
	}
}

// stopped returns nil for an error that only tells of a stop.
func stopped(ctx context.Context, err error) error {
	if stage.Ended(ctx, err) {
		return nil
	}
	return err
}

// ended tells how a replay has ended.
func ended(tel *telemetry.Stage, plan *replay.Plan, report replay.Report, err error) error {
	sum := report.Total()
	tally := []any{"objects", sum.Objects, "records", sum.Records, "bytes", sum.Bytes, "suppressed", sum.Suppressed, "copies", sum.Copies}
	if n, _ := plan.Objects(); err == nil && report.Done == n {
		tel.Logger.Info("replayed to the end", tally...)
	} else {
		again := plan.Earliest(report.Done).Format(time.RFC3339)
		tel.Logger.Warn("stopped before the end of the replay", append(tally, "go_on_with", "--replay-from="+again)...)
	}
	if n := len(report.Damaged); n > 0 {
		err = errors.Join(err, fmt.Errorf("%d objects of the archive are damaged and were not replayed to their end: %s, …", n, report.Damaged[0]))
	}
	return err
}
