// Package tweet holds the two records of the pipeline, the raw line in tweets.raw and the enriched document in
// tweets.enriched, and their codec. The JSON Schemas in schemas/ describe the same records; tests here fail when type
// and schema drift apart. Nothing here does I/O.
package tweet

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"catsvdogs/services/pipeline/topic"
)

// Schema headers of raw records.
const (
	SchemaX       = "x.tweet.v2"           // a line as X's filtered stream sends it (schemas/x-tweet.v2.json)
	SchemaBluesky = "bluesky.jetstream.v1" // an event as Jetstream's /subscribe sends it (package pipeline/bluesky)
)

// Sources of posts, as they stand in the source header and in documents.
const (
	SourceX         = "x"
	SourceBluesky   = "bluesky"
	SourceSimulator = "simulator" // made up; shown to people as simulated
)

// Kind says why a raw record was written.
type Kind string

// Kinds of raw records.
const (
	KindStream Kind = "stream" // a line that a stream delivered
	// KindDelete says that the post that is the key is gone at its source. The value is what the source said, which
	// may have been about more than this post.
	KindDelete Kind = "delete"
	// KindRefresh is a later look at a post that was delivered before: its value is a line like the stream's, put together
	// from the answer to a look-up. On Bluesky, which has none, it is the event that brought the post, once more.
	KindRefresh Kind = "refresh"
	// KindGap says that posts are missing which the source would not give any more. The value says which; there is no
	// key.
	KindGap Kind = "gap"
)

// headerMatchedRules holds the rules that ingest has matched, a JSON array of objects with id and tag, for sources that
// match none themselves. It is the record's own truth, as X's matching_rules is: a later change of the contest does not
// change what a post was delivered for.
const headerMatchedRules = "matched_rules"

// Headers that say how a record was read; schemas/raw-tweet.v1.json describes them.
const (
	headerFill   = "gap_fill"
	headerSample = "sample"
	headerSince  = "gap_since"
)

// Header is one header of a Kafka record. Both clients have a type of their own with these fields.
type Header struct {
	Key   string
	Value []byte
}

// Truncation tells of a line that was longer than topic.MaxLineBytes: what is left of it is its first part.
type Truncation struct {
	Length int64  // bytes of the whole line
	SHA256 string // of the whole line, 64 hexadecimal digits
}

// Raw is a record of tweets.raw. Value is the line as the source sent it, without its line end.
type Raw struct {
	Key         []byte // id of the post's first version; nil when the line has none
	Value       []byte
	Source      string
	Schema      string
	ObservedAt  time.Time
	Kind        Kind
	Traceparent string // W3C Trace Context, version 00
	Truncated   *Truncation
	// MatchedRules are those that ingest has matched; nil where the source says in Value what it has matched.
	MatchedRules []MatchedRule
	// Fill says how a post was read that the stream did not deliver, such as recent-search; "" for the stream.
	Fill string
	// Sample is the share of the posts that was read, in percent, when it was not all of them; 0 for all.
	Sample int
	// Since is the id after which posts may still have been missing when the record was read: whoever goes on from this
	// record goes on from there. "" when none were.
	Since string
	// Earlier and Counts are of KindRefresh only; Counts is nil where Value holds the counts.
	Earlier *Earlier
	Counts  *Metrics
}

// Headers returns the record's headers in a fixed order.
func (r *Raw) Headers() []Header {
	h := []Header{
		{topic.HeaderSource, []byte(r.Source)},
		{topic.HeaderSchema, []byte(r.Schema)},
		{topic.HeaderObservedAt, []byte(r.ObservedAt.UTC().Format(time.RFC3339Nano))},
		{topic.HeaderKind, []byte(r.Kind)},
		{topic.HeaderTraceparent, []byte(r.Traceparent)},
	}
	if r.Truncated != nil {
		h = append(h,
			Header{topic.HeaderTruncatedLength, strconv.AppendInt(nil, r.Truncated.Length, 10)},
			Header{topic.HeaderTruncatedSHA256, []byte(r.Truncated.SHA256)})
	}
	if r.MatchedRules != nil {
		rules, _ := json.Marshal(r.MatchedRules) // strings alone cannot fail
		h = append(h, Header{headerMatchedRules, rules})
	}
	if r.Earlier != nil {
		earlier, _ := json.Marshal(r.Earlier) // times of this age and numbers cannot fail
		h = append(h, Header{headerEarlier, earlier})
	}
	if r.Counts != nil {
		counts, _ := json.Marshal(r.Counts)
		h = append(h, Header{headerCounts, counts})
	}
	if r.Fill != "" {
		h = append(h, Header{headerFill, []byte(r.Fill)})
	}
	if r.Sample != 0 {
		h = append(h, Header{headerSample, strconv.AppendInt(nil, int64(r.Sample), 10)})
	}
	if r.Since != "" {
		h = append(h, Header{headerSince, []byte(r.Since)})
	}
	return h
}

// ErrHeaders is wrapped by the errors of ParseRaw.
var ErrHeaders = errors.New("headers of a raw record")

// ParseRaw puts a record of tweets.raw together from its parts. Unknown headers are passed over, so that a newer
// ingest can run before an older enricher. Key and value are kept, not copied.
func ParseRaw(key, value []byte, headers func(yield func(Header) bool)) (Raw, error) {
	r := Raw{Key: key, Value: value, Kind: KindStream}
	var err error
	for h := range headers {
		v := string(h.Value)
		switch h.Key {
		case topic.HeaderSource:
			r.Source = v
		case topic.HeaderSchema:
			r.Schema = v
		case topic.HeaderObservedAt:
			r.ObservedAt, err = ParseObserved(v)
		case topic.HeaderKind:
			r.Kind = Kind(v)
		case topic.HeaderTraceparent:
			r.Traceparent = v
		case topic.HeaderTruncatedLength:
			if r.Truncated == nil {
				r.Truncated = new(Truncation)
			}
			r.Truncated.Length, err = strconv.ParseInt(v, 10, 64)
		case topic.HeaderTruncatedSHA256:
			if r.Truncated == nil {
				r.Truncated = new(Truncation)
			}
			r.Truncated.SHA256 = v
		case headerMatchedRules:
			err = json.Unmarshal(h.Value, &r.MatchedRules)
		case headerEarlier:
			r.Earlier, err = parseEarlier(h.Value)
		case headerCounts:
			err = json.Unmarshal(h.Value, &r.Counts)
		case headerFill:
			r.Fill = v
		case headerSample:
			r.Sample, err = strconv.Atoi(v)
		case headerSince:
			r.Since = v
		}
		if err != nil {
			return r, fmt.Errorf("%w: %s: %w", ErrHeaders, h.Key, err)
		}
	}
	if r.Source == "" || r.Schema == "" || r.ObservedAt.IsZero() {
		return r, fmt.Errorf("%w: %s, %s and %s must be there", ErrHeaders,
			topic.HeaderSource, topic.HeaderSchema, topic.HeaderObservedAt)
	}
	return r, nil
}
