package xstream

import (
	"cmp"
	"slices"
	"strconv"
	"time"
)

// span is a range of time, by the creation of posts, in which some may have been missed. Both ends are inside.
type span struct{ since, until time.Time }

// X's ids are milliseconds since its epoch, shifted by 22 bits (github.com/twitter-archive/snowflake, IdWorker.scala).
const (
	snowflakeEpoch = 1288834974657
	snowflakeShift = 22
)

// firstID returns the smallest id that a post of this millisecond may have.
func firstID(t time.Time) uint64 {
	return uint64(max(t.UnixMilli()-snowflakeEpoch, 0)) << snowflakeShift
}

func formatID(id uint64) string { return strconv.FormatUint(id, 10) }

// maxSpans bounds the ranges that wait to be filled.
const maxSpans = 32

// insert adds a span to spans, which are in order and apart, and keeps them so. When there are too many, the two that
// are closest become one: what lies between is read again rather than something not at all.
func insert(spans []span, s span) []span {
	spans = append(slices.Clone(spans), s)
	slices.SortFunc(spans, func(a, b span) int { return a.since.Compare(b.since) })
	out := spans[:1]
	for _, next := range spans[1:] {
		last := &out[len(out)-1]
		if next.since.After(last.until) {
			out = append(out, next)
		} else if next.until.After(last.until) {
			last.until = next.until
		}
	}
	if len(out) > maxSpans {
		distance := func(i int) time.Duration { return out[i+1].since.Sub(out[i].until) }
		closest := 0
		for i := range len(out) - 1 {
			if cmp.Less(distance(i), distance(closest)) {
				closest = i
			}
		}
		out[closest].until = out[closest+1].until
		out = slices.Delete(out, closest+1, closest+2)
	}
	return out
}

// sinceID and untilID are the ends as X takes them: both are left out of what is found.
func (s span) sinceID() string { return formatID(max(firstID(s.since), 1) - 1) }
func (s span) untilID() string { return formatID(firstID(s.until.Add(time.Millisecond))) }
