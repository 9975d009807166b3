package bluesky

import (
	"strings"

	"catsvdogs/services/pipeline/rule"
)

// RulePost is what the rules of a contest look at in the post of an event; only for an event with a Post.
//
// Not everything that X's rules ask for is known here. Names of users are not in the stream, so from:, to: and @ match
// nothing, and of a quoted post only that there is one, so operators on content look at the post itself alone.
func (e *Event) RulePost() rule.Post {
	p := e.Post
	return rule.Post{
		Text: p.Text, Lang: p.Lang, Hashtags: p.Hashtags, Mentions: p.Mentions, AuthorID: e.DID,
		HasImages: p.Images, HasVideos: p.Videos, HasGIFs: p.GIFs, HasLinks: len(p.Links) > 0,
		IsReply: p.Reply, IsQuote: p.Quote, Bucket: rule.Bucket(e.URI()),
	}
}

// langAsOnX writes a language tag (BCP 47) as X does, so that a rule or a chart means the same for both: the language
// alone, older codes for two of them, and Chinese by its script. What is no such tag becomes "".
func langAsOnX(tag string) string {
	subtags := strings.Split(strings.ToLower(strings.ReplaceAll(tag, "_", "-")), "-")
	language := subtags[0]
	if len(language) < 2 || len(language) > 8 || strings.Trim(language, "abcdefghijklmnopqrstuvwxyz") != "" {
		return ""
	}
	switch language {
	case "he":
		return "iw"
	case "id":
		return "in"
	case "nb", "nn":
		return "no"
	case "zh":
		for _, s := range subtags[1:] {
			switch s {
			case "hans", "cn", "sg":
				return "zh-CN"
			case "hant", "tw", "hk", "mo":
				return "zh-TW"
			}
		}
	}
	return language
}
