package compliance

import (
	"encoding/binary"
	"slices"
)

// Known remembers which posts the objects of an archive hold, so that a round reads only those that no round before has read:
// an object never holds more posts than when it was written, and compaction takes contents away but no posts. It keeps what
// fits; objects beyond that are read in every round, and all are once after a start. For one goroutine.
type Known struct {
	most, bytes int
	packed      map[string][]byte // by object; ids ascending, each as its distance to the one before (binary.Uvarint)
}

// entryBytes is about what an object takes besides its name and its ids.
const entryBytes = 128

// NewKnown returns a memory of at most about so many bytes. A post takes some five: X's ids grow by 4 million a millisecond.
func NewKnown(bytes int) *Known { return &Known{most: bytes, packed: map[string][]byte{}} }

// add remembers the posts of an object, if there is room, and puts ids in order.
func (k *Known) add(object string, ids []uint64) {
	if k == nil {
		return
	}
	slices.Sort(ids)
	var packed []byte
	last := uint64(0)
	for _, id := range slices.Compact(ids) {
		packed = binary.AppendUvarint(packed, id-last)
		last = id
	}
	size := entryBytes + len(object) + len(packed)
	if _, there := k.packed[object]; there || k.bytes+size > k.most {
		return
	}
	k.packed[object] = slices.Clip(packed)
	k.bytes += size
}

// ids passes the posts of an object to each; false when they are not known.
func (k *Known) ids(object string, each func(uint64)) bool {
	if k == nil {
		return false
	}
	packed, known := k.packed[object]
	for id := uint64(0); len(packed) > 0; {
		more, n := binary.Uvarint(packed)
		packed = packed[n:]
		id += more
		each(id)
	}
	return known
}
