package xstream

import (
	"bytes"
	"cmp"
	"context"
	"sync"
	"sync/atomic"

	"catsvdogs/services/ingest/line"
	"catsvdogs/services/pipeline/topic"
	"catsvdogs/services/pipeline/traceparent"
	"catsvdogs/services/pipeline/tweet"
)

// outlet turns lines into records and hands them out one at a time: those of the stream and those that fill gaps. Each
// version of a post passes once. Safe for concurrent use.
type outlet struct {
	opts    *Options
	client  *client
	metrics *metrics
	share   func() int    // of the posts that is read, in percent
	since   func() string // the mark of records while a gap is open

	// position is that of the newest post that the stream has brought and deliver has taken.
	position atomic.Pointer[Resume]

	mu      sync.Mutex
	deliver Deliver
	trace   traceparent.Maker
}

// post hands a post out unless this version of it has passed already, and says whether it did. A line without an id
// always passes.
func (o *outlet) post(ctx context.Context, l line.Line, m message, fill string) bool {
	if m.id != "" && o.opts.Seen(m.id) {
		o.metrics.duplicates.Inc()
		return false
	}
	r := tweet.Raw{Key: m.key, Value: l.Bytes, Kind: tweet.KindStream}
	if m.deleted {
		r.Kind = tweet.KindDelete
	}
	if l.Truncated() {
		o.metrics.truncated.Inc()
		r.Truncated = &tweet.Truncation{Length: l.Length, SHA256: l.SHA256}
	}
	o.put(ctx, r, m.id, fill)
	return true
}

// found hands out a line that was put together from what a search found.
func (o *outlet) found(ctx context.Context, text []byte, m message) bool {
	l, err := line.NewReader(bytes.NewReader(text), topic.MaxLineBytes, line.KeptBytes).Next()
	if err != nil {
		return false // only an empty text has no line
	}
	return o.post(ctx, l, m, FillSearch)
}

// gap hands out that posts are missing.
func (o *outlet) gap(ctx context.Context, e GapEvent) {
	o.metrics.gapsUnfilled.WithLabelValues(string(e.Reason)).Inc()
	o.opts.Logger.Warn("posts are missing", "from", e.From, "to", e.To, "rule", o.client.Hide(e.Rule), "reason", e.Reason, "detail", e.Detail)
	o.put(ctx, tweet.Raw{Value: e.encode(), Kind: tweet.KindGap}, "", "")
}

// put hands a record out. The lock is held while deliver waits for room: then the stream must wait as well.
func (o *outlet) put(ctx context.Context, r tweet.Raw, id, fill string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	r.Source, r.Schema, r.ObservedAt, r.Traceparent = o.source(), tweet.SchemaX, o.client.Now().UTC(), o.trace.Next()
	r.Fill, r.Since = fill, o.since()
	if share := o.share(); share < 100 {
		r.Sample = share
	}
	o.deliver(ctx, r)
	if id != "" && fill == "" {
		// What is missing is missing from the mark on.
		o.position.Store(&Resume{ID: cmp.Or(r.Since, id), At: r.ObservedAt})
	}
}

func (o *outlet) source() string {
	if o.opts.Simulated || o.client.Simulated() {
		return tweet.SourceSimulator
	}
	return tweet.SourceX
}
