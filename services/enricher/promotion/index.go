package promotion

import "math/bits"

// slots is how many entries a bucket of an index holds: of four bytes each they fill one line of the cache.
const slots = 16

// index finds entries of a ring by keys of theirs: a hash table whose buckets are one line of the cache each. A search reads
// that line and then the entries whose keys have the same tag, none of which it must have read to know the next one; chains
// from entry to entry cost one miss of the cache after another, those of other keys among them.
//
// A full bucket forgets its oldest entry, and a slot may outlive what was in the ring. So what is found may be of another key,
// and one in some thousand entries is not found; those of a text that is posted all the time are the first to go.
type index struct {
	buckets [][slots]uint32 // the newest entry first: its place in the ring, and above that the tag, the key's upper bits
	place   uint32          // mask of the bits for a place
}

// newIndex returns an index over a ring of this length. Its buckets are filled by half at most, on average.
func newIndex(entries int) index {
	return index{
		buckets: make([][slots]uint32, 1<<bits.Len(uint(entries-1)/(slots/2))),
		place:   1<<bits.Len(uint(entries-1)) - 1,
	}
}

func (x *index) bucket(key uint32) *[slots]uint32 { return &x.buckets[key&uint32(len(x.buckets)-1)] }

// find adds the places of entries that may have this key to places, the newest first and at most so many.
func (x *index) find(places []uint32, key uint32, atMost int) []uint32 {
	for _, slot := range x.bucket(key) {
		if (slot^key)&^x.place == 0 && atMost > 0 {
			places = append(places, slot&x.place)
			atMost--
		}
	}
	return places
}

// add puts an entry in.
func (x *index) add(key, place uint32) {
	bucket := x.bucket(key)
	copy(bucket[1:], bucket[:slots-1])
	bucket[0] = key&^x.place | place
}
