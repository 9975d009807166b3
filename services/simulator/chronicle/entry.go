package chronicle

import (
	"time"

	"catsvdogs/services/pipeline/rule"
	"catsvdogs/services/simulator/world"
)

// Asked is the set of rules that was in force at some time. It never changes.
type Asked struct {
	// Era is what the world is told of them.
	Era *world.Era
	// Matching is how matching_rules shows each, in the order of the rules.
	Matching [][]byte
	// Tags are their tags, in the same order; empty for a rule without one.
	Tags []string

	rules   []*rule.Rule
	byValue map[string]int
}

// NewAsked takes the rules, how each is shown, and the tag of each.
func NewAsked(rules []*rule.Rule, matching [][]byte, tags []string) *Asked {
	a := &Asked{Era: world.NewEra(rules), Matching: matching, Tags: tags, rules: rules, byValue: make(map[string]int, len(rules))}
	for i, r := range rules {
		a.byValue[r.String()] = i
	}
	return a
}

// Empty says that nothing was asked for.
func (a *Asked) Empty() bool { return len(a.rules) == 0 }

// entry is one version of a post.
type entry struct {
	id, first uint64
	at        int64  // nanoseconds since 1970, as all times here
	slot      uint64 // of the origin
	originAt  int64
	// base was in force when the first version was made, judged when this one.
	base, judged *Asked
	matched      uint64          // bit i: rule i of judged matches; the first 64
	chain        []world.Version // all versions when there are several; replaced, never changed
	billed       uint32          // the last UTC day on which it was read
	likes        uint32          // on arrival
	repost       bool
	handed       bool  // this version was given to the stream's client
	seen         bool  // on the first version: some version was
	found        bool  // on the first version: given out by search only
	deleted      int64 // when a fault deleted it; 0 for never
}

func newEntry(p *world.Post, asked *Asked) entry {
	e := entry{
		id: p.ID, first: p.First, at: p.At.UnixNano(), slot: p.Origin.Slot, originAt: p.Origin.At.UnixNano(),
		base: asked, judged: asked, repost: p.Relation == world.Retweets,
		likes: uint32(max(p.Metrics.Likes, 0)),
	}
	for _, i := range p.Matched {
		if i < 64 {
			e.matched |= 1 << i
		}
	}
	if p.IsEdit() {
		e.chain = append(e.chain, p.Versions...)
	}
	return e
}

// latest says that no later version has replaced this one.
func (e *entry) latest() bool { return len(e.chain) == 0 || e.chain[len(e.chain)-1].ID == e.id }

// remake makes the version again, with Matched as it was and the ids of all
// versions that there were by then. The post is valid until the next one.
func (e *entry) remake(by *world.Remaker) *world.Post {
	versions := []world.Version{{ID: e.id, At: time.Unix(0, e.at)}}
	for i, v := range e.chain {
		if v.ID == e.id {
			versions = e.chain[:i+1]
		}
	}
	p := by.Remake(world.Origin{Slot: e.slot, At: time.Unix(0, e.originAt)}, e.base.Era, versions...)
	if p == nil {
		return nil
	}
	for i, r := range e.judged.rules {
		if by.Matches(r, p) {
			p.Matched = append(p.Matched, i)
		}
	}
	return p
}

// matches says whether a rule of anybody's matches the version.
func (e *entry) matches(one *rule.Rule, by *world.Remaker) bool {
	// A query is mostly a rule that was in force, and then the answer is known.
	if i, ok := e.judged.byValue[one.String()]; ok && i < 64 {
		return e.matched>>i&1 == 1
	}
	p := by.Remake(world.Origin{Slot: e.slot, At: time.Unix(0, e.originAt)}, e.base.Era, world.Version{ID: e.first})
	return p != nil && by.Matches(one, p)
}
