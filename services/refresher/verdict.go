package refresher

import (
	"slices"
	"strconv"
	"time"

	"catsvdogs/services/pipeline/topic"
	"catsvdogs/services/pipeline/tweet"
	"catsvdogs/services/pipeline/xapi"
	"catsvdogs/services/refresher/agenda"
)

// asked is what a request asks for.
type asked struct {
	looks []agenda.Post[uint64]
	// controls are versions of posts that were there not long ago. What is said of them says how far the answer can be
	// believed, and nothing else is made of it.
	controls []uint64
}

// ids are those of all versions that are asked for.
func (a asked) ids() []string {
	ids := make([]string, 0, len(a.looks)+len(a.controls))
	for _, p := range a.looks {
		ids = append(ids, text(p.Version))
	}
	for _, version := range a.controls {
		ids = append(ids, text(version))
	}
	return ids
}

func text(id uint64) string { return strconv.FormatUint(id, 10) }

// verdict is what an answer means for one post.
type verdict struct {
	post    agenda.Post[uint64]
	outcome string
	record  *tweet.Raw // to be written; nil for none
	newer   uint64     // the version that is to be asked for, when outdated
	counts  tweet.Metrics
}

const (
	// doubtTries is how often an answer that nothing speaks against is doubted.
	doubtTries = 3
	// maxControls is how many posts are asked for again beside those that an answer was not believed about.
	maxControls = 5
)

// doubts remembers which posts were said to be gone by answers that were not believed. An outage at the other side may
// look like that, and must not empty the index: if more than half of the posts of an answer are gone, however few they are,
// they are asked for again after a while, together with posts that were there just before. They are taken for gone when
// most of those are found; where there are none such, when the third answer still says so.
//
// For one goroutine.
type doubts map[uint64]int // posts, and how many answers have said so

// judge says what an answer means. at is when it came, sent when it was asked for. traceparent makes one for each record.
func (d doubts) judge(a asked, l xapi.Looked, rules func(uint32) []tweet.MatchedRule, source string, sent, at time.Time, traceparent func() string) []verdict {
	found, missing := map[string]*xapi.Post{}, map[string]xapi.Missing{}
	for i := range l.Found {
		found[l.Found[i].ID] = &l.Found[i]
	}
	gone := 0
	for _, m := range l.Missing {
		if m.Gone() {
			missing[m.ID] = m
			gone++
		}
	}
	total := len(a.looks) + len(a.controls)
	doubtful := 2*gone > total
	lost := 0
	for _, c := range a.controls {
		if found[text(c)] == nil {
			lost++
		}
	}
	out := make([]verdict, 0, len(a.looks))
	for _, p := range a.looks {
		v := verdict{post: p, outcome: unanswered}
		raw := tweet.Raw{Key: []byte(text(p.Key)), Source: source, Schema: tweet.SchemaX}
		post, m := found[text(p.Version)], missing[text(p.Version)]
		switch {
		case post != nil:
			delete(d, p.Key)
			line := post.Line(nil)
			if post.First != text(p.Key) || len(line) > topic.MaxLineBytes {
				break // no document of this post could come of it
			}
			if v.newer = newest(post, p.Version); v.newer != 0 {
				v.outcome = outdated
				break
			}
			v.outcome = refreshed
			raw.Kind, raw.Value, raw.ObservedAt = tweet.KindRefresh, line, stamp(p, sent)
			raw.MatchedRules, raw.Earlier = rules(p.Rules), earlierOf(p)
			v.record, v.counts = &raw, metricsOf(raw.Value)
		case m.ID == "":
		case d.believes(p.Key, doubtful, len(a.controls), lost):
			delete(d, p.Key)
			v.outcome = deleted
			raw.Kind, raw.Value, raw.ObservedAt = tweet.KindDelete, m.Problem, stamp(p, at)
			if raw.Value == nil {
				raw.Value = []byte(`{"type":` + strconv.Quote(m.Type) + `}`)
			}
			v.record = &raw
		default:
			d[p.Key]++
			v.outcome = doubted
		}
		if v.record != nil {
			v.record.Traceparent = traceparent()
		}
		out = append(out, v)
	}
	return out
}

// stamp is agenda.Post's Stamp of a time, which stays as precise as it is.
func stamp[K agenda.Key](p agenda.Post[K], at time.Time) time.Time {
	if ms := at.UnixMilli(); p.Stamp(ms) != ms {
		return time.UnixMilli(p.Stamp(ms)).UTC()
	}
	return at
}

// believes says whether a post is taken for gone.
func (d doubts) believes(key uint64, doubtful bool, controls, lost int) bool {
	switch before := d[key]; {
	case controls > 0 && 2*lost >= controls:
		return false
	case !doubtful:
		return true
	case before > 0 && controls > 0:
		return true
	default:
		return before+1 >= doubtTries
	}
}

// newest returns the newest version that the answer tells of, when it is newer than the one that was asked for; otherwise 0.
func newest(p *xapi.Post, version uint64) uint64 {
	last := version
	for _, v := range p.Versions {
		if n, err := id(v); err == nil {
			last = max(last, n)
		}
	}
	if last == version {
		return 0
	}
	return last
}

// controls are posts that were found lately, the newest last. For one goroutine.
type controls struct {
	versions []uint64
	found    []time.Time
}

// controlsFresh is how long a post that was found is good as a control.
const controlsFresh = 10 * time.Minute

func (c *controls) note(version uint64, at time.Time) {
	if i := slices.Index(c.versions, version); i >= 0 {
		c.versions, c.found = slices.Delete(c.versions, i, i+1), slices.Delete(c.found, i, i+1)
	}
	if len(c.versions) == maxControls {
		c.versions, c.found = slices.Delete(c.versions, 0, 1), slices.Delete(c.found, 0, 1)
	}
	c.versions, c.found = append(c.versions, version), append(c.found, at)
}

// pick returns those that are fresh, cost nothing to read again, and are not among the looks. It takes none within a minute
// of midnight, after which X bills anew.
func (c *controls) pick(looks []agenda.Post[uint64], now time.Time) (out []uint64) {
	if now.Add(time.Minute).UTC().Day() != now.UTC().Day() {
		return nil
	}
	for i, version := range c.versions {
		fresh := now.Sub(c.found[i]) < controlsFresh && c.found[i].Add(-time.Minute).UTC().Day() == now.UTC().Day()
		if fresh && !slices.ContainsFunc(looks, func(p agenda.Post[uint64]) bool { return p.Version == version }) {
			out = append(out, version)
		}
	}
	return out
}
