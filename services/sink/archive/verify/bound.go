package verify

import (
	"fmt"
	"strconv"
	"time"
)

// Bound is where a verification begins or ends: at an offset, at a time, or, as the zero value, where there is something.
//
// A time is one of the records' own. It is taken generously: whole hours, and every offset that may lie in them, so that
// what was asked for is verified and perhaps a little more.
type Bound struct {
	offset   int64
	at       time.Time
	isOffset bool
}

// ParseBound reads an offset, an RFC 3339 time, or a date, which is its first moment in UTC; "" is no bound.
func ParseBound(text string) (Bound, error) {
	if text == "" {
		return Bound{}, nil
	}
	if offset, err := strconv.ParseInt(text, 10, 64); err == nil && offset >= 0 {
		return Bound{offset: offset, isOffset: true}, nil
	}
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if at, err := time.Parse(layout, text); err == nil {
			return Bound{at: at.UTC()}, nil
		}
	}
	return Bound{}, fmt.Errorf("give an offset, a time such as 2026-11-23T12:00:00Z or a date such as 2026-11-23, not %q", text)
}

func (b Bound) isOpen() bool { return !b.isOffset && b.at.IsZero() }
func (b Bound) isTime() bool { return !b.at.IsZero() }

// hour is the hour that the bound lies in.
func (b Bound) hour() time.Time { return b.at.Truncate(time.Hour) }

// nextHour is the end of that hour; of an hour's first moment it is that moment.
func (b Bound) nextHour() time.Time { return b.at.Add(time.Hour - 1).Truncate(time.Hour) }
