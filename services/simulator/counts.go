package simulator

import (
	"slices"
	"time"
)

// lineKind is what a line is. What the truth calls a line goes by the kind, so
// each name is there for good.
type lineKind uint8

const (
	kindPost      lineKind = iota // the first version of a post that the client is given
	kindEdit                      // a later version
	kindMalformed                 // broken on purpose, or of an unknown kind
	kindDuplicate                 // a version that the client was given before
	kindPartial                   // the beginning of a line that was cut on purpose
	kindFound                     // a post of a search's answer
	kindLook                      // a post of a look-up's answer
	kindCut                       // no line: what a client is not sure to have read
)

var kindNames = [...]string{"post", "edit", "malformed", "duplicate", "partial", "found", "look", "cut"}

func (k lineKind) String() string { return kindNames[k] }

// kindNamed is the opposite of String; what is not known is a kindCut, which
// counts nowhere.
func kindNamed(name string) lineKind {
	if i := slices.Index(kindNames[:], name); i >= 0 {
		return lineKind(i)
	}
	return kindCut
}

// emitted says that it is a whole line of the stream.
func (k lineKind) emitted() bool { return k <= kindDuplicate }

// line is one line of a batch.
type line struct {
	kind      lineKind
	id, first uint64 // 0 when malformed
	at        time.Time
	end       int // of the line end, in the batch's bytes
}

// counts are the lines that were handed over since the start, whole ones only,
// and what there was to hand over.
type counts struct {
	posts, edits, malformed, duplicates int64
	// available are the posts that were made while rules were set, first
	// versions only, whether or not a client was there.
	available int64
	paused    bool
}

func (c counts) emitted() int64 { return c.posts + c.edits + c.malformed + c.duplicates }

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

// count takes note of lines that were handed over.
func (f *feed) count(lines []line) {
	var sum counts
	ids := make([]uint64, 0, len(lines))
	for _, l := range lines {
		switch l.kind {
		case kindPost:
			sum.posts++
		case kindEdit:
			sum.edits++
		case kindMalformed:
			sum.malformed++
		case kindDuplicate:
			sum.duplicates++
		}
		if l.id != 0 {
			ids = append(ids, l.id)
		}
	}
	f.chronicle.Bill(f.now(), ids...)
	f.metrics.lines.WithLabelValues(kindPost.String()).Add(float64(sum.posts))
	f.metrics.lines.WithLabelValues(kindEdit.String()).Add(float64(sum.edits))
	f.metrics.lines.WithLabelValues(kindMalformed.String()).Add(float64(sum.malformed))
	f.metrics.lines.WithLabelValues(kindDuplicate.String()).Add(float64(sum.duplicates))
	f.stateMu.Lock()
	defer f.stateMu.Unlock()
	f.counts.posts += sum.posts
	f.counts.edits += sum.edits
	f.counts.malformed += sum.malformed
	f.counts.duplicates += sum.duplicates
}

// made takes note of posts that there are now.
func (f *feed) made(lines []line) error {
	if len(lines) == 0 {
		return nil
	}
	f.stateMu.Lock()
	for _, l := range lines {
		if l.id == l.first {
			f.counts.available++
		}
	}
	f.stateMu.Unlock()
	return f.available.record(lines)
}
