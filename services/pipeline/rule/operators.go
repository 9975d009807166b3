package rule

// op is what a node does. The order carries no meaning.
type op uint8

const (
	opAnd op = iota
	opOr
	opPhrase // keyword, emoji, "exact phrase"
	opHashtag
	opMention
	opFrom
	opTo
	opMinFollowers
	opLang
	opSample
	opHasHashtags
	opHasImages
	opHasLinks
	opHasMedia
	opHasMentions
	opHasVideos
	opIsQuote
	opIsReply
	opIsRetweet
	opIsVerified
	opIsNullcast
)

// standalone operators may carry a rule alone; the others only narrow one.
// https://docs.x.com/x-api/posts/filtered-stream/integrate/operators
func (o op) standalone() bool {
	switch o {
	case opPhrase, opHashtag, opMention, opFrom, opTo:
		return true
	default:
		return false
	}
}

// flag gives the operators that are written out in full, such as has:images.
func flag(name string) (op, bool) {
	switch name {
	case "has:hashtags":
		return opHasHashtags, true
	case "has:images":
		return opHasImages, true
	case "has:links":
		return opHasLinks, true
	case "has:media":
		return opHasMedia, true
	case "has:mentions":
		return opHasMentions, true
	case "has:video_link", "has:videos": // has:videos: the name until August 2022, still taken
		return opHasVideos, true
	case "is:quote":
		return opIsQuote, true
	case "is:reply":
		return opIsReply, true
	case "is:retweet":
		return opIsRetweet, true
	case "is:verified":
		return opIsVerified, true
	case "is:nullcast":
		return opIsNullcast, true
	default:
		return 0, false
	}
}

// elsewhere says that X has an operator of this name (before the colon, or
// written out) which this package does not judge.
func elsewhere(name string) bool {
	switch name {
	case "retweets_of", "from_affiliate_of", "to_affiliate_of",
		"url", "url_title", "url_description", "url_contains",
		"context", "entity", "conversation_id",
		"bio", "bio_name", "bio_location",
		"place", "place_country", "point_radius", "bounding_box",
		"has:cashtags", "has:geo",
		"followers_count", "tweets_count", "following_count", "listed_count",
		"in_reply_to_tweet_id", "retweets_of_tweet_id", "source",
		"embedding", "embedding_threshold":
		return true
	default:
		return false
	}
}

// language says whether lang: takes the code (in lower case).
func language(code string) bool {
	switch code {
	case "am", "ar", "hy", "eu", "bn", "bg", "ca", "hr", "cs", "da", "nl", "en", "et", "fi", "fr", "de", "ka",
		"el", "gu", "iw", "hi", "hu", "in", "it", "ja", "kn", "ko", "lv", "lt", "ml", "mr", "no", "fa", "pl",
		"pt", "ro", "ru", "sr", "zh-cn", "sk", "sl", "es", "sv", "ta", "te", "th", "zh-tw", "tr", "uk", "ur", "vi":
		return true
	default:
		return false
	}
}

// stopword says whether X ignores the word in a rule, so that it cannot carry
// one. https://docs.x.com/x-api/posts/search/integrate/build-a-query (stop words)
func stopword(word string) bool {
	switch word {
	case "a", "an", "and", "at", "but", "by", "com", "from", "http", "https", "if", "in", "is", "it", "its",
		"me", "my", "or", "rt", "the", "this", "to", "too", "via", "we", "www", "you":
		return true
	default:
		return false
	}
}
