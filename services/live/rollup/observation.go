package rollup

import "time"

// Observation is one look at a post, or, with Deleted, the news that it is gone. Of a deletion only ID and ObservedAt
// are used.
type Observation struct {
	ID         string
	Deleted    bool
	ArrivedAt  time.Time // places the post in a day and a half hour
	ObservedAt time.Time // the version: a look with an earlier one, in milliseconds, changes nothing
	Simulated  bool
	Teams      []string // names that the shape lacks are passed over: they are of another contest
	Categories []string
}

// Outcome tells what an observation did.
type Outcome string

// Outcomes of Apply.
const (
	Counted  Outcome = "counted"  // a post of today that was not known
	OtherDay Outcome = "otherday" // a post of another day
	NoTeam   Outcome = "noteam"   // a post that counts for no team of this contest
	Revised  Outcome = "revised"  // a newer version of a known post
	Repeated Outcome = "repeated" // nothing that was not known
	Removed  Outcome = "removed"  // a deletion
)
