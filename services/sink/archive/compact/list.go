package compact

import (
	"context"
	"io"
	"time"

	"catsvdogs/services/pipeline/archived"
	"catsvdogs/services/sink/archive/suppression"
)

// maxDeletions bounds how many deletions are held at once, of one part of the list more; a longer list takes several rounds
// over the objects.
const maxDeletions = 250_000

// part is a part of the list.
type part struct {
	all   suppression.Set
	fresh suppression.Set // those of them that were listed since the last pass
}

// rounds reads the list and passes it to round in parts of a bounded size. What cannot be read of it is counted as failed.
func (c *Compactor) rounds(ctx context.Context, since time.Time, r *Report, round func(*part) error) error {
	p := &part{}
	err := c.Bucket.List(ctx, archived.SuppressedRoot, func(name string, modified time.Time) error {
		if name == stateName {
			return nil
		}
		_, err := c.Bucket.Get(ctx, name, func(list io.Reader) error { return p.read(list, !modified.Before(since)) })
		if err != nil && ctx.Err() == nil {
			r.Failed++
			c.Logger.Error("a part of the suppression list cannot be read", "object", name, "error", err)
			return nil
		}
		if err != nil {
			return err
		}
		if p.all.Len() < c.most() {
			return nil
		}
		err = round(p)
		p = &part{}
		return err
	})
	if err != nil || p.all.Len() == 0 {
		return err
	}
	return round(p)
}

func (c *Compactor) most() int {
	if c.maxDeletions > 0 {
		return c.maxDeletions
	}
	return maxDeletions
}

func (p *part) read(list io.Reader, isFresh bool) error {
	return suppression.Read(list, func(e suppression.Entry) {
		p.all.Add(e)
		if isFresh {
			p.fresh.Add(e)
		}
	})
}
