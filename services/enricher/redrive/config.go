package redrive

import (
	"errors"
	"fmt"
	"io"
	"math"
	"regexp"
	"slices"
	"time"

	"catsvdogs/services/enricher"
	"catsvdogs/services/pipeline/delivery"
)

// Config is the configuration of enricher redrive: which dead letters, and the enricher's own, so that the environment of
// an enricher's container fits. Of that only what reaches Kafka and how to log is used and checked.
type Config struct {
	All    bool     `help:"Every dead letter, but for those that no fix heals. Without it at least one of --reason, --stage, --from and --to must say which."`
	Reason []string `help:"Only dead letters with one of these reasons, such as invalid_json; --all --dry-run shows which there are. gap_not_filled and line_too_long are put back only when they are named here: a gap stays a gap, and what was cut off a line is gone." placeholder:"REASON"`
	Stage  []string `help:"Only dead letters of these stages: enricher, sink-index." placeholder:"STAGE"`
	From   string   `help:"Only dead letters that were written at this time or later (RFC 3339, or a date, which begins at midnight UTC)." placeholder:"TIME"`
	To     string   `help:"Only dead letters that were written before this time." placeholder:"TIME"`

	DryRun      bool    `name:"dry-run" help:"Print what would be put back and change nothing. It may run beside another redrive."`
	MaxAttempts int     `help:"A record that was put back so often and was refused again stays in quarantine; a higher number lets it go once more." default:"3" placeholder:"N"`
	Rate        float64 `help:"Most records a second that are put back; they compete with live posts. 0 is no bound." default:"0" placeholder:"N"`

	Enricher enricherConfig `embed:""`

	// Out receives the table; nil is standard output.
	Out io.Writer `kong:"-"`
}

// enricherConfig is without the method Validate, which kong would call: whoever redrives needs no contest file.
type enricherConfig enricher.Config

const (
	mostAttempts = 1000
	mostNames    = 100 // of reasons
)

var reasonName = regexp.MustCompile(`^[a-z0-9_]{1,64}$`) // schemas/dead-letter.v1.json

// Validate lists everything that is wrong.
func (c *Config) Validate() error {
	errs := []error{c.Enricher.Kafka.Check()}
	filtered := len(c.Reason) > 0 || len(c.Stage) > 0 || c.From != "" || c.To != ""
	switch {
	case c.All && filtered:
		errs = append(errs, errors.New("--all: goes with none of --reason, --stage, --from and --to; leave it or them out"))
	case !c.All && !filtered:
		errs = append(errs, errors.New("--all: say which dead letters go back, by --reason, --stage, --from or --to, or give --all for every one; --dry-run shows what would happen"))
	}
	for _, r := range c.Reason {
		if !reasonName.MatchString(r) {
			errs = append(errs, fmt.Errorf("--reason: %.80q is none; give names such as invalid_json, separated by commas (--all --dry-run shows which there are)", r))
		}
	}
	if len(c.Reason) > mostNames {
		errs = append(errs, fmt.Errorf("--reason: give at most %d", mostNames))
	}
	for _, s := range c.Stage {
		if s != delivery.StageEnricher && s != delivery.StageSinkIndex {
			errs = append(errs, fmt.Errorf("--stage: %.80q refuses nothing; give %s or %s", s, delivery.StageEnricher, delivery.StageSinkIndex))
		}
	}
	if c.MaxAttempts < 1 || c.MaxAttempts > mostAttempts {
		errs = append(errs, fmt.Errorf("--max-attempts: give a number from 1 to %d, not %d", mostAttempts, c.MaxAttempts))
	}
	if !(c.Rate == 0 || c.Rate >= leastRate && c.Rate <= math.MaxInt32) { // so that NaN is refused
		errs = append(errs, fmt.Errorf("--rate: give %v records a second or more, or 0 for no bound, not %v", leastRate, c.Rate))
	}
	_, err := c.selection()
	return errors.Join(append(errs, err)...)
}

// selection returns what the flags ask for. The error lists the mistakes about times.
func (c *Config) selection() (selection, error) {
	s := selection{reasons: c.Reason, stages: c.Stage}
	var fromErr, toErr error
	s.from, fromErr = moment("--from", c.From)
	s.to, toErr = moment("--to", c.To)
	err := errors.Join(fromErr, toErr)
	if err == nil && !s.to.IsZero() && !s.from.Before(s.to) {
		err = errors.New("--to: must be later than --from")
	}
	return s, err
}

func moment(flag, text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	for _, layout := range []string{time.RFC3339Nano, time.DateOnly} {
		if t, err := time.Parse(layout, text); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("%s: %.40q is no time; give one like 2026-11-23T14:00:00Z or 2026-11-23", flag, text)
}

// unhealable are the reasons that no other code makes go away: the record itself says that something is
// missing. The help of --reason names them.
var unhealable = [...]string{"gap_not_filled", "line_too_long"}

func isUnhealable(reason string) bool { return slices.Contains(unhealable[:], reason) }
