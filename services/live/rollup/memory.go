package rollup

import (
	"hash/maphash"
	"time"
)

// post is what is remembered of a post: what it contributes, and where. 32 bytes: there are millions.
type post struct {
	version    int64  // Unix milliseconds of the observation that counts
	categories uint64 // bit i: the shape's category i
	looked     uint32 // Unix seconds of the latest arrival among the looks
	day        day
	bucket     uint8
	teams      uint8 // bit i: the shape's team i
	placed     bool  // day and bucket are set
	counts     bool  // false: deleted, or only the deletion is known
	simulated  bool
}

func (p *post) lookedAt(t time.Time) {
	if s := t.Unix(); s > int64(p.looked) {
		p.looked = uint32(min(s, 1<<32-1))
	}
}

// memory remembers posts in two generations. When the younger one is full, the older one is dropped: what is looked at
// again stays, and the bound holds without any bookkeeping per post. Ids are hashed with a seed of this process, so
// that nobody can choose ids that collide; at 4 million posts the chance of any collision is below one in a million.
type memory struct {
	bound      int // of one generation
	young, old map[uint64]post
	seed       maphash.Seed
}

func newMemory(bound int) memory {
	return memory{bound: max(bound, 1), young: map[uint64]post{}, old: map[uint64]post{}, seed: maphash.MakeSeed()}
}

func (m *memory) find(id string) (p post, known bool) {
	h := maphash.String(m.seed, id)
	if p, known = m.young[h]; known {
		return p, true
	}
	p, known = m.old[h]
	return p, known
}

func (m *memory) keep(id string, p post) {
	h := maphash.String(m.seed, id)
	if _, there := m.young[h]; !there && len(m.young) >= m.bound {
		m.old, m.young = m.young, map[uint64]post{}
	}
	m.young[h] = p
}

// forgetBefore drops the posts that nobody has looked at since t, and gives their room back.
func (m *memory) forgetBefore(t time.Time) {
	m.young, m.old = lookedSince(t, m.young), lookedSince(t, m.old)
}

func lookedSince(t time.Time, posts map[uint64]post) map[uint64]post {
	kept := map[uint64]post{}
	for h, p := range posts {
		if int64(p.looked) >= t.Unix() {
			kept[h] = p
		}
	}
	return kept
}
