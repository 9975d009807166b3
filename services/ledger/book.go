package ledger

import (
	"crypto/sha256"
	"math"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/services/ledger/account"
	"catsvdogs/services/pipeline/topic"
)

// book is what was read so far. Its exported part is what --state keeps; of posts, those that were not judged are kept, too.
type book struct {
	Origins    account.Origins                 `json:"origins"`
	Partitions map[string]map[int32]*partition `json:"partitions"`

	posts   account.Posts
	letters account.Letters
	handed  account.Handed
	copies  account.Copies
	contest *contest // nil where none is given
	judged  int64
	// found stays found: it was seen once and is not looked at again. Of more than mostNoted only the number is kept.
	found    []account.Finding
	unlisted map[account.Finding]int64 // by kind, topic and partition
}

// partition is what was read of a partition.
type partition struct {
	From         int64 `json:"from"`
	Next         int64 `json:"next"` // first offset that was not read
	Dropped      int64 `json:"dropped"`
	Records      int64 `json:"records"`
	Unattributed int64 `json:"unattributed"`
	// Chain is SHA-256 over the chain before and the digest of each record: two audits that have read the same have the
	// same. Last is the offset of the last record in it, LastDigest that record's: a topic that was made anew has another.
	Chain      []byte         `json:"chain,omitempty"`
	Last       int64          `json:"last"`
	LastDigest account.Digest `json:"last_digest"`

	Shelved      bool        `json:"shelved"` // the archive was looked at
	Covered      int64       `json:"covered"` // up to where
	ArchivedFrom int64       `json:"archived_from"`
	Shelf        account.Sum `json:"shelf"`

	Waiting account.Ranges `json:"waiting"` // records that are not in the archive yet
	hours   []hourRun
	stamps  stamps
	kept    []keptObject // of the archive, that were looked at
	isGzip  bool         // the last of them
}

// hourRun says that the records from an offset on are of an hour, until the next one.
type hourRun struct {
	from int64
	hour time.Time
}

// mostHours bounds the runs that are kept of a partition, of which a replay can make many.
const mostHours = 10_000

func newBook(remember int) *book {
	return &book{
		Origins: account.Origins{Topic: topic.Raw}, Partitions: map[string]map[int32]*partition{},
		posts: account.Posts{Topic: topic.Enriched}, handed: account.Handed{Most: remember},
		// Most are judged as soon as they are read; what waits takes memory beside the posts.
		copies: account.Copies{Most: remember / 4},
	}
}

func (b *book) partition(topicName string, number int32) *partition {
	if b.Partitions[topicName] == nil {
		b.Partitions[topicName] = map[int32]*partition{}
	}
	p := b.Partitions[topicName][number]
	if p == nil {
		p = &partition{From: -1, Last: -1, Covered: -1}
		b.Partitions[topicName][number] = p
	}
	return p
}

// mostNoted bounds the findings that are kept one by one.
const mostNoted = 10_000

func (b *book) note(found ...account.Finding) {
	for _, f := range found {
		if len(b.found) < mostNoted {
			b.found = append(b.found, f)
			continue
		}
		if b.unlisted == nil {
			b.unlisted = map[account.Finding]int64{}
		}
		b.unlisted[account.Finding{Kind: f.Kind, Topic: f.Topic, Partition: f.Partition}]++
	}
}

// take takes what is the same of every record.
func (p *partition) take(r *kgo.Record) {
	stamp := stampOf(r)
	p.LastDigest, p.Last = recordDigest(r.Key, stamp), r.Offset
	sum := sha256.Sum256(append(append([]byte{}, p.Chain...), p.LastDigest[:]...))
	p.Chain = sum[:]
	p.Records++
	next := p.Next
	p.Next = r.Offset + 1
	if r.Topic == topic.DeadLetter {
		return
	}
	if r.Offset >= p.Covered {
		p.Waiting.Add(r.Offset)
		p.stamps.take(next, stamp)
	}
	hour := r.Timestamp.UTC().Truncate(time.Hour)
	if n := len(p.hours); n == 0 || n < mostHours && !p.hours[n-1].hour.Equal(hour) {
		p.hours = append(p.hours, hourRun{r.Offset, hour})
	}
}

// recordDigest is of everything in a record but its place and time.
func recordDigest(key []byte, s account.Stamp) account.Digest {
	return digest(slices.Concat(key, s.Headers[:], s.Value[:]))
}

// hourOf is the hour of the record at an offset that waits for the archive; false when nobody knows.
func (p *partition) hourOf(offset int64) (hour time.Time, ok bool) {
	if len(p.hours) == mostHours {
		return time.Time{}, false
	}
	for _, run := range p.hours {
		if run.from > offset {
			break
		}
		hour, ok = run.hour, true
	}
	return hour, ok
}

// hour is the earliest hour of the records that wait for the archive. It says false when nobody knows: then all objects
// are to be listed.
func (p *partition) hour() (earliest time.Time, ok bool) {
	if !p.Shelved || len(p.hours) == 0 || p.hours[0].from > p.Covered || len(p.hours) == mostHours {
		return time.Time{}, false
	}
	for i, run := range p.hours {
		over := i+1 < len(p.hours) && p.hours[i+1].from <= p.Covered
		if !over && (earliest.IsZero() || run.hour.Before(earliest)) {
			earliest = run.hour
		}
	}
	return earliest, true
}

// cover says that the archive is judged up to an offset.
func (p *partition) cover(to int64) {
	p.Shelved, p.Covered = true, max(p.Covered, to)
	p.Waiting.Forget(p.Covered)
	p.stamps.cover(p.Covered)
	for len(p.hours) > 1 && p.hours[1].from <= p.Covered {
		p.hours = p.hours[1:]
	}
}

// waitingBelow is how many records below an offset the archive has not come to.
func (p *partition) waitingBelow(limit int64) (n int64) {
	for _, run := range p.Waiting.Runs {
		n += max(0, min(run.Next, limit)-run.First)
	}
	return n
}

// noLimit is behind every offset.
const noLimit = math.MaxInt64
