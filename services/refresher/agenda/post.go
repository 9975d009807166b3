package agenda

import (
	"math"

	"catsvdogs/services/pipeline/tweet"
)

// Key is the id of a post or of a version of it: a number on X, an at-uri on Bluesky.
type Key interface{ ~uint64 | ~string }

// Post is what is known of a post. Times are Unix milliseconds.
type Post[K Key] struct {
	Key     K // id of the first version
	Version K // id of the newest version

	Created   int64 // of the first version
	Arrived   int64 // first observed
	ArrivalMS int64 // how long after its creation that was
	Observed  int64 // when Counts were
	Seen      int64 // when the newest was of all that is known of the post; the agenda's own, whatever is given

	Counts       Counts  // as last observed
	Popularity   float32 // that they make
	Rules        uint32  // the caller's number for the rules that the post matches
	Observations uint16  // looks so far, the first one and those at versions included
	Repeated     bool    // an earlier look took the text for a repeated one
}

// Stamp is when something is said to have been observed of the post that was observed at a time: not before anything that was
// known of it then. So what comes of this look wins over what it was later than, also where another process with another
// clock has told of that (Lamport 1978, "Time, clocks, and the ordering of events", section on the clock condition).
func (p Post[K]) Stamp(at int64) int64 { return max(at, p.Seen+1) }

// Observation is a look at a post that was told of: by its delivery, by an edit, or by a look-up.
type Observation[K Key] struct {
	Post[K]
	// Refresh: it was a look-up, made at Observed.
	Refresh bool
	// First: Arrived is when the post was first observed. An edit that the stream brings does not tell that.
	First bool
	// Wanted: the post counts for the contest. Others are not looked at.
	Wanted bool
}

// Counts are tweet.Metrics, packed: there is one for each of a million posts. No count goes over math.MaxUint32.
type Counts struct {
	retweets, replies, likes, quotes, impressions, bookmarks uint32
	told                                                     uint8
}

const (
	toldImpressions = 1 << iota
	toldBookmarks
)

// Pack packs metrics.
func Pack(m tweet.Metrics) Counts {
	c := Counts{retweets: count(m.Retweets), replies: count(m.Replies), likes: count(m.Likes), quotes: count(m.Quotes)}
	if m.Impressions != nil {
		c.impressions, c.told = count(*m.Impressions), c.told|toldImpressions
	}
	if m.Bookmarks != nil {
		c.bookmarks, c.told = count(*m.Bookmarks), c.told|toldBookmarks
	}
	return c
}

func count(n int64) uint32 { return uint32(min(max(n, 0), math.MaxUint32)) }

// Metrics unpacks them.
func (c Counts) Metrics() tweet.Metrics {
	m := tweet.Metrics{Retweets: int64(c.retweets), Replies: int64(c.replies), Likes: int64(c.likes), Quotes: int64(c.quotes)}
	if c.told&toldImpressions != 0 {
		n := int64(c.impressions)
		m.Impressions = &n
	}
	if c.told&toldBookmarks != 0 {
		n := int64(c.bookmarks)
		m.Bookmarks = &n
	}
	return m
}
