package archive

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
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
	metadata := c.reach.Metadata()
	if c.adopted {
		for _, name := range []string{c.Name(), c.ParquetName()} {
			if err := a.again(ctx, name, func() error { return a.bucket.AbortLeftovers(ctx, name) }); err != nil {
				return err
			}
		}
	}
	err := a.again(ctx, c.Name(), func() error {
		err := a.bucket.Put(ctx, c.Name(), &c.body, c.body.size,
			bucket.Options{ContentType: c.Format.ContentType(), Metadata: metadata, OnlyNew: true})
		if errors.Is(err, bucket.ErrExists) {
			return a.same(ctx, c)
		}
		return err
	})
	if err == nil && len(c.deletions) > 0 {
		err = a.again(ctx, c.SuppressedName(), func() error {
			return a.bucket.Put(ctx, c.SuppressedName(), bytes.NewReader(c.deletions), int64(len(c.deletions)),
				bucket.Options{ContentType: suppression.ContentType, OnlyNew: true})
		})
	}
	if err == nil && c.table {
		err = a.again(ctx, c.ParquetName(), func() error { return a.storeTable(ctx, c, metadata) })
	}
	if err != nil {
		return err
	}
	a.tel.Ready()
	a.tel.Logger.Info("object archived", "object", c.Name(), "records", c.reach.Records, "bytes", c.size(), "closed_by", c.reason)
	return nil
}

// errForeign says that the archive cannot go on without a person.
var errForeign = errors.New("an object of this name is there that covers other offsets; is the bucket that of another Kafka?")

// same returns bucket.ErrExists when the object that is there is the one that was to be put. It is not, where offsets have
// begun anew: then nothing may be taken for archived.
func (a *archiver) same(ctx context.Context, c *closedObject) error {
	stat, err := a.bucket.Stat(ctx, c.Name())
	if err != nil {
		return err
	}
	reach, err := archived.ParseRange(func(name string) string { return stat.Metadata[http.CanonicalHeaderKey(name)] })
	if err != nil || reach.Start != c.reach.Start || reach.Last != c.reach.Last {
		return fmt.Errorf("put %s: %w", c.Name(), errors.Join(errForeign, err))
	}
	return bucket.ErrExists
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

// again tries until put has succeeded, found that the object is there, or ctx has ended.
func (a *archiver) again(ctx context.Context, name string, put func() error) error {
	pause := backoff.NewExponentialBackOff()
	pause.MaxInterval = 30 * time.Second
	_, err := backoff.Retry(ctx, func() (struct{}, error) {
		began := time.Now()
		err := put()
		a.metrics.puts.Observe(time.Since(began).Seconds())
		if errors.Is(err, bucket.ErrExists) {
			a.tel.Logger.Info("the object was there already, put by a former owner or by a try whose answer was lost", "object", name)
			return struct{}{}, nil
		}
		return struct{}{}, err
	}, backoff.WithBackOff(pause), backoff.WithMaxElapsedTime(0), backoff.WithNotify(func(err error, d time.Duration) {
		a.metrics.failed.Inc()
		a.tel.Unready(err.Error())
		a.tel.Logger.Warn("the archive does not take objects; they wait", "error", err, "again_in", d.Round(time.Millisecond))
	}))
	return err
}
