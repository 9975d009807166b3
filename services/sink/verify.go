package sink

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/services/pipeline/archived"
	"catsvdogs/services/pipeline/broker"
	"catsvdogs/services/pipeline/elastic"
	"catsvdogs/services/pipeline/objectstore"
	"catsvdogs/services/pipeline/service"
	"catsvdogs/services/pipeline/telemetry"
	"catsvdogs/services/pipeline/topic"
	"catsvdogs/services/sink/archive/verify"
)

// VerifyConfig is the configuration of sink verify: the sink's own, so that both find the same archive, and what to prove.
type VerifyConfig struct {
	Config `embed:""`

	From      string `help:"Where to begin: a time (RFC 3339 or a date) of the records, or an offset. Nothing is where the archive or Kafka begins." placeholder:"TIME|OFFSET"`
	To        string `help:"Where to end, excluded; what archive or index have not come to by then is a finding. Nothing is how far the archive says it is; what Kafka has behind that is counted as behind, and what the index has not come to as pending." placeholder:"TIME|OFFSET"`
	Topic     string `help:"The only topic to verify: ${enum}." default:"all" enum:"all,tweets.raw,tweets.enriched"`
	Partition int32  `help:"The only partition to verify; -1 is all." default:"-1"`
	Index     bool   `help:"Verify the index as well." default:"true" negatable:""`
	JSON      bool   `name:"json" help:"Print a line of JSON for each finding and for each partition."`

	// Out receives what was found; nil is standard output.
	Out io.Writer `kong:"-"`
}

// Validate lists everything that is wrong.
func (c *VerifyConfig) Validate() error {
	errs := []error{c.Config.Validate()}
	for flag, text := range map[string]string{"from": c.From, "to": c.To} {
		if _, err := verify.ParseBound(text); err != nil {
			errs = append(errs, fmt.Errorf("--%s: %w", flag, err))
		}
	}
	if c.Partition < -1 {
		errs = append(errs, fmt.Errorf("--partition: give a partition, or -1 for all, not %d", c.Partition))
	}
	return errors.Join(errs...)
}

// ErrFound is wrapped by the error of Verify when something is wrong with what was verified, not with verifying.
var ErrFound = fmt.Errorf("archive and index: %w", service.ErrFound)

// Verify prints what is wrong, and how much was verified. Its error wraps ErrFound when anything is.
func Verify(ctx context.Context, cfg VerifyConfig) error {
	store, err := objectstore.Connect(cfg.S3)
	if err != nil {
		return err
	}
	options := append(broker.Dialing(cfg.Kafka), kgo.ClientID("sink-verify"), kgo.AlwaysRetryEOF())
	kafka, err := kgo.NewClient(options...)
	if err != nil {
		return fmt.Errorf("connect to Kafka: %w", err)
	}
	defer kafka.Close()
	out := cfg.Out
	if out == nil {
		out = os.Stdout
	}
	p := &printer{out: out, isJSON: cfg.JSON}
	logger := telemetry.NewLogger(os.Stderr, cfg.Telemetry.LogLevel, cfg.Telemetry.LogFormat)
	told := time.Now()
	v := &verify.Verifier{
		Archive: archived.NewBucket(store, cfg.S3.S3Bucket), Kafka: kafka, KafkaOptions: options,
		ArchiveGroup: cfg.ArchiveGroup, IndexGroup: cfg.IndexGroup,
		Topics: []string{topic.Raw, topic.Enriched}, Partition: cfg.Partition,
		Found: p.found, Done: p.done,
		Progress: func(s verify.Partition) {
			if time.Since(told) >= progressEvery {
				told = time.Now()
				logger.Info("verifying", "topic", s.Topic, "partition", s.Partition, "objects", s.Objects, "records", s.Records, "findings", s.Findings())
			}
		},
	}
	if cfg.Topic != "all" {
		v.Topics = []string{cfg.Topic}
	}
	if cfg.Index {
		if v.Index, err = elastic.Connect(cfg.Elasticsearch); err != nil {
			return err
		}
	}
	from, fromErr := verify.ParseBound(cfg.From)
	to, toErr := verify.ParseBound(cfg.To)
	v.From, v.To = from, to
	if err := errors.Join(fromErr, toErr); err != nil {
		return err
	}
	if err := v.Run(ctx); err != nil {
		return errors.Join(err, p.end())
	}
	if err := p.end(); err != nil {
		return fmt.Errorf("print the result: %w", err)
	}
	if p.findings > 0 {
		return fmt.Errorf("%w: %d findings", ErrFound, p.findings)
	}
	if p.records == 0 {
		return errors.New("nothing was verified: the archive has no record of what was asked for")
	}
	return nil
}
