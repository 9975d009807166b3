package tweet

import (
	"errors"
	"time"
)

// Times at which something can have been observed: from there on the version of a document (Version) is not below zero,
// which Elasticsearch refuses together with all that comes in the same request, and up to there RFC 3339 can write it.
var (
	firstObservable = time.Unix(0, 0).UTC()
	lastObservable  = time.Date(9999, 12, 31, 23, 59, 59, 999_999_999, time.UTC)
)

var errUnobservable = errors.New("the time is not from 1970 to 9999 in UTC")

// ParseObserved reads a time of an observation, RFC 3339. It refuses one that is before 1970 or after 9999 in UTC: with an
// offset RFC 3339 can say what without one it cannot.
func ParseObserved(text string) (time.Time, error) {
	t, err := time.Parse(time.RFC3339Nano, text)
	if err == nil && !Observable(t).Equal(t) {
		err = errUnobservable
	}
	return t, err
}

// Observable returns t, or the next time at which something can be observed.
func Observable(t time.Time) time.Time {
	switch {
	case t.Before(firstObservable):
		return firstObservable
	case t.After(lastObservable):
		return lastObservable
	}
	return t
}
