package rule

// Post is what the operators look at. The zero value is a post that no
// operator matches. Slices are only read, so one Post may be matched by many
// rules and goroutines at once.
type Post struct {
	// Text is the post as written, UTF-8, in the author's own case.
	Text string
	// Lang is the BCP 47 tag the source gave the text ("en", "zh-CN").
	Lang string
	// Hashtags are lower case, without '#'.
	Hashtags []string
	// Mentions are user names in lower case, without '@'.
	Mentions []string

	// Author is the author's user name in lower case, without '@'.
	Author string
	// AuthorID is the author's numeric id, which from: takes too.
	AuthorID string
	// InReplyTo is the user name in lower case that the post replies to.
	InReplyTo string
	// Followers is how many users follow the author.
	Followers int
	// IsVerified says that the author is verified.
	IsVerified bool

	// HasImages is true with at least one photo.
	HasImages bool
	// HasVideos is true with at least one video (not an animated GIF).
	HasVideos bool
	// HasGIFs is true with at least one animated GIF: has:media only.
	HasGIFs bool
	// HasLinks is true with a URL in the text; X counts media links too.
	HasLinks bool

	IsRetweet  bool // IsRetweet: a repost of another post.
	IsReply    bool // IsReply: an answer to another post.
	IsQuote    bool // IsQuote: a comment on another post.
	IsNullcast bool // IsNullcast: shown as an advertisement only.

	// Bucket, 0 to 99, places the post in the samples of sample:, see [Bucket].
	Bucket uint8

	// Quoted is the quoted post or nil. Operators on content (words, hashtags,
	// mentions, has:) match either of the two; a Quoted of it is not followed.
	// https://docs.x.com/x-api/posts/filtered-stream/integrate/build-a-rule#quote-tweet-matching
	Quoted *Post
}

// Bucket spreads post ids evenly over 0 to 99: sample:N takes the posts whose
// bucket is below N. It depends on the id alone, so a post is in or out of a
// sample for ever, and sample:10 is a part of sample:20. Give it the first id
// of an edit history, or an edit could fall out of the sample of its post.
func Bucket(id string) uint8 {
	// FNV-1a, then the finaliser of MurmurHash3: the low bits of FNV alone
	// follow the last digits of an id too closely.
	h := uint64(14695981039346656037)
	for i := range len(id) {
		h ^= uint64(id[i])
		h *= 1099511628211
	}
	h ^= h >> 33
	h *= 0xff51afd7ed558ccd
	h ^= h >> 33
	h *= 0xc4ceb9fe1a85ec53
	h ^= h >> 33
	return uint8(h % 100)
}
