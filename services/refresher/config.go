package refresher

import (
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"time"

	"catsvdogs/services/pipeline/broker"
	"catsvdogs/services/pipeline/config"
	"catsvdogs/services/pipeline/contest"
	"catsvdogs/services/pipeline/spend"
	"catsvdogs/services/pipeline/telemetry"
	"catsvdogs/services/pipeline/tweet"
	"catsvdogs/services/pipeline/xapi"
	"catsvdogs/services/refresher/agenda"
)

// Values of --source.
const (
	sourceAuto      = "auto"
	sourceX         = tweet.SourceX
	sourceSimulator = tweet.SourceSimulator
	sourceBluesky   = tweet.SourceBluesky
)

// maxPosts takes some gigabytes.
const maxPosts = 20_000_000

// Config is what the refresher can be told.
type Config struct {
	Kafka     broker.Config    `embed:""`
	Telemetry telemetry.Config `embed:""`

	Contest string `help:"The contest file." default:"contest.yaml" placeholder:"FILE"`

	Source       string `help:"Whose posts are looked at again: ${enum}. auto is x when a bearer token is given, otherwise the simulator when its address is." default:"auto" enum:"auto,x,simulator,bluesky"`
	SimulatorURL string `name:"simulator-url" help:"Server that speaks the X API with made-up posts, over http or https. It gets no bearer token of X." placeholder:"URL"`

	BlueskyURL []string `name:"bluesky-url" help:"Hosts of Bluesky's Jetstream (the first version of its wire), tried in turn: addresses with ws or wss." default:"wss://jetstream1.us-east.bsky.network/subscribe,wss://jetstream2.us-east.bsky.network/subscribe,wss://jetstream1.us-west.bsky.network/subscribe,wss://jetstream2.us-west.bsky.network/subscribe" placeholder:"URL"`

	API    xapi.Config  `embed:""`
	Budget spend.Config `embed:""`

	RefreshAfter     []time.Duration `help:"Ages at which a post is looked at. One that is not reached in time is left out: the next one serves both." default:"15m,1h,6h,23h" placeholder:"DURATION"`
	RefreshGrace     time.Duration   `help:"How late the last look at a post may be." default:"1h" placeholder:"DURATION"`
	RefreshPosts     int             `help:"Posts kept in mind, some 200 bytes each. When there are more, those that matter least are left out." default:"1000000" placeholder:"N"`
	RefreshReactions int             `help:"Likes and reposts of Bluesky that are remembered, some 350 bytes each. More are not counted." default:"1000000" placeholder:"N"`
	RefreshShare     int             `help:"What looks may cost of the budget (--x-daily-budget, --x-monthly-budget), in percent; ingest has the rest, and all of it where looks leave some. Posts that were read on the same UTC day cost nothing." default:"20" placeholder:"PERCENT"`
	EnricherGroup    string          `help:"Consumer group of the enrichers: what it has not read of tweets.raw is looked through at the start." default:"enricher"`

	Compliance ComplianceConfig `embed:""`

	// Session is how long the refresher that looks may be silent before another one takes over; 0 for what every member of a
	// consumer group is granted.
	Session time.Duration `kong:"-"`
	// Dial opens connections to X and the simulator; nil for TCP.
	Dial xapi.Dialer `kong:"-"`
}

// ProbeAddr is where the process answers /readyz.
func (c Config) ProbeAddr() string { return c.Telemetry.ProbeAddr() }

// Validate returns every mistake, each with the flag and what to do.
func (c Config) Validate() error {
	errs := []error{c.Kafka.Check(), c.Telemetry.Check(), c.Budget.Check(), c.Compliance.check()}
	if _, err := contest.Load(c.Contest); err != nil {
		errs = append(errs, fmt.Errorf("--contest: %w", err))
	}
	switch c.source() {
	case sourceX:
		errs = append(errs, c.API.Check())
	case sourceSimulator:
		_, err := xapi.SimulatorURL(c.SimulatorURL)
		errs = append(errs, err)
	case sourceBluesky:
		_, err := c.blueskyHosts()
		errs = append(errs, err)
	default:
		errs = append(errs, fmt.Errorf("--source: nothing says whose posts are looked at; for X give --x-bearer-token-file or set %s_X_BEARER_TOKEN, for the simulator give --simulator-url, for Bluesky --source=bluesky", config.EnvPrefix))
	}
	if _, err := c.schedule(); err != nil {
		errs = append(errs, fmt.Errorf("--refresh-after, --refresh-grace: %w", err))
	}
	if c.RefreshPosts < 1 || c.RefreshPosts > maxPosts {
		errs = append(errs, fmt.Errorf("--refresh-posts: %d is out of range; give 1 to %d", c.RefreshPosts, maxPosts))
	}
	if c.source() == sourceBluesky && (c.RefreshReactions < 1 || c.RefreshReactions > maxPosts) {
		errs = append(errs, fmt.Errorf("--refresh-reactions: %d is out of range; give 1 to %d", c.RefreshReactions, maxPosts))
	}
	if c.RefreshShare < 0 || c.RefreshShare > 100 {
		errs = append(errs, fmt.Errorf("--refresh-share: %d is no share; give 0 to 100 percent", c.RefreshShare))
	}
	if c.EnricherGroup == "" {
		errs = append(errs, errors.New("--enricher-group: give the group's name"))
	}
	return errors.Join(errs...)
}

// source is the one whose posts are looked at; sourceAuto when nothing says which.
func (c Config) source() string {
	switch {
	case c.Source != "" && c.Source != sourceAuto:
		return c.Source
	case c.API.HasToken():
		return sourceX
	case c.SimulatorURL != "":
		return sourceSimulator
	default:
		return sourceAuto
	}
}

func (c Config) schedule() (agenda.Schedule, error) {
	return agenda.NewSchedule(c.RefreshAfter, c.RefreshGrace)
}

// blueskyHosts returns the addresses of Jetstream.
func (c Config) blueskyHosts() ([]*url.URL, error) {
	var hosts []*url.URL
	for _, given := range c.BlueskyURL {
		u, err := url.Parse(given)
		if err != nil || u.Hostname() == "" || u.Scheme != "ws" && u.Scheme != "wss" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
			return nil, errors.New("--bluesky-url: give addresses like wss://jetstream1.us-east.bsky.network/subscribe, without a user or a query")
		}
		hosts = append(hosts, u)
	}
	if len(hosts) == 0 {
		return nil, errors.New("--bluesky-url: give at least one address like wss://jetstream1.us-east.bsky.network/subscribe")
	}
	return hosts, nil
}

// userAgent tells X who asks.
const userAgent = "catsvdogs-refresher/1.0"

// client returns a client of X or of the simulator.
func (c Config) client(logger *slog.Logger) (*xapi.Client, error) {
	o := xapi.Options{UserAgent: userAgent, Needs: "the lookup of posts", Dial: c.Dial, Reuse: true, Authors: c.API.XAuthors, Logger: logger}
	var err error
	if c.source() == sourceSimulator {
		o.URL, err = xapi.SimulatorURL(c.SimulatorURL)
		o.Token = xapi.MadeUpToken
		return xapi.New(o), err
	}
	var tokenErr error
	o.URL, err = c.API.URL()
	o.Token, tokenErr = c.API.Token()
	if err := errors.Join(err, tokenErr); err != nil {
		return nil, err
	}
	return xapi.New(o), nil
}
