package archived

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"
)

// Bucket is an archive that is read. Use it from any goroutine.
type Bucket struct {
	client *minio.Client
	name   string
}

// NewBucket returns the archive in a bucket. It does not touch the network.
func NewBucket(client *minio.Client, name string) *Bucket { return &Bucket{client: client, name: name} }

// Read passes every record that the archive holds of a topic to each, suppressed ones included: object by object in the
// order of their names, which is by hour and then by partition, and within an object in the order of the log. It stops at
// the first error.
func (b *Bucket) Read(ctx context.Context, topicName string, each func(Line) error) error {
	return b.Objects(ctx, topicName, func(l Listed) error {
		_, err := b.Lines(ctx, l.Object, func(line []byte) error {
			parsed, err := ParseLine(line)
			if err != nil {
				return err
			}
			return each(parsed)
		})
		return err
	})
}

// Listed is an object as a listing shows it.
type Listed struct {
	Object
	Size     int64
	Modified time.Time // by the store's clock
}

// Objects lists the archive of a topic in the order of the names. What lies there and is no object of the archive is
// passed over. It stops at the first error.
func (b *Bucket) Objects(ctx context.Context, topicName string, each func(Listed) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // ends the listing
	for info := range b.client.ListObjects(ctx, b.name, minio.ListObjectsOptions{Prefix: topicName + "/", Recursive: true}) {
		if info.Err != nil {
			return fmt.Errorf("list the archive of %s: %w", topicName, info.Err)
		}
		o, ok := ParseName(info.Key)
		if !ok || o.Topic != topicName {
			continue
		}
		if err := each(Listed{Object: o, Size: info.Size, Modified: info.LastModified}); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// Content is an object as it was when it was opened.
type Content struct {
	Range    Range
	RangeErr error // why the object does not say its range
	ETag     string
}

// Lines reads an object and passes its lines to each; see Format.Lines. Errors name the object. One read sees one version
// of an object, also while compaction puts another in its place.
func (b *Bucket) Lines(ctx context.Context, o Object, each func(line []byte) error) (Content, error) {
	var c Content
	err := b.Open(ctx, o, func(opened Content, packed io.Reader) error {
		c = opened
		return o.Format.Lines(packed, each)
	})
	return c, err
}

// Open passes what an object says of itself and its packed content to use.
func (b *Bucket) Open(ctx context.Context, o Object, use func(Content, io.Reader) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	// GetObject of the core is one request, where that of the client begins with another and may ask again in between.
	body, info, header, err := minio.Core{Client: b.client}.GetObject(ctx, b.name, o.Name(), minio.GetObjectOptions{})
	if err != nil {
		return fmt.Errorf("read %s: %w", o.Name(), err)
	}
	defer func() { _ = body.Close() }() // what was read has been read
	c := Content{ETag: strings.Trim(info.ETag, `"`)}
	c.Range, c.RangeErr = ParseRange(func(name string) string { return header.Get("X-Amz-Meta-" + name) })
	if err := use(c, body); err != nil {
		return fmt.Errorf("read %s: %w", o.Name(), err)
	}
	return nil
}

// Deletions passes the parts of the suppression list to each, which are lines of JSON. It stops at the first error.
func (b *Bucket) Deletions(ctx context.Context, each func(list io.Reader) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // ends the listing
	for info := range b.client.ListObjects(ctx, b.name, minio.ListObjectsOptions{Prefix: SuppressedRoot, Recursive: true}) {
		if info.Err != nil {
			return fmt.Errorf("list the deletions: %w", info.Err)
		}
		if !strings.HasSuffix(info.Key, ".ndjson") {
			continue // how far compaction is
		}
		body, _, _, err := minio.Core{Client: b.client}.GetObject(ctx, b.name, info.Key, minio.GetObjectOptions{})
		if err == nil {
			err = each(body)
			_ = body.Close() // what was read has been read
		}
		if err != nil {
			return fmt.Errorf("read %s: %w", info.Key, err)
		}
	}
	return ctx.Err()
}
