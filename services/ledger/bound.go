package ledger

import (
	"fmt"
	"strconv"
	"time"
)

// bound is where an audit begins or ends: at an offset, at a time, or, as the zero value, where there is something.
//
// A time is one of the records' own. It is taken generously: whole hours, which is what the archive is ordered by, and
// every offset that may lie in them, so that what was asked for is audited and perhaps a little more.
type bound struct {
	offset   int64
	at       time.Time
	isOffset bool
}

// parseBound reads an offset, an RFC 3339 time, or a date, which is its first moment in UTC; "" is no bound.
func parseBound(text string) (bound, error) {
	if text == "" {
		return bound{}, nil
	}
	if offset, err := strconv.ParseInt(text, 10, 64); err == nil && offset >= 0 {
		return bound{offset: offset, isOffset: true}, nil
	}
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if at, err := time.Parse(layout, text); err == nil {
			return bound{at: at.UTC()}, nil
		}
	}
	return bound{}, fmt.Errorf("give an offset, a time such as 2026-11-23T12:00:00Z or a date such as 2026-11-23, not %q", text)
}

func (b bound) isOpen() bool { return !b.isOffset && b.at.IsZero() }
func (b bound) isTime() bool { return !b.at.IsZero() }

// hour is the hour that the bound lies in.
func (b bound) hour() time.Time { return b.at.Truncate(time.Hour) }

// nextHour is the end of that hour; of an hour's first moment it is that moment.
func (b bound) nextHour() time.Time { return b.at.Add(time.Hour - 1).Truncate(time.Hour) }

const sinceLast = "last"

// parseSince reads a time, a duration before now, or last, which is no bound.
func parseSince(text string, now time.Time) (bound, error) {
	if text == "" || text == sinceLast {
		return bound{}, nil
	}
	if ago, err := time.ParseDuration(text); err == nil && ago > 0 {
		return bound{at: now.Add(-ago).UTC()}, nil
	}
	if at, err := time.Parse(time.RFC3339, text); err == nil {
		return bound{at: at.UTC()}, nil
	}
	return bound{}, fmt.Errorf("give a time such as 2026-11-23T12:00:00Z, a duration such as 10m, or last, not %q", text)
}
