package rollup

import "time"

// paceSeconds bounds the longest span that pace can tell about.
const paceSeconds = 64

// pace counts arrivals by the second, for the last minute.
type pace [paceSeconds]struct{ second, posts int64 }

func (p *pace) add(t time.Time) {
	s := t.Unix()
	cell := &p[uint64(s)%paceSeconds]
	switch {
	case s > cell.second:
		cell.second, cell.posts = s, 1
	case s == cell.second:
		cell.posts++
	}
}

// perSecond is the mean over the last whole seconds before now; the second that is still running is left out, because
// it would make the number dip at each beginning. seconds is below paceSeconds.
func (p *pace) perSecond(now time.Time, seconds int64) float64 {
	var n int64
	for s := now.Unix() - seconds; s < now.Unix(); s++ {
		if cell := p[uint64(s)%paceSeconds]; cell.second == s {
			n += cell.posts
		}
	}
	return float64(n) / float64(seconds)
}
