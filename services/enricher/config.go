// Package enricher turns tweets.raw into tweets.enriched. It is stateless: start more of them, up to the number of
// partitions, to do more. What a document is made of is in package enrich; this package owns consuming, producing and
// the transaction around both.
package enricher

import (
	"errors"
	"fmt"
	"time"

	"catsvdogs/services/enricher/judge"
	"catsvdogs/services/enricher/vision"
	"catsvdogs/services/pipeline/broker"
	"catsvdogs/services/pipeline/contest"
	"catsvdogs/services/pipeline/telemetry"
)

// Config is the enricher's configuration.
type Config struct {
	Kafka     broker.Config    `embed:""`
	Telemetry telemetry.Config `embed:""`

	Contest         string `help:"The contest file." default:"contest.yaml" placeholder:"FILE"`
	Group           string `help:"Consumer group; enrichers of one group share the work." default:"enricher"`
	TransactionalID string `help:"Name of this replica, for its transactions and its place in the group. No two replicas may share one; a replica that restarts should keep its own: what it left open ends at once, and it has its partitions back at once. Not given: the group and the host's name, and a number where several run on one host and share its folder for temporary files; give one where they do not share it, as in containers on the host's network or with systemd's PrivateTmp." placeholder:"NAME"`
	BatchRecords    int    `help:"Largest number of records in one transaction." default:"2000"`

	RepeatPosts int           `help:"How many posts are remembered to find texts that are posted again and again; some 115 bytes each." default:"100000" placeholder:"N"`
	RepeatSpan  time.Duration `help:"How long they are remembered." default:"24h" placeholder:"DURATION"`

	Sentiment judge.Config  `embed:""`
	Vision    vision.Config `embed:""`

	CommitInterval time.Duration `help:"A transaction takes what comes within this time, so it is about the longest that a post waits here; more of it is less work for the broker." default:"50ms"`
}

// maxRepeatPosts takes a gigabyte.
const maxRepeatPosts = 10_000_000

// Validate lists everything that is wrong.
func (c *Config) Validate() error {
	errs := []error{c.Kafka.Check(), c.Telemetry.Check(), c.Sentiment.Check(), c.Vision.Check()}
	if c.Group == "" {
		errs = append(errs, errors.New("--group: give a name"))
	}
	if c.BatchRecords < 1 || c.BatchRecords > 100_000 {
		errs = append(errs, fmt.Errorf("--batch-records: give a number from 1 to 100000, not %d", c.BatchRecords))
	}
	if c.CommitInterval < 0 || c.CommitInterval > transactionTimeout/3 {
		errs = append(errs, fmt.Errorf("--commit-interval: give at most %s, not %s", transactionTimeout/3, c.CommitInterval))
	}
	if c.RepeatPosts < 1 || c.RepeatPosts > maxRepeatPosts {
		errs = append(errs, fmt.Errorf("--repeat-posts: give a number from 1 to %d, not %d", maxRepeatPosts, c.RepeatPosts))
	}
	if c.RepeatSpan <= 0 {
		errs = append(errs, fmt.Errorf("--repeat-span: give a time such as 24h, not %s", c.RepeatSpan))
	}
	_, err := contest.Load(c.Contest)
	return errors.Join(append(errs, err)...)
}

// ProbeAddr is where a running enricher answers whether it is ready.
func (c Config) ProbeAddr() string { return c.Telemetry.TelemetryAddr }
