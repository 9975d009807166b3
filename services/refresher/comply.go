package refresher

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"catsvdogs/services/pipeline/checkpoint"
	"catsvdogs/services/pipeline/objectstore"
	"catsvdogs/services/pipeline/traceparent"
	"catsvdogs/services/pipeline/tweet"
	"catsvdogs/services/pipeline/xapi"
	"catsvdogs/services/refresher/compliance"
)

// complianceOf names the source under which the progress of compliance jobs is kept in ingest.state.
func complianceOf(source string) string { return source + "/compliance" }

// firstPoll is how long after the upload a compliance job is looked at.
const firstPoll = 2 * time.Second

// comply asks X, round after round, which posts of the archive are gone, until ctx ends.
func (r *refresher) comply(ctx context.Context) error {
	store, err := checkpoint.Open(r.cfg.Kafka, r.tel, complianceOf(r.source))
	if err != nil {
		return err
	}
	defer store.Close()
	bucket, err := objectstore.Connect(r.cfg.Compliance.S3)
	if err != nil {
		return err
	}
	progress, err := r.complianceProgress(ctx)
	if err != nil {
		return err
	}
	o := compliance.Options{
		API: r.client, Logger: r.tel.Logger, Every: r.cfg.Compliance.ComplianceEvery, IDs: r.cfg.Compliance.ComplianceIDs, Poll: firstPoll,
		Archive: compliance.Bucket{Client: bucket, Name: r.cfg.Compliance.S3.S3Bucket, Source: r.source, MinAge: r.cfg.Compliance.MinAge, Unreadable: r.unreadable,
			Known: compliance.NewKnown(r.cfg.Compliance.ComplianceMemory)},
		Save: func(ctx context.Context, p compliance.Progress) error {
			if !p.Finished.IsZero() {
				r.metrics.complied.Set(float64(p.Finished.UnixMilli()) / 1000)
			}
			value, err := json.Marshal(p)
			if err != nil {
				return fmt.Errorf("encode the progress of compliance jobs: %w", err)
			}
			return store.Save(ctx, value)
		},
		Pause: func(failures int, err error) time.Duration {
			r.metrics.uncomplied.Inc()
			return compliancePause(failures, err)
		},
		Gone: r.complianceTold(traceparent.New()),
	}
	if !progress.Finished.IsZero() {
		r.metrics.complied.Set(float64(progress.Finished.UnixMilli()) / 1000)
	}
	return compliance.New(o, progress).Run(ctx)
}

// unreadable takes note of what cannot be read of the archive.
func (r *refresher) unreadable(object string, err error) {
	r.metrics.unreadable.Inc()
	r.tel.Logger.Error("something in the archive cannot be read; whether its posts are gone is not asked", "object", object, "error", err)
}

// compliancePause is the wait after so many failures in a row. Requests about jobs are few in 15 minutes.
func compliancePause(failures int, err error) time.Duration {
	f := new(xapi.Failure)
	if !errors.As(err, &f) {
		return stretch(doubled(httpFirst, failures, httpMax))
	}
	p := pauses{network: failures, http: failures - 1, limits: failures - 1}
	return p.next(f, time.Now())
}

func (r *refresher) complianceProgress(ctx context.Context) (compliance.Progress, error) {
	saved, err := checkpoint.Load(ctx, r.cfg.Kafka, r.tel, complianceOf(r.source))
	switch {
	case errors.Is(err, checkpoint.ErrNoTopic):
		return compliance.Progress{}, nil
	case err != nil:
		return compliance.Progress{}, fmt.Errorf("read the progress of compliance jobs: %w", err)
	case saved == nil:
		return compliance.Progress{}, nil
	}
	p, err := compliance.Parse(saved)
	if err != nil {
		r.tel.Logger.Warn("the archive is asked about from its beginning", "error", err)
	}
	return p, nil
}

// told is what X says of a post, under the names that it has there.
type told struct {
	ID         string    `json:"id"`
	Action     string    `json:"action"`
	CreatedAt  time.Time `json:"created_at,omitzero"`
	RedactedAt time.Time `json:"redacted_at,omitzero"`
	Reason     string    `json:"reason,omitempty"`
}

// complianceTold returns what writes the deletions of posts that X has told of, and takes them off the schedule.
func (r *refresher) complianceTold(traces traceparent.Maker) func(context.Context, []xapi.Result) error {
	return func(ctx context.Context, results []xapi.Result) error {
		raws := make([]*tweet.Raw, len(results))
		for i, result := range results {
			value, err := json.Marshal(told{result.ID, result.Action, result.CreatedAt, result.RedactedAt, result.Reason})
			if err != nil {
				return fmt.Errorf("encode a result: %w", err)
			}
			raws[i] = &tweet.Raw{
				Key: []byte(result.ID), Value: value, Source: r.source, Schema: tweet.SchemaX, Kind: tweet.KindDelete,
				ObservedAt: r.client.Now().UTC(), Traceparent: traces.Next(),
			}
		}
		if _, err := r.out.write(ctx, raws); err != nil {
			return err // written again as a whole: a deletion that comes twice is one
		}
		r.metrics.deletions.WithLabelValues("compliance").Add(float64(len(raws)))
		for _, result := range results {
			key, err := id(result.ID)
			if err != nil {
				continue
			}
			select {
			case r.gone <- key:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		return nil
	}
}
