// Package allinone is the whole product in one process: the services' own Run functions, the simulator as the source,
// and embedded servers for whatever is not given. It copies no wiring of theirs; it only chooses addresses.
package allinone

import (
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"catsvdogs/services/allinone/rehearsal"
	"catsvdogs/services/pipeline/broker"
	"catsvdogs/services/pipeline/contest"
	"catsvdogs/services/pipeline/elastic"
	"catsvdogs/services/pipeline/objectstore"
	"catsvdogs/services/refresher/agenda"
)

// Defaults of the shared parts of the configuration: nothing given means the embedded server.
var Defaults = map[string]string{"kafka_brokers": "", "elasticsearch_url": "", "s3_endpoint": ""}

// Config is the demo's configuration.
type Config struct {
	For       time.Duration `help:"Stop by itself after this long, counted from when the page is up; 0 is never." placeholder:"DURATION"`
	Posts     int64         `help:"Stop after this many posts, when everything behind them has been stored; 0 is never." placeholder:"N"`
	Rate      float64       `help:"Posts a second, averaged over a day; nights are quieter." default:"20" placeholder:"N"`
	Seed      uint64        `help:"The same seed makes up the same posts." default:"1"`
	Malformed float64       `help:"Share of broken lines in the stream, from 0 to below 1." default:"0.002" placeholder:"FRACTION"`

	RefreshAfter []time.Duration `help:"Ages at which a post is looked at again, for its counts and whether it is still there." default:"5s,15s,30s" placeholder:"DURATION"`
	HalfLife     time.Duration   `help:"Time in which a post wins half of its likes." default:"15s" placeholder:"DURATION"`
	Deleted      float64         `help:"Share of posts that their authors delete, after that time on average, from 0 to 1." default:"0.01" placeholder:"FRACTION"`

	Ledger bool     `help:"Account for every record all the time, and show the account on the page." default:"true" negatable:""`
	Fault  []string `help:"Faults to make, each at a time after the start; the page has a button for each." placeholder:"NAME@10s"`

	HTTP    string `name:"http" help:"Where the page is." default:"127.0.0.1:8080" placeholder:"HOST:PORT"`
	Open    bool   `help:"Open the page in a browser." default:"true" negatable:""`
	Data    string `help:"Folder of the embedded servers. What is in it is found again." default:"data" placeholder:"DIR"`
	Contest string `help:"The contest file." default:"contest.yaml" placeholder:"FILE"`

	Kafka         broker.Config      `embed:""`
	Elasticsearch elastic.Config     `embed:""`
	S3            objectstore.Config `embed:""`

	LogLevel  string `help:"What is logged: ${enum}." default:"warn" enum:"debug,info,warn,error"`
	LogFormat string `help:"How it is logged: ${enum}." default:"text" enum:"text,json"`

	// Stdout receives the summary, one line of JSON; Stderr what a person reads meanwhile.
	Stdout, Stderr io.Writer `kong:"-"`
}

// Validate lists everything that is wrong.
func (c *Config) Validate() error {
	var errs []error
	if c.For < 0 {
		errs = append(errs, fmt.Errorf("--for: give a time, or 0 to go on until you stop it, not %s", c.For))
	}
	if c.Posts < 0 {
		errs = append(errs, fmt.Errorf("--posts: give a number, or 0 to go on until you stop it, not %d", c.Posts))
	}
	if !(c.Rate > 0 && c.Rate <= 100_000) {
		errs = append(errs, fmt.Errorf("--rate: give more than 0 and at most 100000 posts a second, not %g", c.Rate))
	}
	if !(c.Malformed >= 0 && c.Malformed < 1) {
		errs = append(errs, fmt.Errorf("--malformed: give a share from 0 to below 1, not %g", c.Malformed))
	}
	if !(c.Deleted >= 0 && c.Deleted <= 1) {
		errs = append(errs, fmt.Errorf("--deleted: give a share from 0 to 1, not %g", c.Deleted))
	}
	if c.HalfLife <= 0 {
		errs = append(errs, fmt.Errorf("--half-life: give a time such as 15s, not %s", c.HalfLife))
	}
	if _, err := agenda.NewSchedule(c.RefreshAfter, refreshGrace); err != nil {
		errs = append(errs, fmt.Errorf("--refresh-after: %w", err))
	}
	if _, err := rehearsal.ParsePlan(c.Fault); err != nil {
		errs = append(errs, fmt.Errorf("--fault: %w", err))
	}
	if _, _, err := net.SplitHostPort(c.HTTP); err != nil {
		errs = append(errs, fmt.Errorf("--http: %w; give HOST:PORT", err))
	}
	if len(c.Kafka.KafkaBrokers) > 0 {
		errs = append(errs, c.Kafka.Check())
	}
	if c.Elasticsearch.ElasticsearchURL != "" {
		errs = append(errs, c.Elasticsearch.Check())
	}
	if c.S3.S3Endpoint != "" {
		errs = append(errs, c.S3.Check())
	}
	_, err := contest.Load(c.Contest)
	return errors.Join(append(errs, err)...)
}

// ProbeAddr is where a running demo answers whether it is ready.
func (c Config) ProbeAddr() string { return c.HTTP }
