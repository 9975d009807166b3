package agenda

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// MaxLooks bounds the looks at one post.
const MaxLooks = 32

// MaxAge bounds the age at which a post is looked at: Kafka keeps for a week what the schedule is rebuilt from.
const MaxAge = 6 * 24 * time.Hour

// Schedule says at which ages a post is looked at, and how late the last look may be.
type Schedule struct {
	after []int64 // ms, ascending, each once
	grace int64
}

var errSchedule = errors.New("no schedule")

// NewSchedule returns the schedule of looks at these ages, in whatever order they are given and each once. Ages and grace
// are in whole milliseconds, 1 ms or more; at most MaxLooks ages, none over MaxAge.
func NewSchedule(after []time.Duration, grace time.Duration) (Schedule, error) {
	s := Schedule{grace: grace.Milliseconds()}
	for _, d := range after {
		if d < time.Millisecond || d > MaxAge {
			return Schedule{}, fmt.Errorf("%w: %s is out of range; give 1ms to %s", errSchedule, d, MaxAge)
		}
		s.after = append(s.after, d.Milliseconds())
	}
	slices.Sort(s.after)
	s.after = slices.Compact(s.after)
	if len(s.after) == 0 || len(s.after) > MaxLooks {
		return Schedule{}, fmt.Errorf("%w: %d different ages; give 1 to %d", errSchedule, len(s.after), MaxLooks)
	}
	if s.grace < 1 || grace > MaxAge {
		return Schedule{}, fmt.Errorf("%w: a grace of %s is out of range; give 1ms to %s", errSchedule, grace, MaxAge)
	}
	return s, nil
}

// First is the age of the first look.
func (s Schedule) First() time.Duration { return time.Duration(s.after[0]) * time.Millisecond }

// Span is the age at which a post is forgotten.
func (s Schedule) Span() time.Duration {
	return time.Duration(s.after[len(s.after)-1]+s.grace) * time.Millisecond
}

// passed is how many looks at a post of this age are due or over.
func (s Schedule) passed(age int64) int {
	n, _ := slices.BinarySearch(s.after, age+1)
	return n
}
