package provision

import (
	"fmt"
	"io"
	"regexp"
	"strings"
	"time"
)

const (
	pauseAtFirst = 500 * time.Millisecond
	pauseAtMost  = 5 * time.Second
	// progressEvery is how often the same reason to wait is told again.
	progressEvery = 10 * time.Second
)

// report tells a person what is done. It is used from one goroutine.
type report struct {
	out  io.Writer
	told map[string]string // the last outcome, by subject
}

func newReport(out io.Writer) *report { return &report{out: out, told: map[string]string{}} }

// tell writes a line about a thing. A step that failed half-way starts anew: what it made before is found now, which is
// not told, and what it told before is not told again.
func (r *report) tell(subject, format string, args ...any) {
	outcome := fmt.Sprintf(format, args...)
	before, again := r.told[subject]
	if again && (outcome == before || strings.HasPrefix(outcome, "found")) {
		return
	}
	r.told[subject] = outcome
	r.say("%s: %s", subject, outcome)
}

// say writes a line. Its loss stops nothing.
func (r *report) say(format string, args ...any) {
	_, _ = fmt.Fprintf(r.out, format+"\n", args...)
}

// progress tells why a server is waited for: when the reason changes, and every ten seconds.
type progress struct {
	report *report
	server string
	since  time.Time
	reason string
	told   time.Time
}

func newProgress(r *report, server string) *progress {
	return &progress{report: r, server: server, since: time.Now()}
}

// ownPort is the port that a connection went out from, another one each time.
var ownPort = regexp.MustCompile(`[^ ]+:\d+->`)

// failed is called after each failure that is not final.
func (p *progress) failed(err error, _ time.Duration) {
	reason := ownPort.ReplaceAllString(err.Error(), "")
	if reason == p.reason && time.Since(p.told) < progressEvery {
		return
	}
	p.reason, p.told = reason, time.Now()
	p.report.say("waiting for %s, %s so far: %s", p.server, time.Since(p.since).Round(time.Second), reason)
}
