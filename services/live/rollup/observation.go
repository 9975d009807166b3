package rollup

import "time"

// Source says where a post came from.
type Source uint8

// Sources. What is not known is Other.
const (
	Other Source = iota
	X
	Bluesky
	Simulator // made up
	sources
)

// Label is a model's judgement of a text.
type Label uint8

// Labels. What is not known is Unknown.
const (
	Unknown Label = iota
	Positive
	Neutral
	Negative
	labels
)

// MaxHashtags bounds the hashtags of a post that are counted: its first ones.
const MaxHashtags = 8

// Observation is one look at a post, or, with Deleted, the news that it is gone. Of a deletion only Partition, ID and
// ObservedAt are used.
type Observation struct {
	Partition   int32 // where it was read, below 65536; all looks at a post come from one, until there are more partitions
	ID          string
	Deleted     bool
	ArrivedAt   time.Time // places the post in time, to the second
	ObservedAt  time.Time // the version: a look with an earlier one, in milliseconds, changes nothing
	Source      Source
	Promotional bool
	Teams       []string // names that the shape lacks are passed over: they are of another contest
	Categories  []string
	Hashtags    []string // each once; the caller bounds their length
	Popularity  float64  // 0 or more; kept to four decimals, 400000 at most
	Engagement  float64  // 0 or more; kept to two decimals, 1e15 at most
	Growth      *float64 // of the engagement, an hour, since the look before; kept to two decimals; nil when not known
	Score       float64  // -1 to 1; kept to four decimals; no matter when Label is Unknown
	Label       Label

	// Content is what Snapshot returns of the post while it is among the most popular; nil keeps it off those lists. The
	// rollup does not look into it. Its size is the caller's to bound.
	Content any
}

// Outcome tells what an observation did.
type Outcome string

// Outcomes of Apply.
const (
	Counted   Outcome = "counted"   // a post that was not known
	OtherDay  Outcome = "otherday"  // a post of a day that is not kept
	NoTeam    Outcome = "noteam"    // a post that counts for no team of this contest
	Revised   Outcome = "revised"   // a newer version of a known post
	Repeated  Outcome = "repeated"  // nothing that was not known
	Removed   Outcome = "removed"   // a deletion
	Forgotten Outcome = "forgotten" // a look at a post that may have been counted and forgotten since: nothing was changed
)
