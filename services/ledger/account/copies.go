package account

import (
	"fmt"
	"strings"
)

// Made is what can be made of a record of tweets.raw.
type Made uint8

// What can be made of a raw record. Unknown is of one of which nobody but the enricher can say.
const (
	Unknown Made = iota
	AsDocument
	AsDeletion
	AsLetter
)

func (m Made) String() string {
	return [...]string{"a record that nobody can judge", "a document", "a deletion", "a dead letter"}[m]
}

// Field is a thing that a document says because its raw record says it.
type Field uint8

// Fields of a document by their names, and the keys of both records, which are the post's id.
const (
	Key Field = iota
	RawKey
	TweetID
	VersionID
	Timestamp
	CreatedAt
	ObservedAt
	Source
	PostKind
	Text
	Lang
	AuthorID
	Hashtags
	Media
	Categories
	MatchedRules
	Metrics
	Observations
	Revision
	ReceivedAt
	Teams
	Popularity
	Headers // when it was observed, as they say
	fields
)

var fieldNames = [fields]string{
	"its key", "the raw record's key", "tweet_id", "version_id", "@timestamp", "created_at", "observed_at", "source", "kind", "text", "lang", "author_id", "hashtags",
	"media", "categories", "matched_rules", "metrics", "observations", "revision", "received_at", "teams", "popularity", "the headers",
}

// Said is what a document or a raw record says, a digest for each field; 0 is nothing that could be compared.
type Said [fields]uint32

// Copy is what was made of a raw record, or what must be made of it.
type Copy struct {
	Made Made
	Said Said
	// Whole is, of a dead letter, of the record that it says was refused; of a raw record, of itself. Zero is not told.
	Whole Digest
}

// Copies holds what was made of each raw record against the record: it must be what is due to it, a post no dead letter,
// and what it copies it must copy rightly. It keeps some 200 bytes for each record of which one of the two is not known
// yet, at most Most of either; of more than these some are not judged. The zero value is of use once Most is set.
type Copies struct {
	Most   int
	Judged int64
	// Dropped is how many were let go of because there were too many, so that nothing was judged of them.
	Dropped int64

	records, made map[[2]int64]copied // by partition and offset
}

type copied struct {
	Copy
	key string
}

// Record takes a raw record, and returns what is wrong with what was made of it, if that is known.
func (c *Copies) Record(at Place, key string, due Copy) []Finding {
	return c.meet(&c.records, c.made, at, copied{due, key}, func(own, other copied) (due, made Copy) { return own.Copy, other.Copy })
}

// Make takes what was made of a raw record, and returns what is wrong with it, if the record was read.
func (c *Copies) Make(of Place, made Copy) []Finding {
	return c.meet(&c.made, c.records, of, copied{Copy: made}, func(own, other copied) (due, made Copy) { return other.Copy, own.Copy })
}

func (c *Copies) meet(mine *map[[2]int64]copied, theirs map[[2]int64]copied, at Place, own copied, order func(own, other copied) (due, made Copy)) []Finding {
	place := [2]int64{int64(at.Partition), at.Offset}
	other, known := theirs[place]
	if !known {
		if *mine == nil {
			*mine = map[[2]int64]copied{}
		}
		if len(*mine) >= c.Most {
			for some := range *mine { // such as one of which compaction has taken away what was made
				delete(*mine, some)
				c.Dropped++
				break
			}
		}
		(*mine)[place] = own
		return nil
	}
	delete(theirs, place)
	due, made := order(own, other)
	c.Judged++
	return judgeCopy(at, own.key+other.key, due, made)
}

// judgeCopy says what is wrong with what was made of a record. Only one of the two has a key.
func judgeCopy(at Place, key string, due, made Copy) []Finding {
	tell := func(k Kind, detail string) []Finding { return []Finding{at.finding(k, key, detail)} }
	switch {
	case made.Made == AsLetter && made.Whole != (Digest{}) && made.Whole != due.Whole:
		return tell(LetterDiffers, "its dead letter has another key, value or headers")
	case due.Made == Unknown:
		return nil
	case due.Made == AsDocument && made.Made == AsLetter:
		return tell(EnrichRefused, "it is a post, and was refused")
	case due.Made != made.Made:
		return tell(EnrichDiffers, fmt.Sprintf("%s was made of what is to be %s", made.Made, due.Made))
	}
	var wrong []string
	for i, said := range due.Said {
		if said != 0 && made.Said[i] != 0 && said != made.Said[i] {
			wrong = append(wrong, fieldNames[i])
		}
	}
	if len(wrong) == 0 {
		return nil
	}
	return tell(EnrichDiffers, "what was made of it says otherwise in "+strings.Join(wrong, ", "))
}
