package promotion

import (
	"hash/maphash"
	"slices"
	"time"
)

// MaxRepeats is where Seen stops counting, and how many posts it looks at in each band: more than Repeated asks for, as one may
// be of another text. Each is a miss of the cache, and a text that is posted ten thousand times must not cost ten thousand: on
// posts that are much alike the window is a fifth of the enricher's work at 16, and half of that at 8.
const MaxRepeats = 8

// Window knows the last posts by their fingerprints. It holds a fixed number of them, in a ring: 72 bytes an entry, and 40 to 80
// for the index, which has room for all from the beginning (BenchmarkWindow measures it). It must not be used by several
// goroutines at once.
//
// What it answers depends on the posts that it was shown and on their order, on nothing else: not on the clock, and not on
// how often a batch was done. It starts empty, and a replica sees the posts of its partitions only; so repeats may be
// found late, never wrongly.
type Window struct {
	span       time.Duration
	seed       maphash.Seed
	ring       []entry
	next       int           // place of the next entry
	index      [tables]index // for each band, and by post
	candidates []uint32      // places that a search looks at, and
	counted    []uint64      // what it has counted; their room is kept for the next one
}

const (
	tables  = bands + 1
	ofPosts = bands
)

// entry is one post with one text.
type entry struct {
	post, author uint64
	at           int64
	own, others  uint8
	sequence
}

func (e *entry) found() Repeats { return Repeats{Own: int(e.own), Others: int(e.others)} }

// NewWindow returns an empty window over the last entries posts (at least 1, below 1<<31), of which those count that are no
// further apart than span.
func NewWindow(entries int, span time.Duration) *Window {
	w := &Window{span: span, seed: maphash.MakeSeed(), ring: make([]entry, max(1, entries))}
	for t := range w.index {
		w.index[t] = newIndex(len(w.ring))
	}
	return w
}

// Repeats is how often the text of a post had been posted before, word for word or nearly.
type Repeats struct {
	Own    int // other posts of its author
	Others int // other authors, each once: one who repeats himself does not make a stranger's chance sentence a campaign
}

// Seen counts the repeats of a post and remembers it. A post does not repeat itself: neither an earlier version of it counts
// nor the same one in a batch that is done again, which gets the same answer. Posts without an author have each one of
// their own. Both counts together end at MaxRepeats.
func (w *Window) Seen(id, author string, f *Fingerprint, at time.Time) Repeats {
	post := maphash.String(w.seed, id)
	e := entry{post: post, author: post, at: at.UnixMilli(), sequence: f.sequence}
	var keys [tables]uint32
	copy(keys[:], f.bands[:])
	keys[ofPosts] = uint32(post)
	if known := w.known(&e, keys[ofPosts]); known != nil {
		return known.found()
	}
	if author != "" {
		e.author = maphash.String(w.seed, author)
	}
	w.search(&e, &keys)
	w.remember(&e, &keys)
	return e.found()
}

func (w *Window) remember(e *entry, keys *[tables]uint32) {
	for t, key := range keys {
		w.index[t].add(key, uint32(w.next))
	}
	w.ring[w.next] = *e
	w.next = (w.next + 1) % len(w.ring)
}

// known is the entry of the same post with the same text, nil when there is none. A post that has had more texts than
// MaxRepeats may be remembered twice.
func (w *Window) known(e *entry, key uint32) *entry {
	w.candidates = w.index[ofPosts].find(w.candidates[:0], key, MaxRepeats)
	for _, place := range w.candidates {
		if other := &w.ring[place]; other.post == e.post && other.sequence == e.sequence {
			return other
		}
	}
	return nil
}

// search counts the repeats of e among what the window holds.
func (w *Window) search(e *entry, keys *[tables]uint32) {
	w.counted, w.candidates = w.counted[:0], w.candidates[:0]
	for b, key := range keys[:bands] {
		w.candidates = w.index[b].find(w.candidates, key, MaxRepeats)
	}
	for i, place := range w.candidates {
		if len(w.counted) == MaxRepeats {
			return
		}
		// What e takes the place of is out of the window. What shares several bands is looked at once.
		if int(place) == w.next || slices.Contains(w.candidates[:i], place) {
			continue
		}
		if other := &w.ring[place]; w.repeatedBy(e, other) {
			w.count(e, other)
		}
	}
}

// count adds other to the repeats of e, unless its post, or its author when that is another one, is counted already.
func (w *Window) count(e, other *entry) {
	counts, counter := other.author, &e.others
	if other.author == e.author {
		counts, counter = other.post, &e.own // a post has an entry for each version
	}
	if !slices.Contains(w.counted, counts) {
		w.counted = append(w.counted, counts)
		*counter++
	}
}

// repeatedBy says whether other is another post of the same text.
func (w *Window) repeatedBy(e, other *entry) bool {
	apart := max(e.at-other.at, other.at-e.at)
	return other.post != e.post && apart <= w.span.Milliseconds() && e.resembles(&other.sequence)
}

// minRepeats is from how many repeats on a text is a repeated one: the fourth time. Once or twice, people do say the same
// thing again.
const minRepeats = 3

// Repeated says whether a text that was posted before makes for RepeatedText. What others have written counts only where
// something else hints at an advertisement (a link, a phrase of an offer, another reason): without that, the same sentence
// from many is a saying, a joke or chance.
func (r Repeats) Repeated(hinted bool) bool {
	if hinted {
		return r.Own+r.Others >= minRepeats
	}
	return r.Own >= minRepeats
}
