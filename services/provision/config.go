// Package provision makes what the services expect to find: topics, index template, bucket. It is safe to run again and
// again; it changes nothing that is there but the index template, which is ours.
package provision

import (
	"errors"
	"fmt"
	"io"
	"time"

	"catsvdogs/services/pipeline/broker"
	"catsvdogs/services/pipeline/elastic"
	"catsvdogs/services/pipeline/objectstore"
	"catsvdogs/services/pipeline/topic"
)

// Config is provision's configuration.
type Config struct {
	Kafka         broker.Config      `embed:""`
	Elasticsearch elastic.Config     `embed:""`
	S3            objectstore.Config `embed:""`

	Partitions  int32         `help:"Partitions of each topic, and so the largest useful number of enrichers." default:"12"`
	Replication int16         `help:"Copies of each partition; -1 leaves it to the broker." default:"-1"`
	KeepAll     bool          `help:"Make topics that never forget: neither retention nor compaction. For trying things out, and for a broker that does not know min.compaction.lag.ms."`
	WaitFor     time.Duration `help:"How long to wait for each server." default:"2m"`

	// Out receives a line for each thing made or found; nil is standard output.
	Out io.Writer `kong:"-"`
}

// Validate lists everything that is wrong.
func (c *Config) Validate() error {
	errs := []error{c.Kafka.Check(), c.Elasticsearch.Check(), c.S3.Check()}
	if c.Partitions < 1 || c.Partitions > 1000 {
		errs = append(errs, fmt.Errorf("--partitions: give a number from 1 to 1000, not %d; the default is %d", c.Partitions, topic.Partitions))
	}
	if c.Replication == 0 || c.Replication < -1 {
		errs = append(errs, fmt.Errorf("--replication: give -1 or a number of copies, not %d", c.Replication))
	}
	if c.WaitFor <= 0 {
		errs = append(errs, errors.New("--wait-for: give a time over 0"))
	}
	return errors.Join(errs...)
}
