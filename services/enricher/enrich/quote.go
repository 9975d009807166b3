package enrich

import (
	"slices"
	"strings"

	"catsvdogs/services/pipeline/tweet"
)

// wantedMedia are the kinds of media that a rule of the stream asks for; any one of them is enough for it.
func wantedMedia(rule string) []string {
	var kinds []string
	for word := range strings.FieldsFuncSeq(strings.ToLower(rule), func(r rune) bool { return r == ' ' || r == '(' || r == ')' }) {
		switch word {
		case "has:images":
			kinds = append(kinds, tweet.MediaImage)
		case "has:videos", "has:video_link":
			kinds = append(kinds, tweet.MediaVideo)
		case "has:media", "has:media_link":
			kinds = append(kinds, tweet.MediaImage, tweet.MediaVideo)
		}
	}
	return kinds
}

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
