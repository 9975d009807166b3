package enrich

import (
	"unicode/utf8"

	"catsvdogs/services/enricher/enrich/strictjson"
	"catsvdogs/services/pipeline/delivery"
	"catsvdogs/services/pipeline/tweet"
)

// xReader reads one line after the other into the same room. A line and its lists are there until the next one is read; strings
// stay. Half of what enriching a post allocated was room for its line.
type xReader struct {
	strictjson.Reader
	line      xLine
	post      xPost
	media     room[xMedia]
	users     room[xUser]
	rules     room[tweet.MatchedRule]
	relations room[xRelation]
	hashtags  room[xHashtag]
	spans     room[xSpan]
	urls      room[xURL]
	strings   room[string]
}

// keepReader bounds, in bytes, the lines whose reader is kept for others, so that one hostile line does not take its room for
// good. Lines of X have some two thousand.
const keepReader = 64 << 10

// parse reads a line. Whatever is wrong with it is a refusal, because the same bytes would be wrong again.
func (r *xReader) parse(value []byte) (*xLine, error) {
	// What is not UTF-8 is not JSON, and in a document it could only stand as U+FFFD, which changes what the author wrote.
	if !utf8.Valid(value) {
		return nil, delivery.Refuse("invalid_utf8", "the line is not valid UTF-8, as JSON must be (RFC 8259, section 8.1)")
	}
	r.reset(value)
	r.line.read(r)
	if err := r.End(); err != nil {
		return nil, delivery.Refuse("invalid_json", "%v", err)
	}
	if err := r.Mismatch(); err != nil {
		return nil, delivery.Refuse("unexpected_type", "a field is not of the type that X documents: %v", err)
	}
	if r.line.Data == nil {
		return nil, delivery.Refuse("not_a_post", "the message has no data object")
	}
	return &r.line, r.line.Data.check()
}

func (r *xReader) reset(value []byte) {
	r.Reset(value)
	r.line = xLine{}
	r.media, r.users, r.rules, r.relations = r.media[:0], r.users[:0], r.rules[:0], r.relations[:0]
	r.hashtags, r.spans, r.urls, r.strings = r.hashtags[:0], r.spans[:0], r.urls[:0], r.strings[:0]
}

// room is where the lists of a line are, one behind the other.
type room[T any] []T

// list reads the elements of an array; nil for any other value.
func (l *room[T]) list(r *xReader, read func(*T, *xReader)) []T {
	if !r.Array() {
		return nil
	}
	from := len(*l)
	for r.Element() {
		*l = append(*l, *new(T))
		read(&(*l)[len(*l)-1], r)
	}
	if from == len(*l) {
		return []T{}
	}
	return (*l)[from:len(*l):len(*l)]
}
