package rollup

import (
	"cmp"
	"slices"
	"strings"
)

// MaxTags bounds the different hashtags of a day. When there are more, the rarest half is dropped, as in lossy counting
// (Manku and Motwani, "Approximate Frequency Counts over Data Streams", VLDB 2002): counts are exact until then, and
// afterwards the count of a tag that has been rare may be too low.
const MaxTags = 10_000

// hashtags counts posts of a day by hashtag, for both views.
type hashtags map[uint32]*tagCount

type tagCount struct {
	name  string
	posts [views]int32
}

// count adds a post with these hashtags; names are those of hashes.
func (h hashtags) count(hashes []uint32, names []string, organic bool) {
	for i, hash := range hashes {
		t := h[hash]
		if t == nil {
			if len(h) >= MaxTags {
				h.prune()
			}
			t = &tagCount{name: strings.Clone(names[i])} // the name is a piece of the record it was read from
			h[hash] = t
		}
		t.posts[All]++
		if organic {
			t.posts[Organic]++
		}
	}
}

// uncount takes a post with these hashtags away.
func (h hashtags) uncount(hashes []uint32, organic bool) {
	for _, hash := range hashes {
		t := h[hash]
		if t == nil {
			continue // pruned
		}
		t.posts[All]--
		if organic {
			t.posts[Organic] = max(0, t.posts[Organic]-1) // it may have been pruned and come back since
		}
		if t.posts[All] <= 0 {
			delete(h, hash)
		}
	}
}

func (h hashtags) prune() {
	counts := make([]int32, 0, len(h))
	for _, t := range h {
		counts = append(counts, t.posts[All])
	}
	slices.Sort(counts)
	median := counts[len(counts)/2]
	for hash, t := range h {
		if t.posts[All] <= median {
			delete(h, hash)
		}
	}
}

// Hashtag is one with its posts.
type Hashtag struct {
	Name  string
	Posts int64
}

// most returns the n most used ones, alphabetically where they are equal.
func (h hashtags) most(n int, v ViewOf) []Hashtag {
	top := make([]Hashtag, 0, n+1)
	for _, t := range h {
		posts := int64(t.posts[v])
		if posts == 0 || len(top) == n && posts < top[n-1].Posts {
			continue
		}
		tag := Hashtag{t.name, posts}
		at, _ := slices.BinarySearchFunc(top, tag, func(a, b Hashtag) int {
			return cmp.Or(cmp.Compare(b.Posts, a.Posts), strings.Compare(a.Name, b.Name))
		})
		top = slices.Insert(top, at, tag)
		top = top[:min(n, len(top))]
	}
	return top
}
