package world

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

const (
	editPercent  = 3  // of the posts
	againPercent = 30 // of the edits
	maxEdits     = 3
	editWindow   = 30 * time.Minute // X lets nobody edit a post later than that
	// maxPending bounds the memory that waiting edits take.
	maxPending = 10_000
)

// edit is a post whose next version comes after arrival number when.
type edit struct {
	when  uint64
	slot  uint64 // the arrival that made the post
	post  *Post  // the last version, a copy of its own
	first time.Time
}

// maybeEdit decides whether a post that has just been made will be edited.
func (w *World) maybeEdit(p *Post, slot uint64) {
	percent := editPercent
	if p.IsEdit() {
		percent = againPercent
	}
	if w.rng.IntN(100) >= percent || len(p.History) > maxEdits || p.Relation == Retweets || len(w.edits) == maxPending {
		return
	}
	first := p.At
	if p.IsEdit() {
		first = TimeOf(p.First)
	}
	// Tens to hundreds of posts later, mostly sooner.
	after := 20 + w.rng.IntN(60) + w.rng.IntN(4)*w.rng.IntN(110)
	e := edit{when: w.slot + uint64(after), slot: slot, post: p.Clone(), first: first}
	at, _ := slices.BinarySearchFunc(w.edits, e, func(a, b edit) int {
		if a.when <= b.when {
			return -1
		}
		return 1
	})
	w.edits = slices.Insert(w.edits, at, e)
}

// dueEdit takes the next version of a post whose turn it is, or nil. It comes
// at the moment of the next arrival and takes no arrival away.
func (w *World) dueEdit(at time.Time) *Post {
	for len(w.edits) > 0 && w.edits[0].when <= w.slot {
		e := w.edits[0]
		w.edits = w.edits[1:]
		if at.Sub(e.first) > editWindow {
			continue
		}
		w.pcg.Seed(w.seed, mix(e.when)^mix(e.slot))
		p := e.post
		p.amend(w.ids.next(at), at)
		if !w.matches(p) { // the rules have changed since
			continue
		}
		w.maybeEdit(p, e.slot)
		return p
	}
	return nil
}

// Revise lets the author of a post have second thoughts at once: its next
// version comes with the next arrival. The world keeps a copy. Waiting edits of
// the same post are dropped, for a post has one history. It returns false when
// X would not let the author edit: a repost, or the last edit used up.
func (w *World) Revise(p *Post) bool {
	if len(p.History) > maxEdits || p.Relation == Retweets || len(w.edits) >= maxPending {
		return false
	}
	w.edits = slices.DeleteFunc(w.edits, func(e edit) bool { return e.post.First == p.First })
	w.edits = slices.Insert(w.edits, 0, edit{when: w.slot, slot: p.Origin.Slot, post: p.Clone(), first: TimeOf(p.First)})
	return true
}

// amend makes p its own next version.
func (p *Post) amend(id uint64, at time.Time) {
	if len(p.Versions) == 0 {
		p.Versions = append(p.Versions, Version{p.ID, p.At})
	}
	p.Versions = append(p.Versions, Version{id, at.UTC()})
	p.ID, p.At = id, at.UTC()
	p.History = append(p.History, id)
	p.Text = amended(p.Text, len(p.History))
}

// amended changes only the end of a text, so that the places of hashtags and
// links stay right.
func amended(text string, version int) string {
	mark := " ✏️"
	if utf8.RuneCountInString(text) > 270 || strings.Count(text, mark) >= version-1 {
		return text
	}
	return text + mark
}

// Clone copies a post, which is otherwise valid until the next one is made.
// Authors are shared, for they never change.
func (p *Post) Clone() *Post {
	c := *p
	c.History = slices.Clone(p.History)
	c.Versions = slices.Clone(p.Versions)
	c.Hashtags = slices.Clone(p.Hashtags)
	c.Mentions = slices.Clone(p.Mentions)
	c.URLs = slices.Clone(p.URLs)
	c.Media = slices.Clone(p.Media)
	c.Matched = slices.Clone(p.Matched)
	if p.Refers != nil {
		c.Refers = p.Refers.Clone()
	}
	return &c
}
