package sink

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/prometheus/client_golang/prometheus"

	"catsvdogs/services/pipeline/archived"
	"catsvdogs/services/pipeline/objectstore"
	"catsvdogs/services/pipeline/telemetry"
	"catsvdogs/services/sink/archive/bucket"
	"catsvdogs/services/sink/archive/compact"
)

// CompactConfig is the configuration of sink compact: the sink's own, so that both find the same archive, and what to do.
type CompactConfig struct {
	Config `embed:""`

	DryRun bool `help:"Look and count, change nothing."`
	All    bool `help:"Look at every object, whatever earlier passes have looked at."`

	// Out receives the report, a line of JSON; nil is standard output.
	Out io.Writer `kong:"-"`
}

// Validate lists everything that is wrong.
func (c *CompactConfig) Validate() error { return c.Config.Validate() }

// Compact makes one pass over the archive and returns when it is done. An error says that it must be made again.
func Compact(ctx context.Context, cfg CompactConfig) error {
	store, err := objectstore.Connect(cfg.S3)
	if err != nil {
		return err
	}
	logger := telemetry.NewLogger(os.Stderr, cfg.Telemetry.LogLevel, cfg.Telemetry.LogFormat)
	c := compactor(cfg.Config, store, logger)
	c.DryRun, c.All = cfg.DryRun, cfg.All
	told := time.Now()
	c.Progress = func(r compact.Report) {
		if time.Since(told) >= progressEvery {
			told = time.Now()
			logger.Info("compacting", "objects_read", r.Looked, "rewritten", r.Rewritten, "records_suppressed", r.Suppressed)
		}
	}
	report, err := c.Pass(ctx)
	if ctx.Err() != nil {
		return fmt.Errorf("stopped; what was done stays done: %w", err)
	}
	out := cfg.Out
	if out == nil {
		out = os.Stdout
	}
	if told := json.NewEncoder(out).Encode(report); err == nil {
		err = told
	}
	return err
}

// progressEvery is how often a command says how far it is.
const progressEvery = 5 * time.Second

func compactor(cfg Config, store *minio.Client, logger *slog.Logger) *compact.Compactor {
	return &compact.Compactor{
		Bucket:  bucket.New(store, cfg.S3.S3Bucket, cfg.ArchivePartBytes),
		Archive: archived.NewBucket(store, cfg.S3.S3Bucket),
		Logger:  logger,
	}
}

// compactNowAndThen compacts until ctx ends, in turns with all other sinks.
func compactNowAndThen(ctx context.Context, cfg Config, store *minio.Client, tel *telemetry.Stage) {
	suppressed := prometheus.NewCounter(prometheus.CounterOpts{
		Name: "catsvdogs_sink_compact_suppressed_records_total", Help: "Records whose content was taken out of the archive."})
	finished := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "catsvdogs_sink_compact_finished_seconds", Help: "When this sink last finished a whole pass, in Unix time; 0 for never."})
	failed := prometheus.NewCounter(prometheus.CounterOpts{
		Name: "catsvdogs_sink_compact_failed_total", Help: "Passes that must be made again."})
	tel.Registerer.MustRegister(suppressed, finished, failed)
	compactor(cfg, store, tel.Logger).Run(ctx, cfg.CompactEvery, func(r compact.Report, err error) {
		suppressed.Add(float64(r.Suppressed))
		if err != nil {
			failed.Inc()
			tel.Logger.Warn("the archive is not compacted; it is tried again", "error", err)
			return
		}
		finished.SetToCurrentTime()
		tel.Logger.Info("archive compacted", "deleted_posts", r.Deleted, "objects_rewritten", r.Rewritten, "records_suppressed", r.Suppressed)
	})
}
