package archive

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/cenkalti/backoff/v5"

	"catsvdogs/services/pipeline/archived"
	"catsvdogs/services/pipeline/topic"
	"catsvdogs/services/sink/archive/bucket"
	"catsvdogs/services/sink/archive/suppression"
	"catsvdogs/services/sink/archive/table"
)

// isTable says whether the topic's records are documents that a table can be made of.
func isTable(topicName string) bool { return topicName == topic.Enriched }

// store is step 2 of the protocol: the object, the deletions in it and the table of it are all there when it returns nil.
// All follow from the announced range, and each is put only where it is missing, so that whoever does it again leaves
// them as they are.
func (a *archiver) store(ctx context.Context, c *closedObject) error {
	if c.found {
		if err := a.again(ctx, c, c.Name(), func() error { return a.readBack(ctx, c) }); err != nil {
			return err
		}
	}
	metadata := c.reach.Metadata()
	if c.adopted {
		for _, name := range []string{c.Name(), c.ParquetName()} {
			if err := a.again(ctx, c, name, func() error { return a.bucket.AbortLeftovers(ctx, name) }); err != nil {
				return err
			}
		}
	}
	var err error
	if !c.found {
		err = a.again(ctx, c, c.Name(), func() error { return a.storeLines(ctx, c, metadata) })
	}
	if err == nil && len(c.deletions) > 0 {
		err = a.again(ctx, c, c.SuppressedName(), func() error {
			return a.bucket.Put(ctx, c.SuppressedName(), bytes.NewReader(c.deletions), int64(len(c.deletions)),
				bucket.Options{ContentType: suppression.ContentType, OnlyNew: true})
		})
	}
	if err == nil && c.table {
		err = a.again(ctx, c, c.ParquetName(), func() error { return a.storeTable(ctx, c, metadata) })
	}
	if err != nil {
		return err
	}
	a.tel.Logger.Info("object archived", "object", c.Name(), "records", c.reach.Records, "bytes", c.size(), "closed_by", c.reason)
	return nil
}

func (a *archiver) storeLines(ctx context.Context, c *closedObject, metadata map[string]string) error {
	err := a.bucket.Put(ctx, c.Name(), &c.body, c.body.size,
		bucket.Options{ContentType: c.Format.ContentType(), Metadata: metadata, OnlyNew: true})
	if !errors.Is(err, bucket.ErrExists) {
		return err
	}
	if _, foreign := a.there(ctx, c.Object, c.reach.Last); foreign != nil {
		return foreign
	}
	return err
}

// errForeign says that the archive cannot go on without a person.
var errForeign = errors.New("an object of this name is there that covers other offsets; is the bucket that of another Kafka?")

// there returns the range of an object that must be the one which was to be put, up to offset last. It is not, where
// offsets have begun anew: then nothing may be taken for archived. It may begin elsewhere, because of an announced range
// that Kafka has dropped in part each owner puts what it was in time for.
func (a *archiver) there(ctx context.Context, o archived.Object, last int64) (archived.Range, error) {
	reach, err := a.rangeOf(ctx, o)
	if err != nil {
		return archived.Range{}, err
	}
	if reach.Last != last {
		return archived.Range{}, fmt.Errorf("%s: %w", o.Name(), errForeign)
	}
	return reach, nil
}

// readBack takes from an object that is there what its list and its table are made of: Kafka need not have the records any
// more.
func (a *archiver) readBack(ctx context.Context, c *closedObject) error {
	reach, err := a.there(ctx, c.Object, c.reach.Last)
	if err != nil {
		return err
	}
	body := pages{pool: &a.memory.pages}
	if _, err := a.bucket.Get(ctx, c.Name(), func(packed io.Reader) error {
		_, err := io.Copy(&body, packed)
		return err
	}); err != nil {
		body.release()
		return err
	}
	found := object{Object: c.Object, reach: reach, memory: &a.memory, body: body}
	if err := c.Format.Lines(io.NewSectionReader(&body, 0, body.size), func(text []byte) error {
		l, err := archived.ParseLine(text)
		if err != nil || l.Suppressed {
			return err
		}
		return found.list(l.Record)
	}); err != nil {
		body.release()
		return fmt.Errorf("read %s: %w", c.Name(), err)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	*c.object = found
	return nil
}

// storeTable makes one table at a time, because the memory of its columns is not counted.
func (a *archiver) storeTable(ctx context.Context, c *closedObject, metadata map[string]string) error {
	a.tables.Lock()
	defer a.tables.Unlock()
	w := a.bucket.NewWriter(ctx, c.ParquetName(), bucket.Options{ContentType: table.ContentType, Metadata: metadata, OnlyNew: true})
	err := table.Write(w, func(each func([]byte) error) error {
		return c.Format.Lines(io.NewSectionReader(&c.body, 0, c.body.size), each)
	})
	if err != nil {
		w.Abort()
		return fmt.Errorf("put %s: %w", c.ParquetName(), err)
	}
	return w.Commit()
}

// again tries until put has succeeded, found that the object is there, or ctx has ended. Puts of all partitions share
// their number, but one that has failed waits without being counted.
func (a *archiver) again(ctx context.Context, c *closedObject, name string, put func() error) error {
	fails := func(failing bool) {
		a.mu.Lock()
		defer a.mu.Unlock()
		c.failing = failing
	}
	err := a.insist(ctx, func() error {
		select {
		case a.puts <- struct{}{}:
		case <-ctx.Done():
			return ctx.Err()
		}
		defer func() { <-a.puts }()
		began := time.Now()
		err := put()
		a.metrics.puts.Observe(time.Since(began).Seconds())
		if errors.Is(err, bucket.ErrExists) {
			a.tel.Logger.Info("the object was there already, put by a former owner or by a try whose answer was lost", "object", name)
			return nil
		}
		if err != nil {
			fails(true)
		}
		return err
	})
	fails(false)
	if err == nil {
		a.ready()
	}
	return err
}

// ready says so, unless it is too early or the store does not take one of the objects.
func (a *archiver) ready() {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, p := range a.owned {
		if p.failing {
			return
		}
	}
	if a.started {
		a.tel.Ready()
	}
}

// insist tries until do has succeeded or ctx has ended, and says why it has not.
func (a *archiver) insist(ctx context.Context, do func() error) error {
	pause := backoff.NewExponentialBackOff()
	pause.MaxInterval = 30 * time.Second
	_, err := backoff.Retry(ctx, func() (struct{}, error) { return struct{}{}, do() },
		backoff.WithBackOff(pause), backoff.WithMaxElapsedTime(0), backoff.WithNotify(func(err error, d time.Duration) {
			if ctx.Err() != nil {
				return
			}
			a.metrics.failed.Inc()
			a.tel.Unready(err.Error())
			a.tel.Logger.Warn("the archive does not take objects; they wait", "error", err, "again_in", d.Round(time.Millisecond))
		}))
	return err
}
