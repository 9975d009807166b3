package promotion

import (
	"hash/maphash"
	"math/bits"
	"slices"
	"time"
)

// Texts are near-identical when their fingerprints differ in at most maxDistance of 64 bits, Manku's choice. Cut into
// one band more than that, at least one band of both is the same.
const (
	maxDistance = 3
	bands       = maxDistance + 1
	bandBits    = 64 / bands
)

// MaxRepeats is where Seen stops counting, and how many posts it looks at in each band. Without that bound a text that is
// posted ten thousand times would cost ten thousand comparisons each time, each a miss of the cache: at 64 this was a fifth of
// the enricher's work on posts that are much alike.
const MaxRepeats = 16

// Window knows the posts of the last while by their fingerprints. It holds a fixed number of them, in a ring: about 80
// bytes an entry, and 2 MiB for the index (BenchmarkWindow measures it). It must not be used by several goroutines at once.
//
// What it answers depends on the posts that it was shown and on their order, on nothing else: not on the clock, and not on
// how often a batch was done. It starts empty, and a replica sees the posts of its partitions only; so repeats may be
// found late, never wrongly.
type Window struct {
	span    time.Duration
	seed    maphash.Seed
	ring    []entry
	next    uint64            // number of the next entry; the first is 1
	oldest  uint64            // number of the oldest entry
	latest  int64             // the latest time seen, in Unix milliseconds
	byPost  map[uint64]uint64 // number of the entry of a post with a fingerprint
	newest  [bands][1 << bandBits]uint64
	counted []uint64 // what a search has counted, its room kept for the next one
}

// entry is one post with one fingerprint. back[b] is how many entries ago the previous one with the same band b was; 0 when
// there is none in the ring.
type entry struct {
	post, author, fingerprint uint64
	at                        int64
	back                      [bands]uint32
	own, others               uint16
}

func (e *entry) found() Repeats { return Repeats{Own: int(e.own), Others: int(e.others)} }

// NewWindow returns an empty window over at most entries posts (at least 1, below 1<<32) that are no further apart than
// span.
func NewWindow(entries int, span time.Duration) *Window {
	return &Window{
		span: span, seed: maphash.MakeSeed(), ring: make([]entry, max(1, entries)), next: 1, oldest: 1, byPost: map[uint64]uint64{},
	}
}

// Repeats is how often the text of a post had been posted before, word for word or nearly.
type Repeats struct {
	Own    int // other posts of its author
	Others int // other authors, each once: one who repeats himself does not make a stranger's chance sentence a campaign
}

// Seen counts the repeats of a post and remembers it. A post does not repeat itself: neither an earlier version of it counts
// nor the same one in a batch that is done again, which gets the same answer. Posts without an author have each one of
// their own. Both counts together end at MaxRepeats.
func (w *Window) Seen(id, author string, fingerprint uint64, at time.Time) Repeats {
	post := maphash.String(w.seed, id)
	key := post ^ mix(fingerprint+pairing)
	if n, known := w.byPost[key]; known {
		return w.at(n).found()
	}
	e := entry{post: post, author: post, fingerprint: fingerprint, at: at.UnixMilli()}
	if author != "" {
		e.author = maphash.String(w.seed, author)
	}
	w.latest = max(w.latest, e.at)
	w.forget()
	w.search(&e)
	w.remember(key, e)
	return e.found()
}

// Len is how many entries the window holds.
func (w *Window) Len() int { return int(w.next - w.oldest) }

func (w *Window) at(number uint64) *entry { return &w.ring[number%uint64(len(w.ring))] }

// forget drops what is too old, and the oldest when the ring is full.
func (w *Window) forget() {
	for w.oldest < w.next {
		e := w.at(w.oldest)
		if w.Len() < len(w.ring) && w.latest-e.at <= w.span.Milliseconds() {
			return
		}
		// Chains lead from newer entries to older ones, so they end by themselves where the ring does.
		delete(w.byPost, e.post^mix(e.fingerprint+pairing))
		w.oldest++
	}
}

func (w *Window) remember(key uint64, e entry) {
	for b := range bands {
		head := &w.newest[b][bandOf(e.fingerprint, b)]
		if *head >= w.oldest {
			e.back[b] = uint32(w.next - *head)
		}
		*head = w.next
	}
	*w.at(w.next) = e
	w.byPost[key] = w.next
	w.next++
}

// search counts the repeats of e among what the window holds.
func (w *Window) search(e *entry) {
	w.counted = w.counted[:0]
	for b := range bands {
		number := w.newest[b][bandOf(e.fingerprint, b)]
		for looked := 0; looked < MaxRepeats && number >= w.oldest; looked++ {
			other := w.at(number)
			if w.repeatedBy(e, other, b) {
				w.count(e, other)
			}
			if other.back[b] == 0 {
				break
			}
			number -= uint64(other.back[b])
		}
	}
}

// count adds other to the repeats of e, unless its post, or its author when that is another one, is counted already.
func (w *Window) count(e, other *entry) {
	counts, counter := other.author, &e.others
	if other.author == e.author {
		counts, counter = other.post, &e.own // a post has an entry for each version
	}
	if len(w.counted) < MaxRepeats && !slices.Contains(w.counted, counts) {
		w.counted = append(w.counted, counts)
		*counter++
	}
}

// repeatedBy says whether other, found in band b, is another post of the same text. One that shares an earlier band as well
// was found there.
func (w *Window) repeatedBy(e, other *entry, b int) bool {
	differs := e.fingerprint ^ other.fingerprint
	apart := max(e.at-other.at, other.at-e.at)
	if bits.OnesCount64(differs) > maxDistance || other.post == e.post || apart > w.span.Milliseconds() {
		return false
	}
	for earlier := range b {
		if bandOf(differs, earlier) == 0 {
			return false
		}
	}
	return true
}

func bandOf(fingerprint uint64, b int) uint16 { return uint16(fingerprint >> (b * bandBits)) }

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
