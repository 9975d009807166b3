package ingest

import (
	"context"
	"encoding/json"
	"strconv"
	"time"

	"catsvdogs/services/ingest/xstream"
	"catsvdogs/services/pipeline/bluesky"
	"catsvdogs/services/pipeline/broker"
	"catsvdogs/services/pipeline/jetstream"
	"catsvdogs/services/pipeline/telemetry"
	"catsvdogs/services/pipeline/tweet"
)

// recallBluesky bounds how much of tweets.raw is read at a start: a week of some 70,000 posts a day, in a few seconds.
const recallBluesky = 500_000

// rereadTime is how long before the newest event those are that may come again after a restart.
const rereadTime = time.Minute

// recallMemory reads the tail of tweets.raw.
func recallMemory(ctx context.Context, cfg broker.Config, tel *telemetry.Stage, m *memory) error {
	r := recollection{memory: m}
	defer r.finish()
	return recall(ctx, cfg, tel, recallBluesky, r.note)
}

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
	if raw.Kind == tweet.KindGap {
		r.passed(gapEnd(raw.Value)) // it is told, and must not be told again
		return
	}
	e, err := bluesky.ParseEvent(raw.Value)
	if err != nil && !e.Flawed {
		return
	}
	r.passed(e.TimeUS)
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

// passed moves the position on, but for a clock that was ahead: it would carry it to where nothing has been sent yet.
func (r *recollection) passed(timeUS int64) {
	if now := time.Now(); !jetstream.Ahead(timeUS, now) {
		r.position = max(r.position, min(timeUS, now.UnixMicro()))
	}
}

// gapEnd is the position behind a gap; 0 when the record does not say.
func gapEnd(value []byte) int64 {
	var e xstream.GapEvent
	if json.Unmarshal(value, &e) != nil {
		return 0
	}
	end, _ := strconv.ParseInt(e.UntilID, 10, 64)
	return end
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
