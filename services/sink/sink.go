package sink

import (
	"context"

	"golang.org/x/sync/errgroup"

	"catsvdogs/services/pipeline/elastic"
	"catsvdogs/services/pipeline/objectstore"
	"catsvdogs/services/sink/archive"
	"catsvdogs/services/sink/archive/bucket"
	"catsvdogs/services/sink/bulk"
	"catsvdogs/services/sink/deadletters"
	"catsvdogs/services/sink/index"
)

// Run stores until ctx ends; then each part finishes what it holds, commits and leaves its group.
//
//	tweets.enriched ──▶ group sink-index ─────────▶ bulk ─▶ a verdict for each item ─┬─▶ Elasticsearch: tweets
//	                                                                                 └─▶ tweets.dlq
//	tweets.dlq ───────▶ group sink-dead-letters ──▶ bulk ─▶ a verdict for each item ───▶ Elasticsearch: dead-letters
//	tweets.raw ───────┬▶ group sink-archive ──────▶ one open object a partition ───────▶ S3
//	tweets.enriched ──┘                       now and then: compact ──▶ S3, without deleted posts
//
// The parts share nothing but the process, so that a slow index never holds the archive up, nor the other way round, and a
// flood of dead letters holds up no posts.
func Run(ctx context.Context, cfg Config) error {
	transport, err := elastic.Connect(cfg.Elasticsearch)
	if err != nil {
		return err
	}
	store, err := objectstore.Connect(cfg.S3)
	if err != nil {
		return err
	}
	tel, closeStage, err := cfg.Telemetry.Join("sink-index")
	if err != nil {
		return err
	}
	defer closeStage()

	bounds := bulk.Bounds{MinBytes: cfg.IndexBulkMinBytes, MaxBytes: cfg.IndexBulkBytes, MaxConcurrency: cfg.IndexBulkConcurrency}
	parts, ctx := errgroup.WithContext(ctx)
	parts.Go(func() error {
		return index.Run(ctx, index.Config{
			Kafka: cfg.Kafka, Group: cfg.IndexGroup, Period: cfg.IndexPeriod, Bulk: bounds,
			FlushInterval: cfg.IndexFlushInterval, Memory: cfg.IndexMemory, WaitForDocuments: cfg.WaitForDocuments,
		}, transport, tel)
	})
	parts.Go(func() error {
		return deadletters.Run(ctx, deadletters.Config{
			Kafka: cfg.Kafka, Group: cfg.DeadLettersGroup, Bulk: bounds,
			FlushInterval: cfg.IndexFlushInterval, Memory: cfg.IndexMemory / 4,
		}, transport, tel.Part("sink-dead-letters"))
	})
	archived := tel.Part("sink-archive")
	parts.Go(func() error {
		return archive.Run(ctx, archive.Config{
			Kafka: cfg.Kafka, Group: cfg.ArchiveGroup, Format: cfg.ArchiveFormat, Tables: cfg.ArchiveParquet,
			Rotation: archive.Rotation{
				Bytes: cfg.ArchiveBytes, Memory: cfg.ArchiveMemory, Records: cfg.ArchiveRecords,
				Age: cfg.ArchiveAge, Idle: cfg.ArchiveIdle,
			},
		}, bucket.New(store, cfg.S3.S3Bucket, cfg.ArchivePartBytes), archived)
	})
	if cfg.CompactEvery > 0 {
		parts.Go(func() error {
			compactNowAndThen(ctx, cfg, store, archived)
			return nil
		})
	}
	return parts.Wait()
}
