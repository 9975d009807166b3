package rollup_test

import (
	"fmt"
	"runtime"
	"strconv"
	"testing"
	"time"

	"catsvdogs/services/live/rollup"
)

// busy is a contest with as many posts a second.
func busy(i, perSecond int, begin time.Time) rollup.Observation {
	at := begin.Add(time.Duration(i) * time.Second / time.Duration(perSecond))
	o := post(strconv.Itoa(i), at, shape.Categories[i%4])
	o.Partition = int32(i % 12)
	o.Promotional = i%5 == 0
	o.Hashtags = []string{"cat", "caturday", "tag" + strconv.Itoa(i%5000), "window"}
	o.Label, o.Score = rollup.Label(i%4), 0.5
	if i%3 == 0 {
		o.Popularity, o.Content = float64(i%70000)/1e4, strconv.Itoa(i)
	}
	return o
}

func BenchmarkANewPost(b *testing.B) {
	r := newRollup(b, time.UTC, week, noon.Add(time.Hour))
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		r.Apply(busy(i, 500, noon))
	}
}

func BenchmarkANewVersion(b *testing.B) {
	r := newRollup(b, time.UTC, week, noon.Add(time.Hour))
	const posts = 100_000
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		o := busy(i%posts, 500, noon)
		o.ObservedAt = noon.Add(time.Duration(i) * time.Millisecond)
		r.Apply(o)
	}
}

// BenchmarkMemoryOfAWeekAt500PostsASecond reports what the state of such a week holds: every minute of seven days has
// posts, every day as many different hashtags as are kept, and the memory of posts is full, as it is after the first hour.
// What comes after that replaces what is there, so the days before the last hours are fed more thinly here to save time.
// The resident memory of a process with such a week behind it is measured by the benchmark of the service.
func BenchmarkMemoryOfAWeekAt500PostsASecond(b *testing.B) {
	for b.Loop() {
		before := heap()
		end := noon
		r := newRollup(b, time.UTC, week, end)
		n := 0
		feed := func(from, to time.Time, perSecond int) {
			for i := 0; ; i++ {
				o := busy(i, perSecond, from)
				if o.ArrivedAt.After(to) {
					return
				}
				o.ID = strconv.Itoa(n)
				o.Hashtags[2] = fmt.Sprint("tag", o.ArrivedAt.Day(), "-", n%rollup.MaxTags)
				r.Apply(o)
				n++
			}
		}
		busyHours := end.Add(-110 * time.Minute)
		feed(rollup.Since(end, time.UTC, week.Days), busyHours, 1)
		feed(busyHours, end, 500)
		held := heap() - before
		b.ReportMetric(float64(held)/1e6, "MB")
		b.ReportMetric(float64(r.Remembered()), "remembered-posts")
		b.ReportMetric(float64(held)/float64(r.Remembered()), "B/remembered-post")
		b.ReportMetric(noon.Sub(r.Snapshot().SettledBefore).Minutes(), "remembered-minutes")
		if held > 200e6 {
			b.Errorf("%d MB are held, want 200 at most", held/1e6)
		}
		runtime.KeepAlive(r)
	}
}

func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

func BenchmarkSnapshot(b *testing.B) {
	r := newRollup(b, time.UTC, week, noon)
	for i := range 500_000 {
		r.Apply(busy(i, 20, noon.Add(-7*time.Hour)))
	}
	b.ReportAllocs()
	for b.Loop() {
		r.Snapshot()
	}
}
