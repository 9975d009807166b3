package rollup

const (
	// tagCountBits is the room for the number of hashtags of a post.
	tagCountBits = 4
	cellsInChunk = 1 << 12
)

// tagStore keeps the hashes of the posts' hashtags: by how many a post has, in cells of that size, which are used again.
// A reference to a cell is its number and how many there are; 0 is none.
type tagStore [MaxHashtags + 1]struct {
	chunks [][]uint32
	used   uint32   // cells that have ever been used
	free   []uint32 // of these
}

// of returns the hashes that ref stands for. They may be written to.
func (s *tagStore) of(ref uint32) []uint32 {
	n := ref & (1<<tagCountBits - 1)
	if n == 0 {
		return nil
	}
	cell := ref >> tagCountBits
	at := cell % cellsInChunk * n
	return s[n].chunks[cell/cellsInChunk][at : at+n]
}

// replace keeps tags instead of what ref stands for, and returns the reference to them. tags may be what ref stands for.
func (s *tagStore) replace(ref uint32, tags []uint32) uint32 {
	if before := s.of(ref); len(before) == len(tags) {
		copy(before, tags)
		return ref
	}
	if n := ref & (1<<tagCountBits - 1); n > 0 {
		s[n].free = append(s[n].free, ref>>tagCountBits)
	}
	if len(tags) == 0 {
		return 0
	}
	size := &s[len(tags)]
	var cell uint32
	if last := len(size.free) - 1; last >= 0 {
		cell, size.free = size.free[last], size.free[:last]
	} else {
		cell = size.used
		if cell/cellsInChunk == uint32(len(size.chunks)) {
			size.chunks = append(size.chunks, make([]uint32, cellsInChunk*len(tags)))
		}
		size.used++
	}
	ref = cell<<tagCountBits | uint32(len(tags))
	copy(s.of(ref), tags)
	return ref
}
