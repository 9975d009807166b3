package xstream

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// streamOnly are operators of the stream that recent search does not have (docs.x.com, "Operators" of both). What is
// missing from this list X refuses by itself; those in it save a request.
var streamOnly = []string{
	"sample", "bio", "bio_name", "bio_location", "followers_count", "tweets_count", "following_count", "listed_count",
	"min_followers", "url_title", "url_description", "url_contains", "source", "embedding", "embedding_threshold",
	"from_affiliate_of", "to_affiliate_of",
}

// searchQuery returns the query that finds what a rule matches. The languages are the same but for length and a few
// operators. has:videos and has:video_link are taken by both. Reposts are not found by recent search any more (since May
// 2026), so a rule that matches them cannot be made up for in full.
func searchQuery(rule string, maxCharacters int) (string, error) {
	if n := utf8.RuneCountInString(rule); n > maxCharacters {
		return "", fmt.Errorf("the rule has %d characters, a search takes %d", n, maxCharacters)
	}
	for _, name := range operators(rule) {
		if slices.Contains(streamOnly, name) {
			return "", fmt.Errorf("search does not know the operator %q", name+":")
		}
	}
	return rule, nil
}

// operators returns the names before the colons of a rule, quoted texts left out.
func operators(rule string) []string {
	var names []string
	for i, part := range strings.Split(rule, `"`) {
		if i%2 == 1 {
			continue
		}
		for _, term := range strings.FieldsFunc(part, func(r rune) bool { return r == '(' || r == ')' || r <= ' ' }) {
			if name, _, ok := strings.Cut(strings.TrimPrefix(term, "-"), ":"); ok {
				names = append(names, strings.ToLower(name))
			}
		}
	}
	return names
}
