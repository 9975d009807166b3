package redrive

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/services/pipeline/broker"
	"catsvdogs/services/pipeline/stage"
	"catsvdogs/services/pipeline/telemetry"
)

// progressEvery is how often a person is told how far it is.
const progressEvery = 5 * time.Second

// Run puts the dead letters back that cfg selects and prints what became of all of them, by reason. It ends at the end
// that tweets.dlq had at the start.
//
//	tweets.dlq ──▶ resolutions ─┐
//	tweets.dlq ──▶ dead letters ┴▶ judge ──▶ pace ──┬─▶ tweets.raw, tweets.enriched  the refused record
//	                                                └─▶ tweets.dlq                   its resolution
//	                                                    └──────── one transaction ────────┘
//
// The table is printed in every case; what it says to have been put back has been. When ctx ends, Run finishes the
// transaction in flight and returns an error, as it is not done; started again it goes on. The error is ErrFenced when
// another redrive was started.
func Run(ctx context.Context, cfg Config) error {
	selection, err := cfg.selection()
	if err != nil {
		return err
	}
	r := &run{cfg: cfg, selection: selection, resolved: offsetSet{}, table: newTable(cfg.DryRun), pace: pace{rate: cfg.Rate}}
	// A command serves no metrics: where it runs, a running enricher may have the address.
	shown := cfg.Enricher.Telemetry
	if shown.Process == nil {
		shown.Process = telemetry.NewProcess(telemetry.NewLogger(os.Stderr, shown.LogLevel, shown.LogFormat))
	}
	var closeStage func()
	if r.tel, closeStage, err = shown.Join("redrive"); err != nil {
		return err
	}
	defer closeStage()
	if !cfg.DryRun {
		if r.writer, err = newWriter(ctx, r.options("redrive")); err != nil {
			return err
		}
		defer r.writer.client.Close()
	}
	if err := r.all(ctx); err != nil {
		return errors.Join(r.ended(ctx, err), r.table.fprint(r.out(), &r.cfg, false))
	}
	return r.table.fprint(r.out(), &r.cfg, true)
}

// run is one redrive.
type run struct {
	cfg       Config
	selection selection
	tel       *telemetry.Stage
	writer    *writer // nil in a dry run
	resolved  offsetSet
	table     *table
	pace      pace

	batch      []*kgo.Record // dead letters that go back in the next transaction
	reasons    []string      // theirs
	batchBytes int
	told       time.Time
}

func (r *run) options(clientID string) []kgo.Opt {
	return broker.Options(r.cfg.Enricher.Kafka, clientID, r.tel)
}

// all reads twice.
func (r *run) all(ctx context.Context) error {
	asking, err := kgo.NewClient(r.options("redrive-spans")...)
	if err != nil {
		return fmt.Errorf("connect to Kafka: %w", err)
	}
	spans, err := spans(ctx, asking)
	asking.Close()
	if err != nil {
		return err
	}
	var total int64
	for _, s := range spans {
		total += s.end - s.start
	}
	r.told = time.Now()
	read := int64(0)
	counted := func(what string, take func(*kgo.Record) error) func(*kgo.Record) error {
		read = 0
		return func(record *kgo.Record) error {
			read++
			if time.Since(r.told) >= progressEvery {
				r.told = time.Now()
				r.tel.Logger.Info(what, "records", read, "of_at_most", total, "done", r.table.total().back)
			}
			return take(record)
		}
	}
	if err := r.scan(ctx, "redrive-resolutions", spans, counted("looking for what has been put back before", r.noteResolution)); err != nil {
		return err
	}
	take := func(record *kgo.Record) error { return r.take(ctx, record) }
	if err := r.scan(ctx, "redrive-letters", spans, counted("putting dead letters back", take)); err != nil {
		return err
	}
	return r.flush(ctx)
}

func (r *run) scan(ctx context.Context, clientID string, spans map[int32]span, take func(*kgo.Record) error) error {
	s, err := newScan(r.options(clientID), r.tel.Logger, spans)
	if err != nil {
		return err
	}
	defer s.client.Close()
	return s.each(ctx, take)
}

// ended says what a person does after an error.
func (r *run) ended(ctx context.Context, err error) error {
	switch {
	case stage.Ended(ctx, err):
		return fmt.Errorf("stopped before the end; start it again to go on: %w", err)
	case errors.Is(err, ErrFenced), r.cfg.DryRun:
		return err
	}
	return fmt.Errorf("%w; what the table counts has been put back, and starting again does the rest", err)
}
