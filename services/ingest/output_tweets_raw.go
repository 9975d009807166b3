package ingest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/cenkalti/backoff/v5"
	"github.com/segmentio/kafka-go"

	"catsvdogs/services/pipeline/broker"
	"catsvdogs/services/pipeline/crashpoint"
	"catsvdogs/services/pipeline/topic"
)

// Bounds on one write. Its bytes stay below what the writer puts into one batch of a partition, so that a partition's
// part of a write is one batch: it is acknowledged or refused as a whole, and trying it again cannot change the order.
const (
	maxWriteRecords = 1000
	maxWriteBytes   = topic.MaxRecordBytes - topic.MaxLineBytes
)

// output writes records to tweets.raw, in the order in which they come. For one goroutine.
type output struct {
	writer    *kafka.Writer
	transport *kafka.Transport
	logger    *slog.Logger
	metrics   *metrics
	status    func(reason string) // told why nothing can be written; "" when it can
	atOnce    int                 // records in one write
	// acknowledged counts the records that were taken from the queue and that the brokers have.
	acknowledged atomic.Int64
}

// newOutput returns an output to the brokers. When abort ends, its connections are closed, so that close does not wait
// for a broker that does not answer.
func newOutput(abort context.Context, cfg broker.Config, logger *slog.Logger, m *metrics, status func(string)) *output {
	transport := &kafka.Transport{
		Dial: dialUntil(abort, cfg.Dial), DialTimeout: dialTimeout, ClientID: "ingest", MetadataTopics: []string{topic.Raw},
		MetadataTTL: 2 * time.Second, // how soon a broker that comes back, or another leader, is noticed
		SASL:        loginOf(cfg),
	}
	return &output{
		transport: transport, logger: logger, metrics: m, status: status, atOnce: maxWriteRecords,
		writer: &kafka.Writer{
			Addr:         kafka.TCP(cfg.KafkaBrokers...),
			Topic:        topic.Raw,
			Balancer:     kafka.Murmur2Balancer{Consistent: true}, // the other clients' partition for the same key
			RequiredAcks: kafka.RequireAll,
			Compression:  kafka.Zstd,
			BatchSize:    maxWriteRecords,
			BatchBytes:   topic.MaxRecordBytes,
			// A write is a batch already; there is nothing more to wait for.
			BatchTimeout: time.Millisecond,
			// Trying again is done here: the library's own tries cannot be stopped.
			MaxAttempts: 1,
			Transport:   transport,
		},
	}
}

// waitForTopic returns once the broker answers and has the topic, or when ctx ends.
func (o *output) waitForTopic(ctx context.Context) error {
	client := &kafka.Client{Addr: o.writer.Addr, Transport: o.transport, Timeout: 10 * time.Second}
	ask := func() (struct{}, error) {
		answer, err := client.Metadata(ctx, &kafka.MetadataRequest{Topics: []string{topic.Raw}})
		if err != nil {
			return struct{}{}, fmt.Errorf("ask the broker for topic %s: %w", topic.Raw, err)
		}
		for _, t := range answer.Topics {
			if t.Name == topic.Raw && t.Error == nil && len(t.Partitions) > 0 {
				return struct{}{}, nil
			}
		}
		return struct{}{}, fmt.Errorf("the broker has no topic %s; run provision to make it", topic.Raw)
	}
	if _, err := o.retry(ctx, ask, "waiting for the broker"); err != nil {
		return err
	}
	o.status("")
	return nil
}

// run writes what is in the queue until it is closed and empty. While the broker is away it keeps trying, in order, for as
// long as ctx lives. With an error comes how many records of the write under way are not acknowledged.
func (o *output) run(ctx context.Context, q *queue) (unwritten int, err error) {
	for {
		unwritten, err := o.next(ctx, q)
		if errors.Is(err, io.EOF) {
			return 0, nil
		}
		if err != nil {
			return unwritten, err
		}
	}
}

// drain writes what is on disk.
func (o *output) drain(ctx context.Context, q *queue) error {
	for q.onDisk() {
		if _, err := o.next(ctx, q); err != nil {
			return err
		}
	}
	return nil
}

func (o *output) next(ctx context.Context, q *queue) (unwritten int, err error) {
	messages, err := q.take(ctx, o.atOnce, maxWriteBytes)
	if err != nil {
		return 0, err
	}
	crashpoint.At(crashpoint.IngestTaken)
	if unwritten, err = o.write(ctx, messages); err == nil {
		crashpoint.At(crashpoint.IngestAcknowledged)
		q.done(len(messages))
		o.acknowledged.Add(int64(len(messages)))
	}
	return unwritten, err
}

// write returns once all messages are acknowledged. It returns how many are not when ctx ends or the broker will never
// take them.
func (o *output) write(ctx context.Context, pending []kafka.Message) (unacknowledged int, err error) {
	_, err = o.retry(ctx, func() (struct{}, error) {
		notAhead(pending, time.Now()) // at each try, because the clock may have been set right meanwhile
		failed, err := unwritten(pending, o.writer.WriteMessages(ctx, pending...))
		o.metrics.written.Add(float64(len(pending) - len(failed)))
		pending = failed
		return struct{}{}, err
	}, "the broker does not take records")
	if err != nil {
		return len(pending), err
	}
	o.status("")
	return 0, nil
}

// notAhead dates what is dated later than now as of now. A broker refuses for good what is further in the future than
// message.timestamp.after.max.ms, an hour, and so would what was read while this host's clock was fast, and all behind it. The
// time of the observation stays as it was.
func notAhead(messages []kafka.Message, now time.Time) {
	for i := range messages {
		// By what they say, not by the monotonic clock, for which the jump has not been.
		if messages[i].Time.UnixMilli() > now.UnixMilli() {
			messages[i].Time = now
		}
	}
}

// unwritten returns the messages that err says were not acknowledged, in their order, and why. An error about the
// message itself is permanent.
func unwritten(messages []kafka.Message, err error) ([]kafka.Message, error) {
	if err == nil {
		return nil, nil
	}
	var each kafka.WriteErrors
	if !errors.As(err, &each) {
		return messages, permanentIfTooLarge(err)
	}
	var failed []kafka.Message
	var first error
	for i, err := range each {
		if err != nil {
			failed = append(failed, messages[i])
			if first == nil {
				first = err
			}
		}
	}
	// The library's own text repeats the cause for every message.
	return failed, permanentIfTooLarge(fmt.Errorf("%d of %d records: %w", len(failed), len(messages), first))
}

func permanentIfTooLarge(err error) error {
	if errors.Is(err, kafka.MessageSizeTooLarge) || errors.Is(err, kafka.RecordListTooLarge) {
		return backoff.Permanent(fmt.Errorf("%w; set max.message.bytes of topic %s to at least %d", err, topic.Raw, topic.MaxRecordBytes))
	}
	return err
}

// retry does try again and again, with growing pauses, for as long as ctx lives.
func (o *output) retry(ctx context.Context, try backoff.Operation[struct{}], what string) (struct{}, error) {
	pauses := backoff.NewExponentialBackOff()
	pauses.InitialInterval = 100 * time.Millisecond
	pauses.MaxInterval = 5 * time.Second
	return backoff.Retry(ctx, try, backoff.WithBackOff(pauses), backoff.WithMaxElapsedTime(0),
		backoff.WithNotify(func(err error, pause time.Duration) {
			o.metrics.writeErrors.Inc()
			o.status(err.Error())
			o.logger.Warn(what, "error", err, "again_in", pause.Round(time.Millisecond))
		}))
}

// close ends the connections.
func (o *output) close() error {
	err := o.writer.Close()
	o.transport.CloseIdleConnections()
	return err
}
