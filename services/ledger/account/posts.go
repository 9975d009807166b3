package account

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"
)

// Digest stands for content: the first 16 bytes of its SHA-256.
type Digest [16]byte

// Version is what a record of tweets.enriched says of its post.
type Version struct {
	At        int64 `json:"at"` // when it was observed, Unix milliseconds
	Offset    int64 `json:"offset"`
	Partition int32 `json:"partition"`
	Day       int32 `json:"day"` // that the post was created on, since 1970; -1 when that is not known
	Deleted   bool  `json:"deleted,omitempty"`
	// Digest is of the document without what the index half adds; zero for a deletion.
	Digest Digest `json:"digest"`
	// Origin is the offset in tweets.raw of what it was made of; -1 when that is not known.
	Origin int64 `json:"origin"`
	// From is the partition in tweets.raw of that; it counts only where Origin is known.
	From int32 `json:"from"`

	older *Version
}

// newer orders versions of a post: the later observation; in one millisecond a deletion; then what comes later in the log.
func newer(a, b *Version) int {
	rank := func(v *Version) int {
		if v.Deleted {
			return 1
		}
		return 0
	}
	return cmp.Or(cmp.Compare(a.At, b.At), rank(a)-rank(b), cmp.Compare(a.Offset, b.Offset))
}

// Document is what the index has of a post.
type Document struct {
	Index   string
	At      int64 // observed_at or deleted_at, Unix milliseconds; 0 when it has neither
	Deleted bool  // it is a stub
	Digest  Digest
}

// Posts holds the newest look at each post against the index, and again from time to time. A post that was judged takes
// about 200 bytes and may be forgotten; one that was not is kept. The zero value is empty.
type Posts struct {
	Topic string // tweets.enriched
	// Partial says that looks were not read or were forgotten, so that a newer version in the index proves nothing.
	Partial bool
	// Round is counted by the caller; a post that is judged twice in one round counts as looking wrong once.
	Round int64

	known   map[string]*post
	open    map[string]*post // that changed, that something is wrong with, or that are judged again
	order   []string         // the keys of known, the one that is the next to be judged again or forgotten first
	refused map[int32]*Ranges

	Looks   int64 // that were read
	Refused int64 // of them, by the index
}

type post struct {
	newest  *Version
	last    int64 // highest offset of it in the log
	origin  int64 // and what that was made of
	from    int32 // the partition that its looks stand in in tweets.raw; -1 when that is not known
	again   bool  // it was right before, and is judged again
	suspect *suspect
}

// suspect is what looked wrong with a post.
type suspect struct {
	wrong  string // in the round before
	rounds int    // for how many it has
	round  int64  // the last of them
}

// Refuse takes note of a look that the index has refused; its dead letter says so. It is remembered for good, in some bytes:
// the post is judged again when Kafka has neither any more.
func (s *Posts) Refuse(partition int32, offset int64) {
	if s.refused == nil {
		s.refused = map[int32]*Ranges{}
	}
	if s.refused[partition] == nil {
		s.refused[partition] = &Ranges{}
	}
	s.refused[partition].Add(offset)
}

func (s *Posts) isRefused(v *Version) bool {
	r := s.refused[v.Partition]
	return r != nil && r.Has(v.Offset)
}

// See takes a look at a post. It returns a finding when an earlier one stands in another partition, where nothing keeps
// their order.
func (s *Posts) See(key string, v Version) []Finding {
	if s.known == nil {
		s.known, s.open = map[string]*post{}, map[string]*post{}
	}
	s.Looks++
	p := s.known[key]
	if p == nil {
		p = &post{last: -1, origin: -1, from: -1}
		s.known[key] = p
		s.order = append(s.order, key)
	}
	p.again = false
	found := s.scattered(key, p, &v)
	if v.Offset > p.last {
		p.last, p.origin = v.Offset, v.Origin
	}
	s.open[key] = p
	switch {
	case p.newest == nil:
		p.newest = &v
	case newer(&v, p.newest) > 0:
		v.older = p.newest // still counts if the index refuses the newer one
		p.newest = &v
	default: // an older one counts where newer ones are refused
		at := p.newest
		for at.older != nil && newer(&v, at.older) < 0 {
			at = at.older
		}
		v.older, at.older = at.older, &v
	}
	return found
}

func (s *Posts) scattered(key string, p *post, v *Version) (found []Finding) {
	if p.newest != nil && p.newest.Partition != v.Partition {
		found = append(found, Place{s.Topic, v.Partition, v.Offset}.finding(Scattered, key, fmt.Sprintf("another look at it is in partition %d", p.newest.Partition)))
	}
	if v.Origin < 0 {
		return found
	}
	if p.from >= 0 && p.from != v.From {
		found = append(found, Place{s.Topic, v.Partition, v.Offset}.finding(Scattered, key, fmt.Sprintf("it was made of a record in partition %d, an earlier look of one in %d", v.From, p.from)))
	}
	p.from = v.From
	return found
}

// Open lists the posts that the index is to be asked for. indexed is where the index half is in a partition; it has not
// come to the newest look at pending more, not counting those at limit or behind.
func (s *Posts) Open(indexed, limit func(partition int32) int64) (ask []string, pending int64) {
	for _, key := range slices.Sorted(maps.Keys(s.open)) {
		p := s.open[key]
		switch v := p.newest; {
		case v.Offset < indexed(v.Partition):
			ask = append(ask, key)
		case v.Offset < limit(v.Partition):
			p.suspect = nil
			pending++
		}
	}
	return ask, pending
}

// Known says whether a look at a post was read and is remembered.
func (s *Posts) Known(key string) bool { return s.known[key] != nil }

// Len is how many posts are remembered.
func (s *Posts) Len() int { return len(s.known) }

// LastOrigin is of which raw record the last record of a post in the log was made; -1 when nobody knows.
func (s *Posts) LastOrigin(key string) int64 {
	if p := s.known[key]; p != nil {
		return p.origin
	}
	return -1
}

// Judge holds a post that Open has listed against what the index has of it. pending says that it looks wrong for the first
// time.
func (s *Posts) Judge(key string, documents []Document) (pending bool, found []Finding) {
	p := s.open[key]
	if p == nil {
		return false, nil
	}
	want := p.newest
	for want != nil && isBehind(want, documents) && s.isRefused(want) {
		want = want.older // what was there before must still be
	}
	if want != nil {
		found = s.judge(key, want, documents)
	}
	if len(found) == 0 {
		p.newest.older = nil
		s.close(key, p)
		return false, nil
	}
	wrong := fmt.Sprint(found)
	if p.suspect == nil || p.suspect.wrong != wrong {
		p.suspect = &suspect{wrong: wrong}
	}
	if of := p.suspect; of.rounds == 0 || of.round != s.Round {
		of.rounds, of.round = of.rounds+1, s.Round
	}
	if p.suspect.rounds < confirmed {
		return true, nil
	}
	return false, found
}

func (s *Posts) close(key string, p *post) {
	p.suspect, p.again = nil, false
	if delete(s.open, key); len(s.open) == 0 {
		s.open = map[string]*post{} // a map keeps the room of all that it ever had
	}
}

// Again opens the posts that were not judged for the longest time, at most so many and none twice, so that what becomes
// wrong with them later is found: each comes again after Len()/most rounds. It returns how many it has opened.
func (s *Posts) Again(most int) (opened int64) {
	for range min(most, len(s.order)) {
		key := s.order[0]
		s.order = append(s.order[1:], key)
		if p := s.known[key]; s.open[key] == nil {
			p.again = true
			s.open[key] = p
			opened++
		}
	}
	return opened
}

// Excuse closes a post that is judged again and that the index does not have, when the index in which it was is gone as a
// whole, as a lifecycle deletes it, and not the post. exists says whether there is an index. It says whether it did.
func (s *Posts) Excuse(key string, exists func(index string) bool) bool {
	p := s.known[key]
	if p == nil || !p.again || p.newest.Day < 0 {
		return false
	}
	at := time.Unix(int64(p.newest.Day)*86400, 0).UTC()
	if exists("tweets-"+at.Format("2006.01")) || exists("tweets-"+at.Format("2006.01.02")) {
		return false
	}
	s.close(key, p)
	return true
}

// isBehind says whether the index has nothing of a post, or only what is older.
func isBehind(v *Version, documents []Document) bool {
	return !slices.ContainsFunc(documents, func(d Document) bool { return d.At >= v.At })
}

func (s *Posts) judge(key string, v *Version, documents []Document) (found []Finding) {
	add := func(k Kind, detail string) {
		found = append(found, Place{s.Topic, v.Partition, v.Offset}.finding(k, key, detail))
	}
	if len(documents) == 0 {
		add(IndexMissing, "")
	}
	if len(documents) > 1 {
		add(IndexDouble, documents[0].Index+" and "+documents[1].Index)
	}
	for _, d := range documents {
		switch {
		case d.At < v.At:
			add(IndexStale, fmt.Sprintf("%s has version %d, not %d", d.Index, d.At, v.At))
		case d.At > v.At && !s.Partial:
			add(IndexNewer, fmt.Sprintf("%s has version %d, which no record has; the newest is %d", d.Index, d.At, v.At))
		case d.At > v.At:
		case v.Deleted && !d.Deleted:
			add(IndexStale, d.Index+" has the post, which was deleted")
		case v.Deleted:
		case d.Deleted && !s.Partial:
			add(IndexDiffers, d.Index+" has a stub; the post was not deleted")
		case d.Deleted:
		case d.Digest != v.Digest:
			add(IndexDiffers, d.Index+" has another document of this version")
		}
		if len(documents) == 1 && v.Day >= 0 && !isPlaced(d.Index, v.Day) {
			add(IndexMisplaced, d.Index+" is not the index of its time")
		}
	}
	return found
}

// isPlaced says whether an index, of a day or of a month, is the one of a day.
func isPlaced(index string, day int32) bool {
	at := time.Unix(int64(day)*86400, 0).UTC()
	return index == "tweets-"+at.Format("2006.01") || index == "tweets-"+at.Format("2006.01.02")
}

// Forget lets go of posts that were judged, those first that were not judged for the longest time, until at most some are
// remembered.
func (s *Posts) Forget(most int) {
	for range s.order {
		if len(s.known) <= most {
			return
		}
		key := s.order[0]
		s.order = s.order[1:]
		if s.open[key] != nil {
			s.order = append(s.order, key)
			continue
		}
		delete(s.known, key)
		s.Partial = true
	}
}

// Pass takes every post for judged, where there is no index to ask.
func (s *Posts) Pass() {
	for _, p := range s.open {
		p.newest.older = nil
	}
	clear(s.open)
}

// Saved returns the newest looks at the posts that are not judged yet.
func (s *Posts) Saved() map[string]Version {
	saved := map[string]Version{}
	for key, p := range s.open {
		saved[key] = *p.newest
	}
	return saved
}
