// Package rule reads and evaluates the rule language of the X API v2 filtered
// stream: which posts a stream delivers.
//
// A rule is parsed once and matched against many posts:
//
//	r, err := rule.Parse("(#cat OR #kitten) has:images -is:retweet")
//	if r.Match(rule.Post{Text: "…", Hashtags: []string{"cat"}, HasImages: true}) { … }
//
// The language (https://docs.x.com/x-api/posts/filtered-stream/integrate/build-a-rule):
// terms beside each other must all hold (AND), OR binds weaker than AND,
// parentheses group, a leading dash negates one term. Letters match in either
// case, diacritics exactly.
//
// Supported terms: keyword, emoji, "exact phrase", #hashtag, @mention,
// from:, to:, lang:, sample:, min_followers:, has:hashtags, has:images,
// has:links, has:media, has:mentions, has:video_link (alias has:videos),
// is:quote, is:reply, is:retweet, is:verified, -is:nullcast. The remaining
// operators of X are recognised and refused with [ErrUnsupported], so that a
// caller can tell "X may take this, but it cannot be judged here" from a typo.
//
// The package does not fetch, store or send rules, and knows no wire format:
// callers translate a post of their source into [Post].
package rule
