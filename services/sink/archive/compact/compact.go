// Package compact takes the content of deleted posts out of the archive: it rewrites the objects that hold some, so that
// of each of their records a stub is left. It owns which objects are looked at, how one is rewritten, and who does it when;
// which record a deletion takes is package suppression's.
//
// # Why nothing is lost and nothing stays
//
// An object is replaced as a whole, and only the version that was read (If-Match on its ETag). So of two that compact at
// once one wins each object and the other reads it again, and a crash leaves each object as it was or rewritten, never in
// between. A rewritten object has the same records at the same offsets and says the same range, so the archive's ledger
// does not change.
//
// A pass counts as done, in suppressed/state.json, only after all objects were looked at. What a pass that was cut off has
// not done, the next one does: an object whose stubs are already there still has its table and its old versions checked.
//
// A pass looks at (1) every object that can hold a post on a part of the list that is new since the last pass, whatever its
// age, and (2) every object that is itself new since, for every post on the list, because late copies of a deleted post
// come, too. New means put since the last pass began, by the store's own clock, less a day, because a store may date an
// object by the beginning of its upload. So a deletion that is listed while a pass is under way is new for the next one.
package compact

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"catsvdogs/services/pipeline/archived"
	"catsvdogs/services/pipeline/topic"
	"catsvdogs/services/sink/archive/bucket"
	"catsvdogs/services/sink/archive/suppression"
)

// overlap is how much longer ago than the last pass an object may be dated to count as new.
const overlap = 24 * time.Hour

// Compactor compacts one archive.
type Compactor struct {
	Bucket  *bucket.Bucket
	Archive *archived.Bucket
	DryRun  bool // look and count, change nothing
	All     bool // look at every object for every post, whatever earlier passes have done
	Logger  *slog.Logger
	// Progress is told now and then how far a pass is; nil for nobody.
	Progress func(Report)

	maxDeletions int // 0 for maxDeletions
}

// Report counts what a pass did, or with DryRun would do.
type Report struct {
	Deleted    int `json:"deleted_posts"` // posts on the list that the pass looked for
	Looked     int `json:"objects_read"`
	Rewritten  int `json:"objects_rewritten"`
	Suppressed int `json:"records_suppressed"`
	Tables     int `json:"tables_rewritten"`
	Versions   int `json:"old_versions_deleted"`
	Failed     int `json:"objects_failed"`
}

// Pass looks at all that is to be looked at. An object that cannot be compacted is logged and counted, and the others are
// done all the same; the error then says that the pass must be done again.
func (c *Compactor) Pass(ctx context.Context) (Report, error) {
	var r Report
	last, err := c.readState(ctx)
	if err != nil {
		return r, err
	}
	since := last.Through.Add(-overlap)
	if c.All {
		since = time.Time{}
	}
	versioned, err := c.Bucket.IsVersioned(ctx)
	if err != nil {
		return r, err
	}
	var began state
	if !c.DryRun {
		if began, err = c.begin(ctx); err != nil {
			return r, err
		}
	}
	err = c.rounds(ctx, since, &r, func(p *part) error { return c.round(ctx, since, p, versioned, &r) })
	if err == nil && r.Failed > 0 {
		err = fmt.Errorf("%d objects or parts of the list were not done; the log says why", r.Failed)
	}
	if err != nil || c.DryRun {
		return r, err
	}
	return r, c.finish(ctx, began)
}

// round looks at the objects for one part of the list.
func (c *Compactor) round(ctx context.Context, since time.Time, p *part, versioned bool, r *Report) error {
	r.Deleted += p.all.Len()
	for _, topicName := range []string{topic.Raw, topic.Enriched} {
		err := c.Archive.Objects(ctx, topicName, func(o archived.Listed) error {
			set := &p.fresh
			if !o.Modified.Before(since) {
				set = &p.all
			}
			if !set.Reaches(o.Hour) {
				return nil
			}
			r.Looked++
			if c.Progress != nil {
				c.Progress(*r)
			}
			err := c.object(ctx, o.Object, set, versioned, r)
			if err != nil && ctx.Err() == nil {
				r.Failed++
				c.Logger.Error("an object is not compacted", "object", o.Name(), "error", err)
				return nil
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// tries bounds how often an object is read again because somebody else has replaced it meanwhile.
const tries = 5

func (c *Compactor) object(ctx context.Context, o archived.Object, set *suppression.Set, versioned bool, r *Report) error {
	var err error
	for range tries {
		if err = c.once(ctx, o, set, versioned, r); !errors.Is(err, bucket.ErrChanged) {
			return err
		}
	}
	return err
}

func (c *Compactor) once(ctx context.Context, o archived.Object, set *suppression.Set, versioned bool, r *Report) error {
	found, err := c.look(ctx, o, set)
	if err != nil || found.matching+found.stubs == 0 {
		return err
	}
	if found.matching > 0 {
		if !c.DryRun {
			if err := c.rewrite(ctx, o, set, found); err != nil {
				return err
			}
			c.Logger.Info("object compacted", "object", o.Name(), "suppressed", found.matching)
		}
		r.Rewritten++
		r.Suppressed += found.matching
	}
	if err := c.table(ctx, o, found.allStubs+found.matching, r); err != nil {
		return err
	}
	if !versioned || c.DryRun {
		return nil
	}
	for _, name := range []string{o.Name(), o.ParquetName()} {
		n, err := c.Bucket.DropOldVersions(ctx, name)
		r.Versions += n
		if err != nil {
			return err
		}
	}
	return nil
}
