package live

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
	_ "time/tzdata" // an image without a zone database still knows every --timezone

	"catsvdogs/services/pipeline/broker"
	"catsvdogs/services/pipeline/contest"
	"catsvdogs/services/pipeline/telemetry"
)

const (
	// maxDays bounds what is kept by day, some megabytes each at worst.
	maxDays = 31

	minRemembered = 10_000
	maxRemembered = 100_000_000
)

// Config is what the live page can be told.
type Config struct {
	Kafka     broker.Config    `embed:""`
	Telemetry telemetry.Config `embed:""`

	Contest       string `help:"The contest file." default:"contest.yaml" placeholder:"FILE"`
	HTTP          string `name:"http" help:"Where the page is served." default:"127.0.0.1:8080" placeholder:"HOST:PORT"`
	Timezone      string `help:"Whose midnight the day begins with, such as Europe/Rome." default:"UTC" placeholder:"ZONE"`
	MaxClients    int    `help:"Pages that may follow at the same time; more are asked to come back later." default:"10000" placeholder:"N"`
	Days          int    `help:"Days that can be looked at: today and those before it. All of them are read at the start; what tweets.enriched no longer holds is missing." default:"7" placeholder:"N"`
	RememberPosts int    `help:"Posts kept in mind to count each one once and to take later versions and deletions into account, some 100 bytes each: the latest ones. A later look at a post that is no longer kept in mind changes nothing; the page tells from when on posts are." default:"1000000" placeholder:"N"`

	MaxClientsPerAddress int    `help:"Of these, pages from one address, or from one /64 of IPv6; 0 for as many as there are. A browser needs one for all its tabs. Behind a proxy all pages come from its address: see --client-address-header." default:"500" placeholder:"N"`
	ClientAddressHeader  string `help:"Header in which the proxy in front of the page writes a reader's address, such as X-Forwarded-For; the last one in it counts. Without it the connection's address counts. Set it only behind a proxy, or anybody can claim any address." placeholder:"NAME"`

	LedgerURL string `name:"ledger-url" help:"The ledger (its --telemetry-addr) whose account the page shows; it is asked from here, never by browsers. Without it the page shows none." placeholder:"URL"`

	// Listener serves the page instead of HTTP; Run closes it.
	Listener net.Listener `kong:"-"`
	// Rehearsal answers what the page asks of paths under /rehearsal/: there the demo serves what lets a person break it. The
	// page loads its own script and style from there; nil in production.
	Rehearsal http.Handler `kong:"-"`
}

// Validate checks what can be checked before the start and returns all mistakes.
func (c Config) Validate() error {
	errs := []error{c.Kafka.Check(), c.Telemetry.Check()}
	if _, err := contest.Load(c.Contest); err != nil {
		errs = append(errs, err)
	}
	if c.Listener == nil {
		if _, _, err := net.SplitHostPort(c.HTTP); err != nil {
			errs = append(errs, fmt.Errorf("--http: %w; give HOST:PORT", err))
		}
	}
	if _, err := c.zone(); err != nil {
		errs = append(errs, err)
	}
	if c.MaxClients < 1 {
		errs = append(errs, fmt.Errorf("--max-clients: %d is too few; give at least 1", c.MaxClients))
	}
	if c.MaxClientsPerAddress < 0 {
		errs = append(errs, fmt.Errorf("--max-clients-per-address: %d; give 1 or more, or 0 for no bound", c.MaxClientsPerAddress))
	}
	if strings.ContainsFunc(c.ClientAddressHeader, func(r rune) bool { return r <= ' ' || r > '~' || r == ':' }) {
		errs = append(errs, fmt.Errorf("--client-address-header: %q is no name of a header; give one such as X-Forwarded-For", c.ClientAddressHeader))
	}
	if c.LedgerURL != "" {
		if u, err := url.Parse(c.LedgerURL); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			errs = append(errs, fmt.Errorf("--ledger-url: %q is no address; give http://HOST:PORT", c.LedgerURL))
		}
	}
	if c.Days < 1 || c.Days > maxDays {
		errs = append(errs, fmt.Errorf("--days: %d; give 1 to %d", c.Days, maxDays))
	}
	if c.RememberPosts < minRemembered || c.RememberPosts > maxRemembered {
		errs = append(errs, fmt.Errorf("--remember-posts: %d; give %d to %d", c.RememberPosts, minRemembered, maxRemembered))
	}
	return errors.Join(errs...)
}

// ProbeAddr is where the process answers /readyz.
func (c Config) ProbeAddr() string { return c.Telemetry.ProbeAddr() }

// sharedTelemetry serves the telemetry of a process that has no address for it; nil when it has one.
func (c Config) sharedTelemetry() http.Handler {
	if c.Telemetry.Process == nil {
		return nil
	}
	return c.Telemetry.Process.Handler()
}

func (c Config) zone() (*time.Location, error) {
	// "Local" would name a zone that only this machine knows; the page shows the name to people elsewhere.
	if c.Timezone == "" || c.Timezone == "Local" {
		return nil, fmt.Errorf("--timezone: %q is no zone; give a name such as UTC or Europe/Rome", c.Timezone)
	}
	zone, err := time.LoadLocation(c.Timezone)
	if err != nil {
		return nil, fmt.Errorf("--timezone: %w; give a name such as UTC or Europe/Rome", err)
	}
	return zone, nil
}
