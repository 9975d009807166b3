package replay

import "time"

// Span is a range of time, by records' own timestamps: from From on, before To. A zero To has no end.
type Span struct{ From, To time.Time }

// Holds says whether a record of this time is in the span.
func (s Span) Holds(t time.Time) bool {
	return !t.Before(s.From) && (s.To.IsZero() || t.Before(s.To))
}

// meets says whether records of an hour may be in the span.
func (s Span) meets(hour time.Time) bool {
	return hour.Add(time.Hour).After(s.From) && (s.To.IsZero() || hour.Before(s.To))
}
