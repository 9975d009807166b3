package ingest

import (
	"time"

	"catsvdogs/services/pipeline/bluesky"
	"catsvdogs/services/pipeline/tweet"
)

// recallBluesky bounds how much of tweets.raw is read at a start: a week of some 70,000 posts a day, in a few seconds.
const recallBluesky = 500_000

// rereadTime is how long before the newest event those are that may come again after a restart.
const rereadTime = time.Minute

// recollection puts records together that come from several partitions, and so in no order.
//
// The position is that of the newest event in the log. That nothing before it is missing follows from the output, which
// writes the records of this source one after the other, each when the one before is acknowledged (see writesAtOnce):
// whatever a crash cuts off, what is in the log is a beginning of what was delivered. What was on disk then has been
// written by now (see queue).
type recollection struct {
	*memory
	recent []pastEvent
	prune  int // how many recent there are before it is worth looking for old ones
}

type pastEvent struct {
	key    string
	timeUS int64
}

// note takes what one record tells. Records of other sources tell nothing.
func (r *recollection) note(raw tweet.Raw) {
	if raw.Schema != tweet.SchemaBluesky {
		return
	}
	e, err := bluesky.ParseEvent(raw.Value)
	if err != nil {
		return
	}
	// A clock that was ahead must not carry the position to where nothing has been sent yet.
	r.position = max(r.position, min(e.TimeUS, time.Now().UnixMicro()))
	switch {
	case !e.OfPost(): // an account went: one record for each of its posts, which the key names
		if did, rkey, ok := tweet.CutPostURI(string(raw.Key)); ok {
			r.held.remove(did, rkey)
		}
		return
	case raw.Kind == tweet.KindDelete:
		r.held.remove(e.DID, e.Commit.RKey)
	default:
		r.held.add(e.DID, e.Commit.RKey)
	}
	r.recent = append(r.recent, pastEvent{eventKey(e), e.TimeUS})
	if len(r.recent) > r.prune {
		r.forgetOld()
		r.prune = 2*len(r.recent) + 1000
	}
}

func (r *recollection) forgetOld() {
	kept := r.recent[:0]
	for _, e := range r.recent {
		if e.timeUS >= r.position-rereadTime.Microseconds() {
			kept = append(kept, e)
		}
	}
	r.recent = kept
}

// finish fills the window.
func (r *recollection) finish() {
	r.forgetOld()
	for _, e := range r.recent {
		r.window.Seen(e.key)
	}
}
