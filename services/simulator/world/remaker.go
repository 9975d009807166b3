package world

import (
	"math/rand/v2"
	"time"

	"catsvdogs/services/pipeline/rule"
)

// Origin is where a post comes from: the number of the arrival, beginning with
// 1, and its moment. With the seed, the id and the rules of that moment the
// post can be made from it once more, so nobody needs to keep posts.
type Origin struct {
	Slot uint64
	At   time.Time
}

// Remaker makes posts of a world once more. It is not safe for concurrent use;
// a world can have any number of remakers beside it.
type Remaker struct{ world World }

// Remaker returns one that knows the same seed and the same authors. It may be
// asked for by any goroutine, because none of what it copies ever changes.
func (w *World) Remaker() *Remaker {
	pcg := rand.NewPCG(w.seed, 0)
	rng := rand.New(pcg)
	return &Remaker{World{
		seed: w.seed, rate: w.rate, pcg: pcg, rng: rng, moments: w.moments,
		crowd: crowd{authors: w.crowd.authors, zipf: newZipf(rng)},
	}}
}

// Version is one version of a post: its id and when it was made.
type Version struct {
	ID uint64
	At time.Time
}

// Remake makes a post as it was after the given versions, of which the first is
// the one that the origin tells of; era holds the rules of that moment. The
// post is valid until the next call and has no Matched. nil says that no such
// post was ever made.
func (r *Remaker) Remake(o Origin, era *Era, versions ...Version) *Post {
	w := &r.world
	if o.Slot == 0 || len(versions) == 0 || len(era.rules) == 0 {
		return nil
	}
	w.era, w.slot = era, o.Slot
	w.pcg.Seed(w.seed, mix(o.Slot-1))
	p := w.compose(o, versions[0].ID)
	if p == nil {
		return nil
	}
	for _, v := range versions[1:] {
		p.amend(v.ID, v.At)
	}
	p.Matched = nil
	return p
}

// Matches says whether a rule of anybody's matches a post.
func (r *Remaker) Matches(one *rule.Rule, p *Post) bool { return one.Match(*r.world.judge(p)) }
