package sink

import (
	"context"

	"golang.org/x/sync/errgroup"

	"catsvdogs/services/pipeline/elastic"
	"catsvdogs/services/pipeline/objectstore"
	"catsvdogs/services/sink/archive"
	"catsvdogs/services/sink/index"
)

// Run stores until ctx ends; then each half finishes what it holds, commits and leaves its group.
//
//	tweets.enriched ──▶ group sink-index ────▶ bulk ─▶ a verdict for each item ─┬─▶ Elasticsearch
//	                                                                            └─▶ tweets.dlq
//	tweets.raw ───────┬▶ group sink-archive ─▶ one open object a partition ─────▶ S3
//	tweets.enriched ──┘
//
// The halves share nothing but the process, so that a slow index never holds the archive up, nor the other way round.
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

	halves, ctx := errgroup.WithContext(ctx)
	halves.Go(func() error {
		return index.Run(ctx, index.Config{
			Kafka: cfg.Kafka, Group: cfg.IndexGroup, Period: cfg.IndexPeriod, BulkBytes: cfg.IndexBulkBytes,
		}, transport, tel)
	})
	halves.Go(func() error {
		return archive.Run(ctx, archive.Config{
			Kafka: cfg.Kafka, Group: cfg.ArchiveGroup,
			Rotation: archive.Rotation{
				Bytes: cfg.ArchiveBytes, Memory: cfg.ArchiveMemory, Records: cfg.ArchiveRecords,
				Age: cfg.ArchiveAge, Idle: cfg.ArchiveIdle,
			},
		}, archive.NewS3(store, cfg.S3.S3Bucket), tel.Part("sink-archive"))
	})
	return halves.Wait()
}
