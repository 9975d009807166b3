package promotion

import (
	"hash/maphash"
	"math/bits"
	"slices"
	"time"
)

// MaxRepeats is where Seen stops counting, and how many posts it looks at in each band. Without that bound a text that is
// posted ten thousand times would cost ten thousand comparisons each time, each a miss of the cache: at 64 this was a fifth of
// the enricher's work on posts that are much alike.
const MaxRepeats = 16

// Window knows the posts of the last while by their fingerprints. It holds a fixed number of them, in a ring: 88 bytes an
// entry, and 20 to 40 for the index, which has room for all from the beginning (BenchmarkWindow measures it). It must not
// be used by several goroutines at once.
//
// What it answers depends on the posts that it was shown and on their order, on nothing else: not on the clock, and not on
// how often a batch was done. It starts empty, and a replica sees the posts of its partitions only; so repeats may be
// found late, never wrongly.
type Window struct {
	span    time.Duration
	seed    maphash.Seed
	ring    []entry
	next    uint64           // number of the next entry; the first is 1
	oldest  uint64           // number of the oldest entry
	latest  int64            // the latest time seen, in Unix milliseconds
	newest  [chains][]uint32 // low bits of the number of the newest entry of each chain, by the low bits of the chain's key
	counted []uint64         // what a search has counted, its room kept for the next one
}

// Each entry is in one chain for each band, and in one by its post. Different keys may share a chain, so what is found in one
// is looked at before it is believed.
const (
	chains  = bands + 1
	ofPosts = bands
)

// entry is one post with one text. back[c] is how many entries ago the previous one of chain c was; 0 when there is none in
// the ring.
type entry struct {
	post, author uint64
	at           int64
	back         [chains]uint32
	own, others  uint8
	sequence
}

func (e *entry) found() Repeats { return Repeats{Own: int(e.own), Others: int(e.others)} }

// NewWindow returns an empty window over at most entries posts (at least 1, below 1<<31) that are no further apart than
// span.
func NewWindow(entries int, span time.Duration) *Window {
	w := &Window{span: span, seed: maphash.MakeSeed(), ring: make([]entry, max(1, entries)), next: 1, oldest: 1}
	for c := range w.newest {
		w.newest[c] = make([]uint32, 1<<bits.Len(uint(len(w.ring)-1))) // as many chains as entries, or a few more
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
	var keys [chains]uint32
	copy(keys[:], f.bands[:])
	keys[ofPosts] = uint32(post)
	if known := w.known(&e, keys[ofPosts]); known != nil {
		return known.found()
	}
	if author != "" {
		e.author = maphash.String(w.seed, author)
	}
	w.latest = max(w.latest, e.at)
	w.forget()
	w.search(&e, &keys)
	w.remember(&e, &keys)
	return e.found()
}

// Len is how many entries the window holds.
func (w *Window) Len() int { return int(w.next - w.oldest) }

func (w *Window) at(number uint64) *entry { return &w.ring[number%uint64(len(w.ring))] }

// forget drops what is too old, and the oldest when the ring is full. Chains lead from newer entries to older ones, so they
// end by themselves where the ring does.
func (w *Window) forget() {
	for w.oldest < w.next && (w.Len() == len(w.ring) || w.latest-w.at(w.oldest).at > w.span.Milliseconds()) {
		w.oldest++
	}
}

// first is the number of the newest entry in a chain, 0 when the window holds none.
func (w *Window) first(c int, key uint32) uint64 {
	if ago := w.ago(c, key); ago > 0 {
		return w.next - uint64(ago)
	}
	return 0
}

// ago is how many entries ago the newest entry in a chain was, 0 when the window holds none.
func (w *Window) ago(c int, key uint32) uint32 {
	ago := uint32(w.next) - *w.head(c, key)
	if uint64(ago) > w.next-w.oldest {
		return 0
	}
	return ago
}

func (w *Window) head(c int, key uint32) *uint32 {
	return &w.newest[c][key&uint32(len(w.newest[c])-1)]
}

// before is the number of the entry before this one in a chain, 0 when the window holds none.
func (w *Window) before(number uint64, c int) uint64 {
	back := uint64(w.at(number).back[c])
	if back == 0 || back > number-w.oldest {
		return 0
	}
	return number - back
}

func (w *Window) remember(e *entry, keys *[chains]uint32) {
	for c, key := range keys {
		e.back[c] = w.ago(c, key)
		*w.head(c, key) = uint32(w.next)
	}
	*w.at(w.next) = *e
	w.next++
}

// known is the entry of the same post with the same text, nil when there is none. A post that has had more texts than
// MaxRepeats may be remembered twice.
func (w *Window) known(e *entry, key uint32) *entry {
	number := w.first(ofPosts, key)
	for looked := 0; looked < MaxRepeats && number > 0; looked++ {
		if other := w.at(number); other.post == e.post && other.sequence == e.sequence {
			return other
		}
		number = w.before(number, ofPosts)
	}
	return nil
}

// search counts the repeats of e among what the window holds.
func (w *Window) search(e *entry, keys *[chains]uint32) {
	w.counted = w.counted[:0]
	for b, key := range keys[:bands] {
		number := w.first(b, key)
		for looked := 0; looked < MaxRepeats && number > 0 && len(w.counted) < MaxRepeats; looked++ {
			if other := w.at(number); w.repeatedBy(e, other) {
				w.count(e, other)
			}
			number = w.before(number, b)
		}
	}
}

// count adds other to the repeats of e, unless its post, or its author when that is another one, is counted already: as it
// is when it shares several bands.
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
