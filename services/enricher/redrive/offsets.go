package redrive

// offsetSet is a set of offsets of partitions. It takes a bit for each offset where they are close together, and some 40
// bytes where they are not.
type offsetSet map[int32]map[int64]uint64

func (s offsetSet) add(partition int32, offset int64) {
	words := s[partition]
	if words == nil {
		words = map[int64]uint64{}
		s[partition] = words
	}
	words[offset>>6] |= 1 << (offset & 63)
}

func (s offsetSet) has(partition int32, offset int64) bool {
	return s[partition][offset>>6]&(1<<(offset&63)) != 0
}
