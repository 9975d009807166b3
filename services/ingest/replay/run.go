package replay

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"github.com/cenkalti/backoff/v5"
	"github.com/minio/minio-go/v7"
	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/services/pipeline/archived"
	"catsvdogs/services/pipeline/delivery"
	"catsvdogs/services/pipeline/topic"
)

// progressEvery is how often a person is told how far a replay is.
const progressEvery = 5 * time.Second

// Runner replays plans.
type Runner struct {
	Archive Archive
	Logger  *slog.Logger
	Status  func(reason string) // told why nothing can be read; "" when it can
	// Deliver takes the records one after the other, each as it was in Kafka but for one more header,
	// topic.HeaderReplayed. Its error ends the replay.
	Deliver func(ctx context.Context, record *kgo.Record) error
}

// Run reads the plan's objects and delivers the records of its span, each once, but for suppressed ones and for copies. A
// copy is what an earlier replay has put into the topic: the archive keeps it like any other record, and the original is in
// the archive as well. Without that every replay of a time would double what the next one finds. While the store
// is away it tries again, for as long as ctx lives, and goes on behind the last record that it delivered. What is damaged
// is reported and does not stop the rest. The error is ctx's, Deliver's, or that the store refuses; the report is always
// what has been delivered.
func (r *Runner) Run(ctx context.Context, p *Plan) (Report, error) {
	report := Report{Days: map[string]Count{}}
	told := time.Now()
	for i, o := range p.objects {
		run := objectRun{Runner: r, plan: p, object: o, last: -1}
		run.progress = func() {
			if time.Since(told) >= progressEvery {
				told = time.Now()
				sum := report.Total()
				sum.add(run.count)
				r.Logger.Info("replaying", "hour", o.Hour.Format(time.RFC3339), "objects", i, "of_objects", len(p.objects), "records", sum.Records, "bytes", sum.Bytes)
			}
		}
		err := run.read(ctx)
		if damage := new(damageError); errors.As(err, &damage) {
			r.Logger.Error("an object of the archive is damaged; the others are read on", "object", o.Name(), "records", run.count.Records, "error", damage.err)
			report.Damaged = append(report.Damaged, o.Name())
			err = nil
		}
		if err == nil {
			run.count.Objects, run.count.Packed = 1, o.Size
			report.Done = i + 1
		}
		day := o.Hour.Format(time.DateOnly)
		sum := report.Days[day]
		sum.add(run.count)
		report.Days[day] = sum
		if err != nil {
			return report, err
		}
	}
	return report, nil
}

// damageError is about the content of an object.
type damageError struct{ err error }

func (e *damageError) Error() string { return e.err.Error() }

// objectRun reads one object.
type objectRun struct {
	*Runner
	plan     *Plan
	object   archived.Listed
	last     int64 // offset of the last record that is through, -1 for none
	count    Count
	progress func()
}

func (r *objectRun) read(ctx context.Context) error {
	return r.again(ctx, func() error { return r.try(ctx) })
}

// again tries until it is done, the error is a permanent one, or ctx has ended.
func (r *Runner) again(ctx context.Context, try func() error) error {
	pauses := backoff.NewExponentialBackOff()
	pauses.MaxInterval = 10 * time.Second
	_, err := backoff.Retry(ctx, func() (struct{}, error) { return struct{}{}, try() },
		backoff.WithBackOff(pauses), backoff.WithMaxElapsedTime(0), backoff.WithNotify(func(err error, pause time.Duration) {
			r.Status(err.Error())
			r.Logger.Warn("the archive cannot be read", "error", err, "again_in", pause.Round(time.Millisecond))
		}))
	if err == nil {
		r.Status("")
	}
	return err
}

// refused says whether the store will answer in the same way again.
func refused(err error) bool {
	var answer minio.ErrorResponse
	return errors.As(err, &answer) && answer.StatusCode >= 400 && answer.StatusCode < 500 &&
		answer.StatusCode != http.StatusRequestTimeout && answer.StatusCode != http.StatusTooManyRequests
}

// try reads the object once. An error that trying again cannot help against is a permanent one.
func (r *objectRun) try(ctx context.Context) error {
	var in *witness
	var notRead, content error // why a line was not delivered
	err := r.Archive.Open(ctx, r.object.Object, func(c archived.Content, packed io.Reader) error {
		in = &witness{Reader: packed}
		lines := 0
		err := r.object.Format.Lines(in, func(text []byte) error {
			lines++
			l, err := archived.ParseLine(text)
			if err == nil && (l.Topic != r.plan.topic || l.Partition != r.object.Partition) {
				err = fmt.Errorf("a record of %s-%d is in it", l.Topic, l.Partition)
			}
			if content = err; err != nil {
				return err
			}
			notRead = r.line(ctx, l)
			return notRead
		})
		if err == nil && c.RangeErr == nil && lines != c.Range.Records {
			content = fmt.Errorf("it holds %d records and says %d", lines, c.Range.Records)
			return content
		}
		return err
	})
	var refusal minio.ErrorResponse
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return backoff.Permanent(ctx.Err())
	case notRead != nil:
		return backoff.Permanent(notRead)
	case content != nil, in != nil && in.err == nil: // all that came was read, and it is wrong
		return backoff.Permanent(&damageError{err})
	case errors.As(err, &refusal) && refusal.Code == minio.NoSuchKey:
		return backoff.Permanent(&damageError{fmt.Errorf("it has gone since the archive was listed: %w", err)})
	case refused(err):
		return backoff.Permanent(err)
	}
	return err
}

// line delivers a record that has not been delivered by an earlier try.
func (r *objectRun) line(ctx context.Context, l archived.Line) error {
	if l.Offset <= r.last {
		return nil
	}
	if r.plan.span.Holds(l.Timestamp) {
		if err := r.deliver(ctx, l); err != nil {
			return err
		}
	}
	r.last = l.Offset
	r.progress()
	return nil
}

func (r *objectRun) deliver(ctx context.Context, l archived.Line) error {
	switch {
	case l.Suppressed:
		r.count.Suppressed++
		return nil
	case isCopy(l.Record):
		r.count.Copies++
		return nil
	}
	bytes := size(l.Record)
	origin := delivery.Place{Topic: l.Topic, Partition: l.Partition, Offset: l.Offset}
	l.Headers = append(l.Headers, kgo.RecordHeader{Key: topic.HeaderReplayed, Value: []byte(origin.String())})
	if err := r.Deliver(ctx, l.Record); err != nil {
		return err
	}
	r.count.Records++
	r.count.Bytes += bytes
	return nil
}

// isCopy says whether a record came into the topic by a replay.
func isCopy(r *kgo.Record) bool {
	return slices.ContainsFunc(r.Headers, func(h kgo.RecordHeader) bool { return h.Key == topic.HeaderReplayed })
}

func size(r *kgo.Record) int64 {
	n := len(r.Key) + len(r.Value)
	for _, h := range r.Headers {
		n += len(h.Key) + len(h.Value)
	}
	return int64(n)
}

// witness remembers why a reader failed, other than by its end.
type witness struct {
	io.Reader
	err error
}

// Read reads.
func (w *witness) Read(b []byte) (int, error) {
	n, err := w.Reader.Read(b)
	if err != nil && !errors.Is(err, io.EOF) {
		w.err = err
	}
	return n, err
}
