// Package sink stores the posts: in Elasticsearch, one document a post, and in an S3 store, one line a record. These two
// halves are packages index and archive; package deadletters indexes what was refused. This package configures and runs
// them.
package sink

import (
	"errors"
	"fmt"
	"time"

	"catsvdogs/services/pipeline/archived"
	"catsvdogs/services/pipeline/broker"
	"catsvdogs/services/pipeline/elastic"
	"catsvdogs/services/pipeline/objectstore"
	"catsvdogs/services/pipeline/telemetry"
	"catsvdogs/services/pipeline/tweet"
	"catsvdogs/services/sink/archive/bucket"
)

// Config is the sink's configuration.
type Config struct {
	Kafka         broker.Config      `embed:""`
	Elasticsearch elastic.Config     `embed:""`
	S3            objectstore.Config `embed:""`
	Telemetry     telemetry.Config   `embed:""`

	IndexGroup           string            `help:"Consumer group of the index." default:"sink-index"`
	IndexPeriod          tweet.IndexPeriod `help:"What one index covers: ${enum}. A million posts a month fit a monthly one well. It cannot be changed while there are indices of the other period." default:"month" enum:"day,month"`
	IndexBulkBytes       int               `help:"Largest bulk request, before compression. Requests grow up to it while Elasticsearch keeps up." default:"5242880" placeholder:"BYTES"`
	IndexBulkMinBytes    int               `help:"What bulk requests shrink to at least when Elasticsearch pushes back or slows down." default:"262144" placeholder:"BYTES"`
	IndexBulkConcurrency int               `help:"Most bulk requests under way. Their number grows and shrinks as their size does." default:"4" placeholder:"N"`
	IndexFlushInterval   time.Duration     `help:"Longest that a document waits for others to share its bulk request." default:"500ms"`
	IndexMemory          int               `help:"When the records that were read and are not stored take more memory than this, no more are read. Dead letters take up to a quarter of it more." default:"33554432" placeholder:"BYTES"`

	WaitForDocuments bool `help:"Say that the index is ready only when a post has arrived in it since the start."`

	DeadLettersGroup string `help:"Consumer group that indexes dead letters." default:"sink-dead-letters"`

	ArchiveGroup     string          `help:"Consumer group of the archive." default:"sink-archive"`
	ArchiveFormat    archived.Format `help:"How objects are packed: ${enum}. Those that are there may be of either." default:"ndjson.zst" enum:"ndjson.zst,ndjson.gz"`
	ArchiveParquet   bool            `help:"Make a Parquet file of each object of tweets.enriched as well, below parquet/."`
	ArchiveBytes     int             `help:"An object is closed when it has this many compressed bytes." default:"16777216"`
	ArchivePartBytes int             `help:"An object over this many bytes is uploaded in parts of this size." default:"8388608"`
	ArchiveMemory    int             `help:"When all open objects together take more memory than this, the largest are closed." default:"67108864"`
	ArchiveRecords   int             `help:"An object is closed when it has this many records." default:"500000"`
	ArchiveAge       time.Duration   `help:"An object is closed when its first record has waited this long, so that a quiet topic is stored within a minute." default:"45s"`
	ArchiveIdle      time.Duration   `help:"Objects are closed when no record has come for this long, or a deletion has waited this long to be listed." default:"5s"`

	CompactEvery time.Duration `help:"How often deleted posts are taken out of the archive, by one of all sinks; 0 is never." default:"12h"`
}

// Validate lists everything that is wrong.
func (c *Config) Validate() error {
	errs := []error{c.Kafka.Check(), c.Elasticsearch.Check(), c.S3.Check(), c.Telemetry.Check()}
	groups := map[string]bool{c.IndexGroup: true, c.ArchiveGroup: true, c.DeadLettersGroup: true}
	if len(groups) < 3 || groups[""] {
		errs = append(errs, errors.New("--index-group, --archive-group, --dead-letters-group: give three different names"))
	}
	atLeast := func(flag string, got, least int) {
		if got < least {
			errs = append(errs, fmt.Errorf("--%s: give at least %d, not %d", flag, least, got))
		}
	}
	atLeast("index-bulk-min-bytes", c.IndexBulkMinBytes, 1024)
	atLeast("index-bulk-bytes", c.IndexBulkBytes, c.IndexBulkMinBytes)
	atLeast("index-bulk-concurrency", c.IndexBulkConcurrency, 1)
	atLeast("index-memory", c.IndexMemory, 2*c.IndexBulkBytes)
	if c.IndexBulkBytes > 100<<20 {
		errs = append(errs, fmt.Errorf("--index-bulk-bytes: give at most %d, over which Elasticsearch takes no request (http.max_content_length), not %d", 100<<20, c.IndexBulkBytes))
	}
	if c.IndexBulkConcurrency > 64 {
		errs = append(errs, fmt.Errorf("--index-bulk-concurrency: give at most 64, not %d", c.IndexBulkConcurrency))
	}
	if c.IndexFlushInterval < 10*time.Millisecond || c.IndexFlushInterval > time.Minute {
		errs = append(errs, fmt.Errorf("--index-flush-interval: give 10ms to 1m, not %s", c.IndexFlushInterval))
	}
	atLeast("archive-bytes", c.ArchiveBytes, 1024)
	atLeast("archive-part-bytes", c.ArchivePartBytes, bucket.MinPartBytes)
	atLeast("archive-memory", c.ArchiveMemory, 16<<20)
	if c.ArchiveBytes > 1<<30 {
		errs = append(errs, fmt.Errorf("--archive-bytes: give at most %d, because an object is held in memory, not %d", 1<<30, c.ArchiveBytes))
	}
	if c.ArchivePartBytes > 1<<30 {
		errs = append(errs, fmt.Errorf("--archive-part-bytes: give at most %d, not %d", 1<<30, c.ArchivePartBytes))
	}
	if c.CompactEvery != 0 && c.CompactEvery < time.Second {
		errs = append(errs, fmt.Errorf("--compact-every: give 0 for never or at least 1s, not %s", c.CompactEvery))
	}
	atLeast("archive-records", c.ArchiveRecords, 1)
	for flag, d := range map[string]time.Duration{"archive-age": c.ArchiveAge, "archive-idle": c.ArchiveIdle} {
		if d < 100*time.Millisecond {
			errs = append(errs, fmt.Errorf("--%s: give at least 100ms, not %s", flag, d))
		}
	}
	return errors.Join(errs...)
}

// ProbeAddr is where a running sink answers whether it is ready.
func (c Config) ProbeAddr() string { return c.Telemetry.TelemetryAddr }
