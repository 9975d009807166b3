package xapi

import (
	"bytes"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// noon is a time of a made-up day.
var noon = time.Date(2026, 6, 3, 12, 0, 0, 0, time.UTC)

// after is a moment so long after noon, by a host whose clock is off.
func after(d, off time.Duration) instant {
	return instant{wall: noon.Add(d + off), monotonic: time.Hour + d}
}

func dated(t time.Time) http.Header { return http.Header{"Date": {t.Format(http.TimeFormat)}} }

func TestTheHostsClockIsGoneByWhileXAgreesWithIt(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		took, dated, off time.Duration // of the answer: how long it took, when it was dated, by whose clock
		jump             time.Duration // of the host's clock after it
		want             time.Duration // how far from noon the clock is a minute later
	}{
		"a clock that is right":                          {time.Second, 0, 0, 0, time.Minute},
		"one that is a little off is more precise still": {time.Second, 0, 3 * time.Second, 0, time.Minute + 3*time.Second},
		"an answer that took long":                       {50 * time.Second, -49 * time.Second, 0, 0, time.Minute},
		"one that is fast by hours":                      {time.Second, 0, 3 * time.Hour, 0, time.Minute},
		"one that is slow by hours":                      {time.Second, 0, -3 * time.Hour, 0, time.Minute},
		"one that is slow, by an answer that took long":  {50 * time.Second, -10 * time.Second, -3 * time.Hour, 0, 50 * time.Second},
		"one that jumps forward afterwards":              {time.Second, 0, 0, 3 * time.Hour, time.Minute},
		"one that jumps back afterwards":                 {time.Second, 0, 0, -3 * time.Hour, time.Minute},
		"one that was wrong and is set right":            {time.Second, 0, -3 * time.Hour, 3 * time.Hour, time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var x clock
			x.heard(dated(noon.Add(c.dated)), after(-c.took, c.off), after(0, c.off))
			if got := x.tell(after(time.Minute, c.off+c.jump)).Sub(noon); got != c.want {
				t.Errorf("a minute after noon it is %s after noon, want %s", got, c.want)
			}
		})
	}
}

func TestBeforeXHasToldTheTimeItIsTheHosts(t *testing.T) {
	t.Parallel()
	var x clock
	x.heard(http.Header{"Date": {"yesterday"}}, after(0, 0), after(0, 0))
	x.heard(http.Header{}, after(0, 0), after(0, 0))
	if got := x.tell(after(time.Second, time.Hour)); !got.Equal(noon.Add(time.Hour + time.Second)) {
		t.Errorf("it is %s", got)
	}
}

func TestThatTheHostsClockIsWrongIsToldOnceAndThatItIsRightAgain(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	x := clock{logger: slog.New(slog.NewTextHandler(&log, nil))}
	x.heard(dated(noon), after(-time.Second, 0), after(0, 0))
	for _, off := range []time.Duration{0, 2 * time.Hour, 2 * time.Hour, 0, 0, -time.Hour} {
		x.tell(after(time.Second, off))
	}
	var told []string
	for line := range strings.Lines(log.String()) {
		_, said, _ := strings.Cut(line, " msg=")
		told = append(told, strings.TrimSpace(said))
	}
	wrong := `"this host's clock is wrong; the time of X's answers is gone by" off_by=`
	if diff := cmp.Diff([]string{wrong + "2h0m0s", `"this host's clock is right again"`, wrong + "-1h0m0s"}, told); diff != "" {
		t.Error(diff)
	}
}

func TestRequestsThatAClockHasDatedIntoTheFutureCountAsOfNow(t *testing.T) {
	t.Parallel()
	l := NewLimiter(4, 2)
	for range 4 {
		l.Sent(noon.Add(21 * time.Hour)) // the clock was fast, and is set right now
	}
	if wait := l.Wait(noon); wait != LimitWindow {
		t.Errorf("the next request is %s away", wait)
	}
	if wait := l.Wait(noon.Add(LimitWindow)); wait != 0 {
		t.Errorf("after a whole window the next request is %s away", wait)
	}
}
