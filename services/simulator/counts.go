package simulator

import "time"

// lineKind is what a line of the stream is, as the truth file names it.
type lineKind string

const (
	kindPost      lineKind = "post"      // the first version of a post
	kindEdit      lineKind = "edit"      // a later version
	kindMalformed lineKind = "malformed" // broken on purpose
)

// line is one line of a batch.
type line struct {
	kind      lineKind
	id, first uint64 // 0 when malformed
	at        time.Time
	end       int // of the line end, in the batch's bytes
}

// counts are the lines that were handed over since the start, whole ones only.
type counts struct {
	posts, edits, malformed int64
	paused                  bool
}

func (c counts) emitted() int64 { return c.posts + c.edits + c.malformed }

func (f *feed) state() counts {
	f.stateMu.Lock()
	defer f.stateMu.Unlock()
	return f.counts
}

func (f *feed) setPaused(paused bool) {
	f.stateMu.Lock()
	defer f.stateMu.Unlock()
	f.counts.paused = paused
}

// finished says that the posts that were asked for are out.
func (f *feed) finished(c counts) bool { return f.limit > 0 && c.posts >= f.limit }

func (f *feed) count(lines []line) {
	var posts, edits, malformed int64
	for _, l := range lines {
		switch l.kind {
		case kindPost:
			posts++
		case kindEdit:
			edits++
		case kindMalformed:
			malformed++
		}
	}
	f.metrics.lines.WithLabelValues(string(kindPost)).Add(float64(posts))
	f.metrics.lines.WithLabelValues(string(kindEdit)).Add(float64(edits))
	f.metrics.lines.WithLabelValues(string(kindMalformed)).Add(float64(malformed))
	f.stateMu.Lock()
	defer f.stateMu.Unlock()
	f.counts.posts += posts
	f.counts.edits += edits
	f.counts.malformed += malformed
}
