package provision

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// age writes a time as Elasticsearch reads it; --keep-indices has whole hours.
func age(limit time.Duration) string { return strconv.Itoa(int(limit/time.Hour)) + "h" }

// ageUnits are those of https://www.elastic.co/guide/en/elasticsearch/reference/8.19/api-conventions.html#time-units.
var ageUnits = map[string]time.Duration{
	"d": 24 * time.Hour, "h": time.Hour, "m": time.Minute, "s": time.Second,
	"ms": time.Millisecond, "micros": time.Microsecond, "nanos": time.Nanosecond,
}

func parseAge(text string) (time.Duration, error) {
	digits := strings.TrimRight(text, "abcdefghijklmnopqrstuvwxyz")
	n, err := strconv.ParseInt(digits, 10, 64)
	unit, known := ageUnits[text[len(digits):]]
	if err != nil || !known || n < 0 || n > int64(1<<63-1)/int64(unit) {
		return 0, fmt.Errorf("its time to delete an index is %q, which is no time", text)
	}
	return time.Duration(n) * unit, nil
}

// inDays writes a time other than 0, in days where it is whole ones.
func inDays(d time.Duration) string {
	const day = 24 * time.Hour
	switch {
	case d == day:
		return "1 day"
	case d%day == 0:
		return fmt.Sprintf("%d days", d/day)
	case d%time.Hour == 0:
		return fmt.Sprintf("%d hours", d/time.Hour)
	}
	return d.String()
}
