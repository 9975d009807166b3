package suppression

import (
	"crypto/sha256"
	"math"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/services/pipeline/broker"
	"catsvdogs/services/pipeline/tweet"
)

// Set is deletions to be looked up by key. One of a million entries takes about 60 MB. The zero value is empty.
type Set struct {
	latest map[[16]byte]int64 // key's hash to the latest deletion's observation, Unix milliseconds
	oldest time.Time          // no post of the set is older; zero when that is not known
}

// id stands for a key of any length. It is 128 bits of a cryptographic hash: a collision would take a wrong post away.
func id(key []byte) [16]byte {
	sum := sha256.Sum256(key)
	return [16]byte(sum[:16])
}

// Add adds a deletion.
func (s *Set) Add(e Entry) {
	created, known := tweet.CreatedFromKey(string(e.Key))
	switch {
	case s.latest == nil:
		s.latest = map[[16]byte]int64{}
		if known {
			s.oldest = created
		}
	case !known:
		s.oldest = time.Time{}
	case !s.oldest.IsZero() && created.Before(s.oldest):
		s.oldest = created
	}
	key := id(e.Key)
	at, ok := s.latest[key]
	if !ok {
		at = math.MinInt64
	}
	s.latest[key] = max(at, e.ObservedAt.UnixMilli())
}

// Len is how many posts are deleted.
func (s *Set) Len() int { return len(s.latest) }

// Reaches says whether records that arrived in the hour that begins here can be of one of the posts: none arrives before
// it was created. A day is allowed for clocks.
func (s *Set) Reaches(hour time.Time) bool {
	return len(s.latest) > 0 && (s.oldest.IsZero() || !hour.Before(s.oldest.Add(-24*time.Hour)))
}

// Takes says whether a record is to lose its content. Deletions have none to lose.
func (s *Set) Takes(r *kgo.Record) bool { return s.Matches(r) && !isDeletion(r) }

// Matches says whether a record is one of a deleted post, observed up to the deletion. It is for what is left of a record
// that has lost its content and looks like a deletion.
func (s *Set) Matches(r *kgo.Record) bool {
	at, ok := s.latest[id(r.Key)]
	return ok && broker.ObservedAt(r).UnixMilli() <= at
}
