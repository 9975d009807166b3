package world

import (
	"math/rand/v2"
	"slices"
	"strings"

	"catsvdogs/services/pipeline/rule"
)

// theme picks the words a subject is written about with.
type theme uint8

const (
	anything theme = iota
	cats
	dogs
)

var (
	catTags = []string{"cat", "cats", "kitty", "kitten", "kittens", "caturday", "catlover", "gato", "猫", "katze", "chat"}
	dogTags = []string{"dog", "dogs", "doggo", "doggy", "puppy", "puppies", "pup", "doglover", "perro", "犬", "hund", "chien"}
)

// subject is what the posts of one side of the contest are about: hashtags
// that occur together in rules.
type subject struct {
	theme theme
	tags  []string // lower case, the favourite first
}

// subjects are all of them, and the tags they claim.
type subjects struct {
	all     []subject
	claimed map[string]bool
}

// newSubjects groups the rules' hashtags: tags of one rule belong together,
// and so do rules that share a tag. Rules without any hashtag (keywords, users)
// are served by posts about cats and dogs.
func newSubjects(rules []*rule.Rule) subjects {
	s := subjects{claimed: map[string]bool{}}
	group := map[string]int{} // tag to position in lists
	var lists [][]string
	for _, r := range rules {
		tags := r.Hashtags()
		if len(tags) == 0 {
			continue
		}
		home := -1
		for _, tag := range tags {
			if g, ok := group[tag]; ok && (home < 0 || g < home) {
				home = g
			}
		}
		if home < 0 {
			home = len(lists)
			lists = append(lists, nil)
		}
		for _, tag := range tags {
			g, ok := group[tag]
			if ok && g != home { // this rule joins two groups into one
				for _, moved := range lists[g] {
					group[moved] = home
				}
				lists[home] = append(lists[home], lists[g]...)
				lists[g] = nil
			} else if !ok {
				group[tag] = home
				lists[home] = append(lists[home], tag)
			}
		}
	}
	for _, tags := range lists {
		if len(tags) > 0 {
			s.all = append(s.all, subject{theme: themeOf(tags), tags: tags})
		}
	}
	if len(s.all) == 0 {
		s.all = []subject{{theme: cats, tags: catTags[:4]}, {theme: dogs, tags: dogTags[:5]}}
	}
	for _, sub := range s.all {
		for _, tag := range sub.tags {
			s.claimed[tag] = true
		}
	}
	return s
}

func themeOf(tags []string) theme {
	for _, tag := range tags {
		switch {
		case slices.Contains(catTags, tag):
			return cats
		case slices.Contains(dogTags, tag):
			return dogs
		}
	}
	return anything
}

// pick draws a subject as the rhythm favours them at a moment.
func (s *subjects) pick(rng *rand.Rand, r rhythm, at float64) *subject {
	var few [8]float64 // a contest has two or three sides, so this allocates nothing
	weights, total := few[:0], 0.0
	for i := range s.all {
		weights = append(weights, r.favour(at, i, len(s.all)))
		total += weights[i]
	}
	x := rng.Float64() * total
	for i, weight := range weights {
		if x -= weight; x < 0 {
			return &s.all[i]
		}
	}
	return &s.all[len(s.all)-1]
}

// tag draws one of the subject's hashtags: the k-th is 1/k as frequent as the
// first.
func (s *subject) tag(rng *rand.Rand) string {
	total := 0.0
	for k := range s.tags {
		total += 1 / float64(k+1)
	}
	x := rng.Float64() * total
	for k, tag := range s.tags {
		if x -= 1 / float64(k+1); x < 0 {
			return tag
		}
	}
	return s.tags[0]
}

// written is a tag as people type it: mostly lower case, sometimes Capitalised.
func written(rng *rand.Rand, tag string) string {
	if rng.IntN(8) != 0 || tag == "" || tag[0] < 'a' || tag[0] > 'z' {
		return tag
	}
	return strings.ToUpper(tag[:1]) + tag[1:]
}
