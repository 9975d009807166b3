package rollup

import (
	"fmt"
	"time"
)

// Buckets is how many half hours of the clock a day has.
const Buckets = 48

// date counts days of the calendar since 1970-01-01.
type date int32

func dateOf(t time.Time, zone *time.Location) date {
	y, m, d := t.In(zone).Date()
	return date(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / 86400)
}

func parseDate(s string) (date, bool) {
	t, err := time.Parse(time.DateOnly, s)
	return date(t.Unix() / 86400), err == nil
}

// start is the moment with which the day begins in zone.
func (d date) start(zone *time.Location) time.Time {
	y, m, dd := d.utc().Date()
	t := time.Date(y, m, dd, 0, 0, 0, 0, zone)
	// Where clocks are set forward at midnight there is no 00:00, and time.Date may answer with an hour before it, which
	// is still yesterday.
	for dateOf(t, zone) < d {
		t = t.Add(15 * time.Minute)
	}
	return t
}

func (d date) utc() time.Time { return time.Unix(int64(d)*86400, 0).UTC() }

func (d date) String() string { return d.utc().Format(time.DateOnly) }

// BucketName is when bucket i begins, such as 13:30.
func BucketName(i int) string { return fmt.Sprintf("%02d:%02d", i/2, i%2*30) }

// hours of a day as a clock on the wall in a zone shows them. Minutes are those that pass, so there are 1380 to 1500 of
// them where clocks are set; half hours are those that the clock shows, always 48: one stays empty in spring and holds
// two in autumn.
type hours struct {
	date       date
	begin, end int64   // Unix seconds
	bucket     []uint8 // by minute since begin
}

func newHours(d date, zone *time.Location) hours {
	begin, end := d.start(zone), (d + 1).start(zone)
	h := hours{date: d, begin: begin.Unix(), end: end.Unix(), bucket: make([]uint8, 0, 1500)}
	for t := begin; t.Before(end); t = t.Add(time.Minute) {
		hour, minute, _ := t.In(zone).Clock()
		h.bucket = append(h.bucket, uint8(hour*2+minute/30))
	}
	return h
}

func (h *hours) has(second int64) bool { return h.begin <= second && second < h.end }

func (h *hours) minute(second int64) int { return int(second-h.begin) / 60 }

// at is when a minute begins.
func (h *hours) at(minute int) time.Time { return time.Unix(h.begin+int64(minute)*60, 0).UTC() }
