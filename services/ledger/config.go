package ledger

import (
	"errors"
	"fmt"
	"io"
	"net/url"
	"time"

	"catsvdogs/services/ledger/account"
	"catsvdogs/services/pipeline/broker"
	"catsvdogs/services/pipeline/elastic"
	"catsvdogs/services/pipeline/objectstore"
	"catsvdogs/services/pipeline/telemetry"
)

// Config is what both commands of the ledger are told.
type Config struct {
	Kafka         broker.Config      `embed:""`
	Elasticsearch elastic.Config     `embed:""`
	S3            objectstore.Config `embed:""`
	Telemetry     telemetry.Config   `embed:""`

	EnricherGroup    string `help:"Consumer group of the enrichers." default:"enricher"`
	IndexGroup       string `help:"Consumer group of the index." default:"sink-index"`
	ArchiveGroup     string `help:"Consumer group of the archive." default:"sink-archive"`
	DeadLettersGroup string `help:"Consumer group that indexes dead letters." default:"sink-dead-letters"`

	Truth    string `help:"File in which the simulator has written what it handed over (its --truth)." placeholder:"FILE"`
	TruthURL string `name:"truth-url" help:"A running simulator to ask what it handed over, instead." placeholder:"URL"`

	Contest string `help:"The contest file of the services: then what documents say of teams and popularity is judged, too. Only where all were made with this one." placeholder:"FILE"`

	Index   bool `help:"Audit the index." default:"true" negatable:""`
	Archive bool `help:"Audit the archive." default:"true" negatable:""`

	Every         time.Duration `help:"How often an account is drawn up; each goes on where the last one ended." default:"10s"`
	Settle        time.Duration `help:"How long a line may be on its way from the source, and how long an audit waits for what is in flight; what is pending even then is a finding. 0: an audit does not wait, and pending is no finding." default:"30s"`
	RememberPosts int           `help:"Posts, and lines of the truth, that are remembered when nothing is wrong with them, some 350 bytes each; those in flight and those that something is wrong with come on top. Of more, those that were not looked at for the longest are forgotten: they are not looked at again, and documents that no record is of are not looked for any more." default:"300000" placeholder:"N"`
	MaxFindings   int           `name:"findings" help:"Findings that are told one by one; all are counted." default:"100" placeholder:"N"`

	KeepAccounts bool `help:"Keep the accounts of a watch in Elasticsearch, in catsvdogs-ledger, for the dashboard of the pipeline's health; not with --no-index." default:"true" negatable:""`

	// Published is told of each account of Run, from its goroutine; it must not change it.
	Published func(*account.Account) `kong:"-"`
}

// Validate lists everything that is wrong.
func (c *Config) Validate() error {
	errs := []error{c.Kafka.Check(), c.Telemetry.Check()}
	if c.Index {
		errs = append(errs, c.Elasticsearch.Check())
	}
	if c.Archive {
		errs = append(errs, c.S3.Check())
	}
	for flag, group := range map[string]string{
		"enricher-group": c.EnricherGroup, "index-group": c.IndexGroup, "archive-group": c.ArchiveGroup, "dead-letters-group": c.DeadLettersGroup,
	} {
		if group == "" {
			errs = append(errs, fmt.Errorf("--%s: give a name", flag))
		}
	}
	if c.TruthURL != "" {
		if u, err := url.Parse(c.TruthURL); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			errs = append(errs, errors.New("--truth-url: give http(s)://HOST:PORT"))
		}
	}
	if c.Truth != "" && c.TruthURL != "" {
		errs = append(errs, errors.New("--truth: give a file or --truth-url, not both"))
	}
	if c.Every < 100*time.Millisecond {
		errs = append(errs, fmt.Errorf("--every: give at least 100ms, not %s", c.Every))
	}
	if c.Settle < 0 {
		errs = append(errs, fmt.Errorf("--settle: give 0 or more, not %s", c.Settle))
	}
	if c.RememberPosts < 1000 {
		errs = append(errs, fmt.Errorf("--remember-posts: give at least 1000, not %d", c.RememberPosts))
	}
	if c.MaxFindings < 1 {
		errs = append(errs, fmt.Errorf("--findings: give at least 1, not %d", c.MaxFindings))
	}
	return errors.Join(errs...)
}

// ProbeAddr is where a running ledger answers whether it is ready.
func (c Config) ProbeAddr() string { return c.Telemetry.TelemetryAddr }

// AuditConfig is what ledger audit is told.
type AuditConfig struct {
	Config `embed:""`

	Since string `help:"Audit only what came since: a time (RFC 3339), a duration (10m), or last, which is where the audit before left off (--state)." placeholder:"WHEN"`
	State string `help:"File that keeps where an audit left off; it is read with --since=last and written by each audit." placeholder:"FILE"`

	From      string `help:"Where to begin: a time (RFC 3339 or a date) of the records, or an offset of each partition. Nothing is where the archive or Kafka begins." placeholder:"TIME|OFFSET"`
	To        string `help:"Where to end, excluded; what is not archived up to there is a finding. Nothing is how far everybody says they are." placeholder:"TIME|OFFSET"`
	Topic     string `help:"The only topic whose archive to audit: ${enum}." default:"all" enum:"all,tweets.raw,tweets.enriched"`
	Partition int32  `help:"The only partition whose archive to audit; -1 is all." default:"-1"`
	JSON      bool   `name:"json" help:"Print the account as JSON."`

	// Out receives the account; nil is standard output.
	Out io.Writer `kong:"-"`
}

// Validate lists everything that is wrong.
func (c *AuditConfig) Validate() error {
	errs := []error{c.Config.Validate()}
	for flag, text := range map[string]string{"from": c.From, "to": c.To} {
		if _, err := parseBound(text); err != nil {
			errs = append(errs, fmt.Errorf("--%s: %w", flag, err))
		}
	}
	if _, err := parseSince(c.Since, time.Now()); err != nil {
		errs = append(errs, fmt.Errorf("--since: %w", err))
	}
	if c.Since != "" && (c.From != "" || c.To != "") {
		errs = append(errs, errors.New("--since: goes with neither --from nor --to"))
	}
	if c.Since == sinceLast && c.State == "" {
		errs = append(errs, errors.New("--since: last wants the --state of the audit before"))
	}
	if c.Partition < -1 {
		errs = append(errs, fmt.Errorf("--partition: give a partition, or -1 for all, not %d", c.Partition))
	}
	return errors.Join(errs...)
}
