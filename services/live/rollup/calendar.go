package rollup

import (
	"fmt"
	"time"
)

// Buckets is how many half hours of the clock a day has.
const Buckets = 48

// day counts days of the calendar since 1970-01-01.
type day int32

func dayOf(t time.Time, zone *time.Location) day {
	y, m, d := t.In(zone).Date()
	return day(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / 86400)
}

// start is the midnight with which the day begins in zone.
func (d day) start(zone *time.Location) time.Time {
	y, m, dd := d.utc().Date()
	return time.Date(y, m, dd, 0, 0, 0, 0, zone)
}

func (d day) utc() time.Time { return time.Unix(int64(d)*86400, 0).UTC() }

func (d day) String() string { return d.utc().Format(time.DateOnly) }

// bucketOf is the half hour that a clock on the wall in zone shows. So a day has 48 of them also when clocks are set:
// one stays empty in spring and holds two half hours in autumn.
func bucketOf(t time.Time, zone *time.Location) uint8 {
	h, m, _ := t.In(zone).Clock()
	return uint8(h*2 + m/30)
}

// BucketName is when bucket i begins, such as 13:30.
func BucketName(i int) string { return fmt.Sprintf("%02d:%02d", i/2, i%2*30) }
