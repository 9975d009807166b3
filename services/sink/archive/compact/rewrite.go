package compact

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"

	"catsvdogs/services/pipeline/archived"
	"catsvdogs/services/pipeline/topic"
	"catsvdogs/services/sink/archive/bucket"
	"catsvdogs/services/sink/archive/suppression"
	"catsvdogs/services/sink/archive/table"
)

// found is what an object holds of the posts that are looked for.
type found struct {
	content  archived.Content
	matching int // records that are to lose their content
	stubs    int // records of these posts that have lost it
	allStubs int // records of any post that have lost it
	lines    int
}

// look reads an object and counts.
func (c *Compactor) look(ctx context.Context, o archived.Object, set *suppression.Set) (found, error) {
	var f found
	content, err := c.Archive.Lines(ctx, o, func(line []byte) error {
		l, err := archived.ParseLine(line)
		if err != nil {
			return err
		}
		f.lines++
		switch {
		case l.Suppressed:
			f.allStubs++
			if set.Matches(l.Record) {
				f.stubs++
			}
		case set.Takes(l.Record):
			f.matching++
		}
		return nil
	})
	f.content = content
	return f, err
}

// errMoved says that an object is not what it was a moment ago although its ETag is.
var errMoved = errors.New("the object has other records than when it was looked at")

// rewrite puts the object with its stubs in the place of the one that was looked at.
func (c *Compactor) rewrite(ctx context.Context, o archived.Object, set *suppression.Set, f found) error {
	if f.content.RangeErr != nil {
		return f.content.RangeErr // its metadata would be lost
	}
	if f.lines != f.content.Range.Records {
		return fmt.Errorf("it has %d records and says %d; ask ledger audit about the archive", f.lines, f.content.Range.Records)
	}
	if err := c.Bucket.AbortLeftovers(ctx, o.Name()); err != nil { // of a pass that was killed
		return err
	}
	reach := f.content.Range
	reach.Suppressed = f.allStubs + f.matching
	w := c.Bucket.NewWriter(ctx, o.Name(), bucket.Options{
		ContentType: o.Format.ContentType(), Metadata: reach.Metadata(), IfMatch: f.content.ETag,
	})
	packer, err := o.Format.NewPacker(w)
	if err != nil {
		return err
	}
	matching := 0
	var stub []byte
	_, err = c.Archive.Lines(ctx, o, func(line []byte) error {
		l, err := archived.ParseLine(line)
		if err != nil {
			return err
		}
		if !l.Suppressed && set.Takes(l.Record) {
			matching++
			stub = archived.AppendStub(stub[:0], l.Record)
			line = stub
		}
		_, err = packer.Write(line) // any other line stays as it is, byte for byte
		return err
	})
	if err == nil && matching != f.matching {
		err = fmt.Errorf("%w: %w", errMoved, bucket.ErrChanged)
	}
	if closed := packer.Close(); err == nil {
		err = closed
	}
	if err != nil {
		w.Abort()
		return err
	}
	return w.Commit()
}

// table makes the table of an object again when there is one that knows of fewer stubs, or of more.
func (c *Compactor) table(ctx context.Context, o archived.Object, stubs int, r *Report) error {
	if o.Topic != topic.Enriched {
		return nil
	}
	stat, err := c.Bucket.Stat(ctx, o.ParquetName())
	if errors.Is(err, bucket.ErrMissing) || err == nil && stat.Metadata["Suppressed"] == strconv.Itoa(stubs) {
		return nil
	}
	if err != nil {
		return err
	}
	r.Tables++
	if c.DryRun {
		return nil
	}
	if err := c.Bucket.AbortLeftovers(ctx, o.ParquetName()); err != nil {
		return err
	}
	return c.Archive.Open(ctx, o, func(content archived.Content, packed io.Reader) error {
		w := c.Bucket.NewWriter(ctx, o.ParquetName(), bucket.Options{
			ContentType: table.ContentType, Metadata: content.Range.Metadata(), IfMatch: stat.ETag,
		})
		err := table.Write(w, func(each func([]byte) error) error { return o.Format.Lines(packed, each) })
		if err != nil {
			w.Abort()
			return err
		}
		return w.Commit()
	})
}
