package ingest

import (
	"time"

	"catsvdogs/services/ingest/window"
	"catsvdogs/services/ingest/xstream"
	"catsvdogs/services/pipeline/tweet"
)

// Bounds on what is remembered of X's stream. The window has to cover what may come twice: the overlap of a gap that is
// filled, some minutes at X's 250 posts a second.
const (
	windowVersions = 1 << 17
	recallX        = 150_000
)

// past is what the tail of tweets.raw tells about X's stream, or the simulator's.
type past struct {
	source string
	window *window.Window // versions of posts that were delivered
	resume xstream.Resume
	today  int64 // posts observed since 00:00 UTC

	midnight time.Time
}

func newPast(source string, now time.Time) (*past, error) {
	w, err := window.New(windowVersions)
	return &past{source: source, window: w, midnight: now.UTC().Truncate(24 * time.Hour)}, err
}

// note takes what one record tells. Records of other sources tell nothing. What a search has found is known, but it is not
// where the stream was.
func (p *past) note(raw tweet.Raw) {
	if raw.Schema != tweet.SchemaX || raw.Source != p.source || raw.Kind != tweet.KindStream {
		return
	}
	id := xstream.VersionID(raw.Value)
	if id == "" {
		return
	}
	if !p.window.Seen(id) && !raw.ObservedAt.Before(p.midnight) {
		p.today++
	}
	if raw.Fill != "" || !raw.ObservedAt.After(p.resume.At) {
		return
	}
	p.resume = xstream.Resume{ID: id, At: raw.ObservedAt}
	if raw.Since != "" {
		p.resume.ID = raw.Since
	}
}
