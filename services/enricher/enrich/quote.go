package enrich

import (
	"slices"
	"strings"

	"catsvdogs/services/pipeline/tweet"
)

// wantedMedia are the kinds of media that a rule of the stream asks for; any one of them is enough for it. It is nil for a
// rule that may match without: one with alternatives of which some ask for no media.
func wantedMedia(rule string) []string {
	var kinds []string
	groups := []group{{}}
	for word := range strings.FieldsSeq(strings.NewReplacer("(", " ( ", ")", " ) ").Replace(strings.ToLower(rule))) {
		inner := &groups[len(groups)-1]
		switch word {
		case "(":
			groups = append(groups, group{})
		case ")":
			if inner.undecided() || len(groups) == 1 {
				return nil
			}
			groups = groups[:len(groups)-1]
			if inner.media {
				groups[len(groups)-1].media = true
			} else {
				groups[len(groups)-1].others = true
			}
		case "or":
			inner.alternatives = true
		case "has:images":
			inner.media, kinds = true, append(kinds, tweet.MediaImage)
		case "has:videos", "has:video_link":
			inner.media, kinds = true, append(kinds, tweet.MediaVideo)
		case "has:media", "has:media_link":
			inner.media, kinds = true, append(kinds, tweet.MediaImage, tweet.MediaVideo)
		default:
			inner.others = true
		}
	}
	if groups[0].undecided() {
		return nil
	}
	return kinds
}

// group is what stands within one pair of brackets of a rule, or outside of all.
type group struct{ alternatives, media, others bool }

// undecided says that media are one alternative among others.
func (g group) undecided() bool { return g.alternatives && g.media && g.others }

// mediaOfQuote says whether a post matched only because of what the post shows that it quotes: rules look at both posts as
// one (docs.x.com, filtered stream, build a rule). That is so when it quotes and every rule that it matched asks for media
// that it does not carry.
func (e *Enricher) mediaOfQuote(p *post, matched []tweet.MatchedRule) bool {
	if p.kind != tweet.KindQuote || p.unknownMedia || len(matched) == 0 {
		return false
	}
	for _, r := range matched {
		wanted := e.mediaByTag[r.Tag]
		if len(wanted) == 0 || slices.ContainsFunc(wanted, func(kind string) bool { return slices.Contains(p.media, kind) }) {
			return false
		}
	}
	return true
}
