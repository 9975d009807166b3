package account

// Kind says what is wrong.
type Kind string

// Kinds of findings.
const (
	Lost     Kind = "lost"     // the source handed a line over that is not in tweets.raw
	Invented Kind = "invented" // tweets.raw has a simulated line that the source never handed over

	// Unattributed is a broken line in tweets.raw that tells no id, where the source tells of no connection that was cut.
	Unattributed Kind = "unattributed"

	EnrichGap      Kind = "enrich_gap"      // nothing was made of a record of tweets.raw
	EnrichDouble   Kind = "enrich_double"   // more than one thing was made of it
	EnrichInvented Kind = "enrich_invented" // something was made of an offset that has no record
	EnrichDiffers  Kind = "enrich_differs"  // what was made of a record says something else than the record, or is something else
	EnrichRefused  Kind = "enrich_refused"  // a post became a dead letter
	Scattered      Kind = "scattered"       // looks at one post stand in several partitions

	Gap        Kind = "gap"        // records that are not in the archive
	Double     Kind = "double"     // offsets that are in the archive more than once
	Differs    Kind = "differs"    // a line of the archive is not the record that Kafka has
	Aborted    Kind = "aborted"    // a line of the archive is a record that was never committed
	Count      Kind = "count"      // an object has another number of lines than it says
	Disorder   Kind = "disorder"   // a line of the archive is not where it belongs
	Unreadable Kind = "unreadable" // an object, or the rest of it, cannot be read
	NoRange    Kind = "no_range"   // an object does not say which offsets it covers
	Behind     Kind = "behind"     // what was waited for or asked for, somebody has not come to yet

	IndexMissing   Kind = "index_missing"   // a post is not in the index
	IndexStale     Kind = "index_stale"     // the index has an older version of a post
	IndexDouble    Kind = "index_double"    // a post is in several indices
	IndexDiffers   Kind = "index_differs"   // the index has another document of a version, or a stub of a post that is there
	IndexNewer     Kind = "index_newer"     // the index has a version of a post that no record has
	IndexMisplaced Kind = "index_misplaced" // a post is in an index of another time
	IndexInvented  Kind = "index_invented"  // the index has a post that no record has
	IndexAlias     Kind = "index_alias"     // an index is not read as it must be
	IndexMapping   Kind = "index_mapping"   // an index takes documents that it must not

	LetterMissing Kind = "letter_missing" // a refusal has no document
	LetterDouble  Kind = "letter_double"  // a refusal has several
	LetterDiffers Kind = "letter_differs" // a dead letter does not hold the record that was refused
)

// Finding is one thing that is wrong. Partition and offsets are -1 where it is not of a place in Kafka.
type Finding struct {
	Kind      Kind   `json:"kind"`
	Topic     string `json:"topic,omitempty"`
	Partition int32  `json:"partition"`
	First     int64  `json:"first_offset"`
	Last      int64  `json:"last_offset"`
	Records   int64  `json:"records,omitempty"` // how many it is about; 0 where nobody can tell any more
	Object    string `json:"object,omitempty"`  // of the archive
	Key       string `json:"key,omitempty"`
	Detail    string `json:"detail,omitempty"`
}

// Nowhere is a finding that is of no place in Kafka.
func Nowhere(k Kind, key, detail string) Finding {
	return Finding{Kind: k, Partition: -1, First: -1, Last: -1, Key: key, Detail: detail}
}

// Place is where a record stands in Kafka.
type Place struct {
	Topic     string `json:"topic"`
	Partition int32  `json:"partition"`
	Offset    int64  `json:"offset"`
}

func (p Place) finding(k Kind, key, detail string) Finding {
	return Finding{Kind: k, Topic: p.Topic, Partition: p.Partition, First: p.Offset, Last: p.Offset, Records: 1, Key: key, Detail: detail}
}

// Findings keeps findings up to a bound and counts all of them. The zero value keeps none and counts.
type Findings struct {
	Most   int            `json:"-"` // how many are kept; the first ones are
	List   []Finding      `json:"list,omitempty"`
	Counts map[Kind]int64 `json:"counts,omitempty"`
}

// Add takes a finding.
func (f *Findings) Add(found ...Finding) {
	for _, one := range found {
		if f.Counts == nil {
			f.Counts = map[Kind]int64{}
		}
		f.Counts[one.Kind]++
		if len(f.List) < f.Most {
			f.List = append(f.List, one)
		}
	}
}

// AddMore counts findings that are known by their number only.
func (f *Findings) AddMore(k Kind, n int64) {
	if f.Counts == nil {
		f.Counts = map[Kind]int64{}
	}
	f.Counts[k] += n
}

// Total is how many there were.
func (f *Findings) Total() (n int64) {
	for _, of := range f.Counts {
		n += of
	}
	return n
}
