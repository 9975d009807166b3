package ingest

import (
	"maps"
	"slices"
	"time"

	"catsvdogs/services/ingest/window"
	"catsvdogs/services/ingest/xstream"
	"catsvdogs/services/pipeline/spend"
	"catsvdogs/services/pipeline/tweet"
)

// Bounds on what is remembered of X's stream. The window has to cover what may come twice: the overlap of a gap that is
// filled, some minutes at X's 250 posts a second.
const (
	windowVersions = 1 << 17
	recallX        = 150_000
	recallFurther  = 4 // times as many, where those tell nothing
	recallMostX    = 16 * recallX
)

// past is what the tail of tweets.raw tells about X's stream, or the simulator's.
type past struct {
	source string
	window *window.Window // versions of posts that were delivered
	resume xstream.Resume
	oldest time.Time // observation of a record of this source; zero for none
	billed spend.Count
	// minutes counts the posts that the stream brought in each, for the pace.
	minutes map[time.Time]int

	day, month time.Time // from when on posts count
}

// newPast returns a past that counts what was billed after since, which was counted elsewhere up to then.
func newPast(source string, since, now time.Time) (*past, error) {
	w, err := window.New(windowVersions)
	now = now.UTC()
	later := func(t time.Time) time.Time {
		if since.After(t) {
			return since.Add(1)
		}
		return t
	}
	return &past{
		source: source, window: w, billed: spend.Count{At: now}, minutes: map[time.Time]int{},
		day: later(now.Truncate(24 * time.Hour)), month: later(time.Date(now.Year(), now.Month(), 1, 0, 0, 0, 0, time.UTC)),
	}, err
}

// note takes what one record tells. Records of other sources tell nothing. What a search has found is known, but it is not
// where the stream was.
func (p *past) note(raw tweet.Raw) {
	if raw.Schema != tweet.SchemaX || raw.Source != p.source || raw.Kind != tweet.KindStream {
		return
	}
	if p.oldest.IsZero() || raw.ObservedAt.Before(p.oldest) {
		p.oldest = raw.ObservedAt
	}
	id := xstream.VersionID(raw.Value)
	if id == "" || !p.window.Seen(id) {
		p.bill(raw.ObservedAt)
	}
	if id == "" || raw.Fill != "" {
		return
	}
	p.minutes[raw.ObservedAt.Truncate(time.Minute)]++
	// By the time, not by the place in the log: what was replayed from the archive is newer there than it is.
	if !raw.ObservedAt.After(p.resume.At) {
		return
	}
	p.resume = xstream.Resume{ID: id, At: raw.ObservedAt}
	if raw.Since != "" {
		p.resume.ID = raw.Since
	}
}

func (p *past) bill(at time.Time) {
	if !at.Before(p.day) {
		p.billed.Day++
	}
	if !at.Before(p.month) {
		p.billed.Month++
	}
}

// Bounds on what the pace is taken from.
const (
	pacePosts   = 30 // fewer say nothing
	paceMinutes = 60 // the newest; the night's pace is not the day's
)

// pace returns how long a post was waited for when posts last came; 0 when that is not known. It is the median minute's, so
// that outages and floods do not count.
func (p *past) pace() time.Duration {
	minutes := slices.SortedFunc(maps.Keys(p.minutes), func(a, b time.Time) int { return b.Compare(a) })
	var counts []int
	posts := 0
	for _, m := range minutes[:min(len(minutes), paceMinutes)] {
		counts = append(counts, p.minutes[m])
		posts += p.minutes[m]
	}
	if posts < pacePosts {
		return 0
	}
	slices.Sort(counts)
	return time.Minute / time.Duration(counts[len(counts)/2])
}
