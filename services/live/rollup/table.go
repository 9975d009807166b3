package rollup

const (
	chunkBits = 13
	chunkSize = 1 << chunkBits
	minSlots  = 1 << 10
)

// table finds contributions by the hash of their post: an open-addressed index with linear probing over entries that stand
// one after the other in chunks. Half as large as a map of the language, it never copies the entries when it grows, and
// holds no pointer for the garbage collector to follow.
type table struct {
	slots  []uint64 // low half: entry number + 1, 0 where free; high half: the same half of the post's hash
	chunks []*[chunkSize]entry
	n      int
}

type entry struct {
	post uint64
	contribution
}

func (t *table) len() int { return t.n }

func (t *table) entry(i uint32) *entry { return &t.chunks[i>>chunkBits][i&(chunkSize-1)] }

// find returns the post's contribution, or nil. It is valid until the next insert or keepOnly.
func (t *table) find(post uint64) *contribution {
	if len(t.slots) == 0 {
		return nil
	}
	mask := uint64(len(t.slots) - 1)
	for at := post & mask; ; at = (at + 1) & mask {
		slot := t.slots[at]
		if slot == 0 {
			return nil
		}
		if slot>>32 == post>>32 {
			if e := t.entry(uint32(slot) - 1); e.post == post {
				return &e.contribution
			}
		}
	}
}

// insert adds a post that is not there and returns its contribution, which is empty.
func (t *table) insert(post uint64) *contribution {
	if (t.n+1)*8 > len(t.slots)*7 {
		t.reindex(max(minSlots, len(t.slots)*2))
	}
	if t.n>>chunkBits == len(t.chunks) {
		t.chunks = append(t.chunks, new([chunkSize]entry))
	}
	e := t.entry(uint32(t.n))
	*e = entry{post: post}
	t.n++
	t.index(post, uint32(t.n))
	return &e.contribution
}

func (t *table) index(post uint64, number uint32) {
	mask := uint64(len(t.slots) - 1)
	at := post & mask
	for t.slots[at] != 0 {
		at = (at + 1) & mask
	}
	t.slots[at] = post>>32<<32 | uint64(number)
}

func (t *table) reindex(slots int) {
	if slots == len(t.slots) {
		clear(t.slots)
	} else {
		t.slots = make([]uint64, slots)
	}
	for i := range uint32(t.n) {
		t.index(t.entry(i).post, i+1)
	}
}

// keepOnly removes all others and gives their room back.
func (t *table) keepOnly(wanted func(*contribution) bool) {
	kept := 0
	for i := range uint32(t.n) {
		e := t.entry(i)
		if wanted(&e.contribution) {
			*t.entry(uint32(kept)) = *e
			kept++
		}
	}
	t.n = kept
	needed := (kept + chunkSize - 1) >> chunkBits
	clear(t.chunks[needed:])
	t.chunks = t.chunks[:needed]
	slots := minSlots
	for slots*7 < kept*8+8 {
		slots *= 2
	}
	// Half of the room stays for what comes: a table that is swept because it is full fills again.
	t.reindex(max(slots, min(len(t.slots), slots*2)))
}
