package simulator

import (
	"errors"
	"fmt"
	"net"
	"time"

	"catsvdogs/services/pipeline/config"
	"catsvdogs/services/pipeline/telemetry"
)

const (
	maxRate      = 100_000
	maxKeepAlive = 20 * time.Second // after which clients of X reconnect

	maxFaultRate    = 6000
	maxRemember     = 5_000_000 // some hundred bytes each
	defaultRemember = 200_000
	defaultHalfLife = 2 * time.Hour

	maxComplianceTakes     = 24 * time.Hour
	defaultComplianceTakes = 10 * time.Second
)

// The plans, by which X grants backfill and the length of queries.
const (
	PlanPayPerUse  = "pay-per-use"
	PlanEnterprise = "enterprise"
)

// Config is everything the simulator can be told.
type Config struct {
	Telemetry telemetry.Config `embed:""`

	Listen      string        `help:"Address on which the X API is served." default:"127.0.0.1:8081" placeholder:"HOST:PORT"`
	Rate        float64       `help:"Posts a second, averaged over a day." default:"5" placeholder:"N"`
	Seed        uint64        `help:"What the world follows from: the same seed gives the same posts." default:"0" placeholder:"N"`
	Posts       int64         `help:"Stop emitting after so many distinct posts, 0 for never." default:"0" placeholder:"N"`
	Malformed   float64       `help:"Share of broken lines in the stream, from 0 to 1." default:"0" placeholder:"FRACTION"`
	BearerToken config.Secret `help:"The only bearer token that is let in; without it any token is." placeholder:"TOKEN"`
	KeepAlive   time.Duration `help:"Longest silence on the stream before a blank line is sent, at most 20s." default:"10s" placeholder:"DURATION"`
	Truth       string        `help:"File to which one line for each emitted line is appended, empty for none." placeholder:"FILE"`

	RememberTruth int `help:"How many of these lines are remembered for /simulator/v1/truth where there is no --truth, 0 for none." default:"200000" placeholder:"N"`

	Available       string        `help:"File to which one line for each post is appended that was made while rules were set, whether or not a client was there, empty for none." placeholder:"FILE"`
	Plan            string        `help:"The account's plan, one of ${enum}: Enterprise has backfill and longer queries." default:"pay-per-use" enum:"pay-per-use,enterprise"`
	Remember        int           `help:"How many posts search and look-up remember, for seven days at most." default:"200000" placeholder:"N"`
	SearchLag       time.Duration `help:"How old a post is before search finds it." default:"10s" placeholder:"DURATION"`
	Searches        int           `help:"Searches that are let in every 15 minutes; 0 for as many as X lets in, 450." default:"0" placeholder:"N"`
	HalfLife        time.Duration `help:"Time in which a post wins half of its likes." default:"2h" placeholder:"DURATION"`
	Deleted         float64       `help:"Share of posts that their authors delete, after one half-life on average, from 0 to 1." default:"0" placeholder:"FRACTION"`
	Protected       float64       `help:"Share of posts whose authors become protected, after one half-life on average, from 0 to 1." default:"0" placeholder:"FRACTION"`
	Faults          string        `help:"File with faults and when they happen, YAML or JSON, empty for none." placeholder:"FILE"`
	ComplianceTakes time.Duration `help:"How long a batch compliance job is in progress after its upload." default:"10s" placeholder:"DURATION"`

	FaultRate float64 `help:"Faults a minute, on average, that follow from the seed; 0 for none." default:"0" placeholder:"N"`

	TLSCert       string `name:"tls-cert" help:"File with the certificate to serve https with, PEM; with --tls-key." placeholder:"FILE"`
	TLSKey        string `name:"tls-key" help:"File with the key of --tls-cert, PEM." placeholder:"FILE"`
	TLSSelfSigned string `name:"tls-self-signed" help:"Serve https with a certificate that is made at the start for X's host names and this machine, and write it to this file for clients to trust. The key is never written." placeholder:"FILE"`

	// Listener is served on instead of Listen; Run closes it.
	Listener net.Listener `kong:"-"`
}

// Validate returns all mistakes at once, each naming the flag and the remedy.
func (c Config) Validate() error {
	mistakes := []error{c.Telemetry.Check()}
	wrong := func(format string, args ...any) { mistakes = append(mistakes, fmt.Errorf(format, args...)) }
	if _, _, err := net.SplitHostPort(c.Listen); err != nil && c.Listener == nil {
		wrong("--listen=%q is not an address: give host and port, such as 127.0.0.1:8081", c.Listen)
	}
	// Asked for what is right, so that NaN fails too.
	if ok := c.Rate > 0 && c.Rate <= maxRate; !ok {
		wrong("--rate=%v is out of bounds: give more than 0 and at most %d posts a second", c.Rate, maxRate)
	}
	if c.Posts < 0 {
		wrong("--posts=%d is negative: give a number of posts, or 0 for no end", c.Posts)
	}
	if ok := c.Malformed >= 0 && c.Malformed <= 1; !ok {
		wrong("--malformed=%v is not a share: give a number from 0 to 1", c.Malformed)
	}
	if c.Malformed == 1 && c.Posts > 0 {
		wrong("--malformed=1 leaves no room for the --posts=%d: give a smaller share, or no number of posts", c.Posts)
	}
	if c.KeepAlive <= 0 || c.KeepAlive > maxKeepAlive {
		wrong("--keep-alive=%v is out of bounds: give more than 0s and at most %v", c.KeepAlive, maxKeepAlive)
	}
	if c.Plan != "" && c.Plan != PlanPayPerUse && c.Plan != PlanEnterprise {
		wrong("--plan=%s is not known: give %s or %s", c.Plan, PlanPayPerUse, PlanEnterprise)
	}
	if c.Remember < 0 || c.Remember > maxRemember {
		wrong("--remember=%d is out of bounds: give at least 1 and at most %d posts", c.Remember, maxRemember)
	}
	if c.RememberTruth < 0 || c.RememberTruth > maxRemember {
		wrong("--remember-truth=%d is out of bounds: give at least 0 and at most %d lines", c.RememberTruth, maxRemember)
	}
	if c.SearchLag < 0 || c.SearchLag > time.Hour {
		wrong("--search-lag=%v is out of bounds: give at least 0s and at most 1h", c.SearchLag)
	}
	if c.Searches < 0 {
		wrong("--searches=%d is negative: give a number of searches, or 0 for X's", c.Searches)
	}
	if c.HalfLife < 0 {
		wrong("--half-life=%v is negative: give a time such as 2h", c.HalfLife)
	}
	if ok := c.Deleted >= 0 && c.Deleted <= 1; !ok {
		wrong("--deleted=%v is not a share: give a number from 0 to 1", c.Deleted)
	}
	if ok := c.Protected >= 0 && c.Protected <= 1; !ok {
		wrong("--protected=%v is not a share: give a number from 0 to 1", c.Protected)
	}
	if c.ComplianceTakes < 0 || c.ComplianceTakes > maxComplianceTakes {
		wrong("--compliance-takes=%v is out of bounds: give more than 0s and at most %v", c.ComplianceTakes, maxComplianceTakes)
	}
	if ok := c.FaultRate >= 0 && c.FaultRate <= maxFaultRate; !ok {
		wrong("--fault-rate=%v is out of bounds: give at least 0 and at most %d faults a minute", c.FaultRate, maxFaultRate)
	}
	if (c.TLSCert == "") != (c.TLSKey == "") {
		wrong("--tls-cert and --tls-key belong together: give both, or neither")
	}
	if c.TLSCert != "" && c.TLSSelfSigned != "" {
		wrong("--tls-self-signed makes a certificate of its own: leave it out, or --tls-cert and --tls-key")
	}
	return errors.Join(mistakes...)
}

// complete fills in what a configuration without flags leaves open.
func (c Config) complete() Config {
	if c.Plan == "" {
		c.Plan = PlanPayPerUse
	}
	if c.Remember == 0 {
		c.Remember = defaultRemember
	}
	if c.HalfLife == 0 {
		c.HalfLife = defaultHalfLife
	}
	if c.ComplianceTakes == 0 {
		c.ComplianceTakes = defaultComplianceTakes
	}
	return c
}

// ProbeAddr is where a running simulator answers whether it is ready.
func (c Config) ProbeAddr() string { return c.Telemetry.ProbeAddr() }
