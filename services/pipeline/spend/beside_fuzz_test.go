package spend

import (
	"testing"
	"time"
)

// FuzzASavedCountOverflowsNothing: whatever another process has left.
func FuzzASavedCountOverflowsNothing(f *testing.F) {
	f.Add([]byte(`{"billed":{"at":"2026-11-23T12:00:00Z","day":1,"month":2}}`))
	f.Add([]byte(`{"billed":{"at":"9999-12-31T23:59:59-23:59","day":-9223372036854775808,"day_others":9223372036854775807,"month":9223372036854775807,"month_others":9223372036854775807}}`))
	f.Add([]byte(`{"billed":null}`))
	f.Fuzz(func(t *testing.T, saved []byte) {
		c, err := ReadCount(saved)
		if err != nil {
			return
		}
		for _, now := range []time.Time{c.At, time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)} {
			if on := c.On(now); min(on.Day, on.DayOthers, on.Month, on.MonthOthers, on.Day+on.DayOthers, on.Month+on.MonthOthers) < 0 {
				t.Errorf("%s gives %+v", saved, on)
			}
		}
	})
}
