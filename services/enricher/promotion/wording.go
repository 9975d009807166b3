package promotion

import (
	"strings"
	"unicode/utf8"
)

// offers are phrases of an offer, in lower case.
var offers = [...]string{
	"use code ", "promo code", "discount code", "% off", "free shipping", "link in bio", "limited time offer", "shop now", "order now", "buy now",
}

// Offers counts the different phrases of an offer in a cleaned text, up to SalesTalkOffers.
func Offers(text string) int {
	found := 0
	for _, o := range offers {
		if strings.Contains(text, o) {
			if found++; found == SalesTalkOffers {
				break
			}
		}
	}
	return found
}

// SalesTalkOffers is how many different phrases of an offer make for SalesTalk. One alone also stands in what a happy owner
// writes.
const SalesTalkOffers = 2

// Stuffed says whether a post consists of hashtags. text is cleaned, hashtags are all of the post's, each once; those that
// do not stand in the text are counted as if they stood at its end. The bounds are those of the "many hashtags" rules of
// Bluesky's automod (github.com/bluesky-social/indigo, automod/rules): over 4 tags that make up over 60 % of the text, or,
// where a picture speaks for itself, over 7 tags and over 80 %. A tag that is repeated counts each time.
func Stuffed(text string, hashtags []string, hasMedia bool) bool {
	count, share := 4, 0.6
	if hasMedia {
		count, share = 7, 0.8
	}
	written := strings.Count(text, "#")
	if written <= count && len(hashtags) <= count {
		return false // as nearly every post; it saves the rest
	}
	tags, tagged := 0, 0
	for word := range strings.FieldsSeq(text) {
		for sign := strings.IndexByte(word, '#'); sign >= 0; sign = strings.IndexByte(word, '#') {
			word = word[sign+1:]
			tag, _, _ := strings.Cut(word, "#")
			if tag != "" {
				tags, tagged = tags+1, tagged+1+utf8.RuneCountInString(tag)
			}
		}
	}
	whole := utf8.RuneCountInString(text)
	if len(hashtags) > tags {
		for _, tag := range hashtags[tags:] { // the sources list those of the text first
			n := utf8.RuneCountInString(tag) + len(" #")
			tags, tagged, whole = tags+1, tagged+n, whole+n
		}
	}
	return tags > count && float64(tagged) > share*float64(whole)
}
