// Package sink stores the posts: in Elasticsearch, one document a post, and in an S3 store, one line a record. These two
// halves are packages index and archive; package deadletters indexes what was refused. This package configures and runs
// them.
package sink

import (
	"errors"
	"fmt"
	"time"

	"catsvdogs/services/pipeline/broker"
	"catsvdogs/services/pipeline/elastic"
	"catsvdogs/services/pipeline/objectstore"
	"catsvdogs/services/pipeline/telemetry"
	"catsvdogs/services/pipeline/tweet"
)

// Config is the sink's configuration.
type Config struct {
	Kafka         broker.Config      `embed:""`
	Elasticsearch elastic.Config     `embed:""`
	S3            objectstore.Config `embed:""`
	Telemetry     telemetry.Config   `embed:""`

	IndexGroup     string            `help:"Consumer group of the index." default:"sink-index"`
	IndexPeriod    tweet.IndexPeriod `help:"What one index covers: ${enum}. A million posts a month fit a monthly one well." default:"month" enum:"day,month"`
	IndexBulkBytes int               `help:"Largest bulk request, before compression." default:"5242880"`

	WaitForDocuments bool `help:"Say that the index is ready only when it holds a post."`

	DeadLettersGroup string `help:"Consumer group that indexes dead letters." default:"sink-dead-letters"`

	ArchiveGroup   string        `help:"Consumer group of the archive." default:"sink-archive"`
	ArchiveBytes   int           `help:"An object is closed when it has this many compressed bytes." default:"16777216"`
	ArchiveMemory  int           `help:"When all open objects together hold more compressed bytes than this, the largest are closed." default:"134217728"`
	ArchiveRecords int           `help:"An object is closed when it has this many records." default:"500000"`
	ArchiveAge     time.Duration `help:"An object is closed when its first record has waited this long." default:"60s"`
	ArchiveIdle    time.Duration `help:"Objects are closed when no record has come for this long." default:"5s"`
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
	atLeast("index-bulk-bytes", c.IndexBulkBytes, 1024)
	atLeast("archive-bytes", c.ArchiveBytes, 1024)
	atLeast("archive-memory", c.ArchiveMemory, 1<<20)
	if c.ArchiveBytes > 1<<30 {
		errs = append(errs, fmt.Errorf("--archive-bytes: give at most %d, because an object is held in memory, not %d", 1<<30, c.ArchiveBytes))
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
