package rollup

import (
	"hash/maphash"
	"slices"
)

// usualPartitions is among how many partitions the memory is shared out at least.
const usualPartitions = 12

// memory remembers the posts that arrived last: of each partition as many as fit into its share, by whole minutes. When
// there is one too many, the partition's oldest minute is forgotten. So what is remembered follows from what stands in the
// partition's log and from nothing else: not from when the process began, nor from how far another partition has been read.
//
// A look at a post that is not remembered, and that arrived in a minute which is forgotten, may be one that has been
// counted already. It is passed over: numbers never count a post twice, and a late edit or deletion of a forgotten post is
// lost.
//
// Posts are found by id whatever partition they are read from, because keys move when a topic is given more partitions.
type memory struct {
	posts table
	tags  tagStore
	share int // posts of a partition
	rooms map[uint16]*room
}

// room is what a partition takes of the memory.
type room struct {
	forgotten int64         // Unix minute: this one and all before it are forgotten; 0 for none
	minutes   []minuteCount // of what is remembered, oldest first
	posts     int
}

type minuteCount struct {
	minute uint32
	posts  int32
}

func newMemory(posts int) *memory {
	m := &memory{rooms: map[uint16]*room{}}
	m.shareAmong(posts, usualPartitions)
	return m
}

func (m *memory) shareAmong(posts, partitions int) {
	m.share = max(1, posts/max(usualPartitions, partitions))
}

func (m *memory) roomOf(partition uint16) *room {
	r := m.rooms[partition]
	if r == nil {
		r = &room{}
		m.rooms[partition] = r
	}
	return r
}

// find returns the post and its hashtags. They are valid until the next keep.
func (m *memory) find(post uint64) (c contribution, tags []uint32, known bool) {
	found := m.posts.find(post)
	if found == nil || m.hasForgotten(found.partition, found.minute()) {
		return c, nil, false
	}
	return *found, m.tags.of(found.tags), true
}

// hasForgotten says whether posts of the partition that arrived in the minute are forgotten.
func (m *memory) hasForgotten(partition uint16, minute int64) bool {
	r := m.rooms[partition]
	return r != nil && minute <= r.forgotten
}

// keep remembers the post. now is in Unix seconds.
func (m *memory) keep(post uint64, c contribution, tags []uint32, now int64) {
	before := m.posts.find(post)
	if before != nil && !m.hasForgotten(before.partition, before.minute()) {
		m.roomOf(before.partition).add(before.minute(), -1)
	}
	r := m.roomOf(c.partition)
	if c.minute() <= r.forgotten || !r.makeRoom(c.minute(), m.share, now/60) {
		if before != nil { // to be found as forgotten, or not at all
			*before = contribution{tags: m.tags.replace(before.tags, nil), partition: before.partition}
		}
		return
	}
	r.add(c.minute(), 1)
	if before == nil {
		// What is forgotten is swept out together: one by one it would have to be found first.
		if m.posts.len() >= m.bound() {
			m.sweep(func(contribution) bool { return false })
		}
		before = m.posts.insert(post)
	}
	c.tags = m.tags.replace(before.tags, tags)
	*before = c
}

// bound is how many posts there may be before those that are forgotten are swept out.
func (m *memory) bound() int { return m.share*max(usualPartitions, len(m.rooms))*9/8 + 1024 }

// makeRoom forgets the oldest minutes until one post more fits, and says whether it does. The newest minute that has posts
// is never forgotten, because more of it are to come: what does not fit into it is counted and not remembered. Neither is
// the running one: a post from the future must not make the present look forgotten.
func (r *room) makeRoom(minute int64, share int, now int64) bool {
	for r.posts >= share {
		oldest := int64(r.minutes[0].minute)
		last := min(max(minute, int64(r.minutes[len(r.minutes)-1].minute)), now)
		if minute < oldest && minute < last {
			r.forgotten = minute
			return false
		}
		if oldest >= last {
			return false
		}
		r.posts -= int(r.minutes[0].posts)
		r.minutes = r.minutes[1:]
		r.forgotten = oldest
	}
	return true
}

func (r *room) add(minute int64, posts int32) {
	r.posts += int(posts)
	at, there := slices.BinarySearchFunc(r.minutes, uint32(minute), func(m minuteCount, minute uint32) int { return int(m.minute) - int(minute) })
	if !there {
		r.minutes = slices.Insert(r.minutes, at, minuteCount{minute: uint32(minute)})
	}
	if r.minutes[at].posts += posts; r.minutes[at].posts == 0 {
		r.minutes = slices.Delete(r.minutes, at, at+1)
	}
}

// settled is before which Unix second no post of some partition is remembered; 0 while all are.
func (m *memory) settled() (second int64) {
	for _, r := range m.rooms {
		if r.forgotten > 0 {
			second = max(second, (r.forgotten+1)*60)
		}
	}
	return second
}

// remembered is how many posts are.
func (m *memory) remembered() (n int) {
	for _, r := range m.rooms {
		n += r.posts
	}
	return n
}

// dropBefore drops the posts that nobody has looked at since t, in Unix seconds, and gives their room back.
func (m *memory) dropBefore(t int64) {
	m.sweep(func(c contribution) bool { return c.lookedAt() < t })
}

// sweep removes what is forgotten, and what old says is no longer needed.
func (m *memory) sweep(old func(contribution) bool) {
	m.posts.keepOnly(func(c *contribution) bool {
		forgotten := m.hasForgotten(c.partition, c.minute()) || c.version == 0
		if !forgotten && !old(*c) {
			return true
		}
		if !forgotten {
			m.roomOf(c.partition).add(c.minute(), -1)
		}
		m.tags.replace(c.tags, nil)
		return false
	})
}

// hasher turns names into numbers. Ids are hashed with a seed of this process, so that nobody can choose ids that collide;
// at a million posts the chance of any collision is below one in ten million.
type hasher struct{ seed maphash.Seed }

func newHasher() hasher { return hasher{maphash.MakeSeed()} }

func (h hasher) post(id string) uint64 { return maphash.String(h.seed, id) }

func (h hasher) tag(name string) uint32 { return uint32(maphash.String(h.seed, name)) }
