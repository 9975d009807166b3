package rollup

import (
	"hash/maphash"
	"slices"
)

const (
	// usualTags is how many hashtags a post has room for on average; a generation of posts with more holds fewer of them.
	usualTags = 4
	// tagCountBits is the room for the number of hashtags of a post.
	tagCountBits = 4
)

// memory remembers the posts of one partition in two generations. When the younger one is full, the older one is
// dropped: what is looked at again stays, and the bound holds without any bookkeeping per post.
//
// A look at a post that is not remembered, and that arrived no later than the newest one that was dropped, may be one
// that has been counted already. It is passed over: so numbers never count a post twice, and a late edit or deletion of
// a forgotten post is lost. Each partition has its own memory because at the start one is read far ahead of another, and
// what it drops says nothing about the others.
type memory struct {
	young, old generation
	horizon    int64 // Unix seconds: the newest arrival among those dropped
}

// generation holds posts by the hash of their ids. Ids are hashed with a seed of this process, so that nobody can choose
// ids that collide; at 4 million posts the chance of any collision is below one in a million.
type generation struct {
	posts  map[uint64]contribution
	tags   []uint32 // hashes of the hashtags of all posts
	newest int64    // arrival, Unix seconds
}

func newGeneration() generation { return generation{posts: map[uint64]contribution{}} }

func newMemory() *memory { return &memory{young: newGeneration(), old: newGeneration()} }

// tagsOf is where the post's hashtags stand.
func (g *generation) tagsOf(c contribution) []uint32 {
	from, n := c.tags>>tagCountBits, c.tags&(1<<tagCountBits-1)
	return g.tags[from : from+n]
}

// keepTags returns what tagsOf needs to find them again.
func (g *generation) keepTags(tags []uint32) uint32 {
	if len(tags) == 0 {
		return 0
	}
	from := uint32(len(g.tags))
	g.tags = append(g.tags, tags...)
	return from<<tagCountBits | uint32(len(tags))
}

// find returns the post and its hashtags. They are valid until the next keep.
func (m *memory) find(post uint64) (c contribution, tags []uint32, known bool) {
	if c, known = m.young.posts[post]; known {
		return c, m.young.tagsOf(c), true
	}
	if c, known = m.old.posts[post]; known {
		return c, m.old.tagsOf(c), true
	}
	return c, nil, false
}

// keep remembers the post. A generation holds at most bound of them. now, in Unix seconds, bounds what a wrong clock can
// do: a post from the future must not make everything until then look forgotten.
func (m *memory) keep(post uint64, c contribution, tags []uint32, bound int, now int64) {
	before, there := m.young.posts[post]
	// The second condition bounds what many hashtags take, and what those of posts that are looked at again and again
	// leave behind.
	if !there && len(m.young.posts) >= bound || len(m.young.tags) >= bound*usualTags {
		m.horizon = max(m.horizon, m.old.newest)
		m.old, m.young = m.young, newGeneration()
		there = false
	}
	if there && slices.Equal(tags, m.young.tagsOf(before)) {
		c.tags = before.tags
	} else {
		c.tags = m.young.keepTags(tags)
	}
	m.young.posts[post] = c
	if c.is(placed) {
		m.young.newest = max(m.young.newest, min(int64(c.arrived), now))
	}
}

// forgets says whether a post that arrived then, and is not remembered, may have been counted.
func (m *memory) forgets(arrived uint32) bool { return m.horizon > 0 && int64(arrived) <= m.horizon }

// dropBefore drops the posts that nobody has looked at since t, in Unix seconds, and gives their room back.
func (m *memory) dropBefore(t int64) {
	for _, g := range []*generation{&m.young, &m.old} {
		kept := newGeneration()
		kept.newest = g.newest
		for post, c := range g.posts {
			if c.lookedAt() < t {
				continue
			}
			c.tags = kept.keepTags(g.tagsOf(c))
			kept.posts[post] = c
		}
		*g = kept
	}
}

// hasher turns names into numbers.
type hasher struct{ seed maphash.Seed }

func newHasher() hasher { return hasher{maphash.MakeSeed()} }

func (h hasher) post(id string) uint64 { return maphash.String(h.seed, id) }

func (h hasher) tag(name string) uint32 { return uint32(maphash.String(h.seed, name)) }
