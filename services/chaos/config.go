//go:build unix

package chaos

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"time"
)

// UsualRate is the default of --rate, posts a second.
const UsualRate = 60

// Config is what a run can be told.
type Config struct {
	Seed    uint64   `help:"What the plan and every choice in it follow from." default:"1" placeholder:"N"`
	Minutes float64  `help:"How long faults begin; start, healing and account come on top, some two minutes." default:"2" placeholder:"N"`
	Only    []string `help:"Let only these faults happen (--list)." placeholder:"NAME"`
	List    bool     `help:"List the faults and what each does, and end."`
	Plan    bool     `help:"Print the plan and end."`
	Report  string   `help:"File to write a report to, Markdown." placeholder:"FILE"`
	Rate    float64  `help:"Posts a second." default:"60" placeholder:"N"`
	Brokers int      `help:"Kafka brokers: 3, so that each record has three copies and one may be away; or 1." default:"3" placeholder:"N"`
	Contest string   `help:"The contest file." default:"contest.yaml" placeholder:"FILE"`
	Logs    string   `help:"Folder for what all processes say; without it that is kept only when the run fails." placeholder:"FOLDER"`
	Overlay string   `help:"File for go build -overlay: builds the product with files replaced, to see that a defect in it is found." placeholder:"FILE"`

	// Out receives the timeline.
	Out io.Writer `kong:"-"`
}

// Validate returns every mistake, each with the flag and what to do.
func (c Config) Validate() error {
	var errs []error
	if ok := c.Minutes > 0 && c.Minutes <= 24*60; !ok {
		errs = append(errs, fmt.Errorf("--minutes: %v is out of range; give more than 0 and at most %d", c.Minutes, 24*60))
	}
	if ok := c.Rate >= 1 && c.Rate <= 1000; !ok {
		errs = append(errs, fmt.Errorf("--rate: %v is out of range; give 1 to 1000", c.Rate))
	}
	if c.Brokers != 1 && c.Brokers != 3 {
		errs = append(errs, fmt.Errorf("--brokers: %d is neither 1 nor 3; give one of them", c.Brokers))
	}
	known := catalogue()
	for _, name := range c.Only {
		if !slices.ContainsFunc(known, func(k kind) bool { return k.Name == name }) {
			errs = append(errs, fmt.Errorf("--only: there is no fault %q; --list lists them", name))
		}
	}
	return errors.Join(errs...)
}

func (c Config) length() time.Duration { return time.Duration(c.Minutes * float64(time.Minute)) }

// replay is the command that has the same plan happen again.
func (c Config) replay() string {
	line := fmt.Sprintf("make chaos SEED=%d MINUTES=%v", c.Seed, c.Minutes)
	flags := ""
	for i, name := range c.Only {
		if i == 0 {
			flags += " --only " + name
		} else {
			flags += "," + name
		}
	}
	if c.Brokers != 3 {
		flags += fmt.Sprintf(" --brokers %d", c.Brokers)
	}
	if c.Overlay != "" {
		flags += " --overlay " + c.Overlay
	}
	if c.Rate != UsualRate {
		flags += fmt.Sprintf(" --rate %v", c.Rate)
	}
	if flags != "" {
		line += fmt.Sprintf(" CHAOS_FLAGS=%q", flags[1:])
	}
	return line
}
