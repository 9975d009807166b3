package simulator

import (
	"context"
	"math/rand/v2"
	"time"

	"catsvdogs/services/simulator/chronicle"
	"catsvdogs/services/simulator/faultplan"
	"catsvdogs/services/simulator/wire"
	"catsvdogs/services/simulator/world"
)

// delivery is what one stream asked for, and what is being done to it.
type delivery struct {
	out    *outlet
	fields wire.Fields
	last   *tail // of the connection; nil where nobody asks
	by     handedBy

	handed int64 // posts written so far
	left   int64 // posts until the response ends; negative for no end

	again    int               // posts to be told again
	odd      string            // the message of another kind that is to come
	window   int               // posts that are held back to come in another order
	held     []chronicle.Again // those that are
	happened []faultplan.Name  // counted when the batch is out
}

func newDelivery(out *outlet, fields wire.Fields) *delivery {
	return &delivery{out: out, fields: fields, left: -1}
}

// wrote takes note of one more post in the batch.
func (d *delivery) wrote() {
	d.handed++
	if d.left > 0 {
		d.left--
	}
}

// enough says that the response ends after this batch.
func (d *delivery) enough() bool { return d.left == 0 }

// prepare takes the orders for what comes with a batch. A fault that is
// switched on waits for a batch that comes anyway.
func (f *feed) prepare(d *delivery, now time.Time) {
	due := !f.world.Due().After(now)
	take := func(name faultplan.Name) (faultplan.Act, bool) {
		if act, ok := f.board.Next(name); !ok || act.Standing && !due {
			return act, false
		}
		return f.board.Take(name)
	}
	if act, ok := take(faultplan.UnknownMessage); ok {
		d.odd = oddMessage(act.Variant)
	}
	if d.handed > 0 {
		if act, ok := take(faultplan.Duplicates); ok {
			d.again = act.Count
		}
	}
	if d.window == 0 {
		if act, ok := take(faultplan.Disorder); ok {
			d.window = max(act.Count, 2)
		}
	}
}

// inject appends the lines that do not come from the world.
func (f *feed) inject(d *delivery, now time.Time) {
	if d.odd != "" {
		f.buf = append(f.buf, d.odd...)
		f.endLine(line{kind: kindMalformed, at: now})
		d.odd, d.happened = "", append(d.happened, faultplan.UnknownMessage)
	}
	if d.again == 0 {
		return
	}
	repeated := f.chronicle.Newest(d.again, now)
	for _, a := range repeated {
		f.write(a.Post, a.Asked, kindDuplicate, d)
	}
	if d.again = 0; len(repeated) > 0 {
		d.happened = append(d.happened, faultplan.Duplicates)
	}
}

// oddMessage is a message that no version of X's documentation knows; a client
// must get over it.
func oddMessage(variant string) string {
	switch variant {
	case "warning":
		return `{"warning":{"code":"FALLING_BEHIND","message":"Your connection is falling behind (simulated).","percent_full":60}}`
	case "system":
		return `{"system":{"notice":"maintenance (simulated)","starts_at":"2026-01-01T00:00:00.000Z"}}`
	case "info":
		return `{"info":{"message":"Replay Request Completed (simulated)","sent":"2026-01-01T00:00:00.000Z","activity_count":0}}`
	default:
		return `{}`
	}
}

// hold keeps a post back until the window is full, and then writes all of it
// in an order of its own. It says how many posts the client sees for the first
// time.
func (f *feed) hold(p *world.Post, made counts, d *delivery) (posts int64) {
	d.held = append(d.held, chronicle.Again{Post: p.Clone(), Asked: f.applied.asked})
	last := f.limit > 0 && made.posts+int64(len(d.held)) >= f.limit
	if len(d.held) < d.window && !last {
		return 0
	}
	// Shuffled by what is shuffled: the same posts give the same order. Turned
	// by one, so that no shuffle is none.
	rng := rand.New(rand.NewPCG(p.ID, 5))
	order := rng.Perm(len(d.held))
	for i := range order {
		if order[i] == i {
			j := (i + 1) % len(order)
			order[i], order[j] = order[j], order[i]
		}
	}
	for _, i := range order {
		kind := f.late(d.held[i].Post)
		if kind == kindPost {
			posts++
		}
		f.write(d.held[i].Post, d.held[i].Asked, kind, d)
	}
	d.held, d.window, d.happened = nil, 0, append(d.happened, faultplan.Disorder)
	return posts
}

// backfill writes what the client missed between two ids, oldest first, in
// batches. Posts that it was given before come again, as on X.
func (f *feed) backfill(ctx context.Context, d *delivery, after, before uint64) error {
	d.by = byBackfill
	defer func() { d.by = byStream }()
	for {
		f.emit.Lock()
		missed := f.chronicle.After(after, before, maxBatchLines/8)
		f.buf, f.lines = append(f.buf[:0], chunkHead...), f.lines[:0]
		for _, m := range missed {
			f.write(m.Post, m.Asked, f.late(m.Post), d)
			after = m.Post.ID
		}
		var err error
		if len(missed) > 0 {
			err = f.flush(ctx, d)
		}
		f.emit.Unlock()
		if err != nil || len(missed) == 0 {
			return err
		}
	}
}

// late says what a version is to the client that comes out of its turn.
func (f *feed) late(p *world.Post) lineKind {
	switch before, first := f.chronicle.Handed(p.ID); {
	case before:
		return kindDuplicate
	case first:
		return kindPost
	default:
		return kindEdit
	}
}
