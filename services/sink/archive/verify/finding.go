package verify

// Kind says what is wrong.
type Kind string

// Kinds of findings.
const (
	Gap          Kind = "gap"           // records that are not in the archive
	Double       Kind = "double"        // offsets that are in the archive more than once
	Differs      Kind = "differs"       // a line is not the record that Kafka has
	Aborted      Kind = "aborted"       // a line is a record that was never committed
	Count        Kind = "count"         // an object has another number of lines than it says
	Disorder     Kind = "disorder"      // a line is not where it belongs
	Unreadable   Kind = "unreadable"    // an object, or the rest of it, cannot be read
	NoRange      Kind = "no_range"      // an object does not say which offsets it covers
	Behind       Kind = "behind"        // what was asked for, the archive or the index has not come to yet
	IndexMissing Kind = "index_missing" // a post is not in the index
	IndexStale   Kind = "index_stale"   // the index has an older version of a post
	IndexDouble  Kind = "index_double"  // a post is in several indices
	IndexDiffers Kind = "index_differs" // the index has another document of a version, or a stub of a post that is there
	IndexNewer   Kind = "index_newer"   // the index has a version of a post that no record has
	IndexAlias   Kind = "index_alias"   // an index is not read as it must be
	IndexMapping Kind = "index_mapping" // an index takes documents that it must not
)

// Finding is one thing that is wrong. What is wrong with an index as a whole has partition and offsets -1.
type Finding struct {
	Kind      Kind   `json:"kind"`
	Topic     string `json:"topic"`
	Partition int32  `json:"partition"`
	First     int64  `json:"first_offset"`
	Last      int64  `json:"last_offset"`
	// Records is how many records it is about; 0 where only Kafka could tell and has forgotten.
	Records int64  `json:"records,omitempty"`
	Object  string `json:"object,omitempty"`
	Key     string `json:"key,omitempty"`
	Detail  string `json:"detail,omitempty"`
}

// Partition is what was found of a partition: offsets From to To, To excluded.
type Partition struct {
	Topic      string `json:"topic"`
	Partition  int32  `json:"partition"`
	From       int64  `json:"from_offset"`
	To         int64  `json:"to_offset"`
	Objects    int64  `json:"objects"`
	Records    int64  `json:"records"`    // in the archive, once
	Suppressed int64  `json:"suppressed"` // stubs among them
	Compared   int64  `json:"compared"`   // of them, with what Kafka still has
	Posts      int64  `json:"posts"`      // observations that the index was asked for
	Behind     int64  `json:"behind"`     // offsets after To that Kafka has and the archive has not come to yet
	Pending    int64  `json:"pending"`    // observations that the index half has not come to yet
	Refused    int64  `json:"refused"`    // observations that the index has refused, and that are dead letters
	Gaps       int64  `json:"gaps"`
	Doubles    int64  `json:"doubles"`
	Others     int64  `json:"other_findings"`
}

func (p *Partition) count(k Kind) {
	switch k {
	case Gap:
		p.Gaps++
	case Double:
		p.Doubles++
	default:
		p.Others++
	}
}

// Findings is how many there are.
func (p *Partition) Findings() int64 { return p.Gaps + p.Doubles + p.Others }
