package xapi

import (
	"log/slog"
	"net/http"
	"sync"
	"time"
)

// agreeWithin is how far this host's clock may be from X's and still be the one that is gone by: X's is told in whole seconds,
// and by an answer that was on its way.
const agreeWithin = 15 * time.Second

// clock tells what time it is where posts are dated, limits are counted and requests are judged: at X. It is the host's wall
// clock, which is more precise, while X's own answers agree with it (Date, https://www.rfc-editor.org/rfc/rfc9110#section-6.6.1).
// Where they do not, or the wall clock jumps between two answers, it goes on from what X has told by the monotonic clock: a wrong
// wall clock would have gaps be searched for in times that have none, and looks at posts be left out. Until X has answered it is
// the host's. Safe for concurrent use.
type clock struct {
	logger *slog.Logger // nil for nobody

	mu    sync.Mutex
	known bool
	told  time.Time     // by X
	at    time.Duration // when, by the monotonic clock
	wrong bool
}

// instant is a moment by the host's clocks.
type instant struct {
	wall      time.Time
	monotonic time.Duration // since whenever
}

// started is what monotonic times of this process are counted from.
var started = time.Now()

func present() instant {
	now := time.Now()
	return instant{wall: now.Round(0), monotonic: now.Sub(started)}
}

// heard takes an answer's Date over; sent and came are when it was asked for and when its header came. Without one that can be
// read nothing is known better than before.
func (c *clock) heard(header http.Header, sent, came instant) {
	date, err := http.ParseTime(header.Get("Date"))
	if err != nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.known, c.told, c.at = true, date, came.monotonic
	// An answer is dated some time between the two. Only what no delay explains says something of the clock.
	latest := date.Add(time.Second + came.monotonic - sent.monotonic)
	if !came.wall.Before(date.Add(-agreeWithin)) && !came.wall.After(latest.Add(agreeWithin)) {
		c.told = came.wall
	}
}

// tell is what time it is. It has no monotonic part: times of before and after a jump are compared by what they say.
func (c *clock) tell(now instant) time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.known {
		return now.wall
	}
	theirs := c.told.Add(now.monotonic - c.at)
	by := now.wall.Sub(theirs)
	wrong := by.Abs() > agreeWithin
	if c.logger != nil && wrong != c.wrong {
		if wrong {
			c.logger.Warn("this host's clock is wrong; the time of X's answers is gone by", "off_by", by.Round(time.Second))
		} else {
			c.logger.Info("this host's clock is right again")
		}
	}
	if c.wrong = wrong; wrong {
		return theirs
	}
	return now.wall
}
