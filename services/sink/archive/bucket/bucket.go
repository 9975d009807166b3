// Package bucket puts objects into an S3 bucket: whole or not at all, only under the condition that was given, with a
// checksum that the store verifies, and in parts where they are large. It owns requests and their bounds; what objects hold
// and what a condition is for is its users' business. Trying again is theirs, too.
package bucket

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"
)

// Errors of a condition that does not hold. Nothing was changed then.
var (
	ErrExists  = errors.New("the object is there already")
	ErrChanged = errors.New("the object is not the one that was read")
	ErrMissing = errors.New("there is no such object")
)

// MinPartBytes is the least that S3 takes as a part that is not the last
// (https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html).
const MinPartBytes = 5 << 20

// requestTimeout bounds one request. A part of 8 MiB takes that long at 70 kB/s.
const requestTimeout = 2 * time.Minute

// Bucket is a bucket of a store. Use it from any goroutine.
type Bucket struct {
	core      minio.Core
	name      string
	partBytes int64
}

// New returns a bucket. Objects over partBytes are put in parts of that size; S3 wants MinPartBytes at least and 10,000
// parts at most. It does not touch the network.
func New(client *minio.Client, name string, partBytes int) *Bucket {
	return &Bucket{core: minio.Core{Client: client}, name: name, partBytes: int64(partBytes)}
}

// Options are what an object is put with.
type Options struct {
	ContentType string
	Metadata    map[string]string
	OnlyNew     bool   // put it only where there is none of its name; ErrExists otherwise
	IfMatch     string // put it only in the place of the version with this ETag; ErrChanged otherwise
}

// Check returns an error while the bucket cannot be used.
func (b *Bucket) Check(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	ok, err := b.core.BucketExists(ctx, b.name)
	if err != nil {
		return fmt.Errorf("look for bucket %s: %w", b.name, err)
	}
	if !ok {
		return fmt.Errorf("bucket %s is missing; run provision to make it", b.name)
	}
	return nil
}

// Stat is what the store knows of an object.
type Stat struct {
	ETag     string
	Metadata map[string]string // names as Go writes headers
	Modified time.Time         // when it was put, by the store's clock
}

// Stat asks for an object; ErrMissing when there is none.
func (b *Bucket) Stat(ctx context.Context, name string) (Stat, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	info, err := b.core.StatObject(ctx, b.name, name, minio.StatObjectOptions{})
	if minio.ToErrorResponse(err).StatusCode == http.StatusNotFound {
		return Stat{}, fmt.Errorf("look for %s: %w", name, ErrMissing)
	}
	if err != nil {
		return Stat{}, fmt.Errorf("look for %s: %w", name, err)
	}
	return Stat{ETag: strings.Trim(info.ETag, `"`), Metadata: info.UserMetadata, Modified: info.LastModified}, nil
}

// Get passes an object's content to use, and returns its ETag; ErrMissing when there is none.
func (b *Bucket) Get(ctx context.Context, name string, use func(io.Reader) error) (etag string, err error) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	body, info, _, err := b.core.GetObject(ctx, b.name, name, minio.GetObjectOptions{})
	if minio.ToErrorResponse(err).StatusCode == http.StatusNotFound {
		return "", fmt.Errorf("read %s: %w", name, ErrMissing)
	}
	if err != nil {
		return "", fmt.Errorf("read %s: %w", name, err)
	}
	defer func() { _ = body.Close() }() // what was read has been read
	if err := use(body); err != nil {
		return "", fmt.Errorf("read %s: %w", name, err)
	}
	return strings.Trim(info.ETag, `"`), nil
}

// Put writes an object of size bytes. A nil error means that the store has the whole object and has found it intact.
func (b *Bucket) Put(ctx context.Context, name string, body io.ReaderAt, size int64, o Options) error {
	if size <= b.partBytes {
		return b.putWhole(ctx, name, io.NewSectionReader(body, 0, size), o)
	}
	u, err := b.begin(ctx, name, o)
	if err != nil {
		return err
	}
	for from := int64(0); from < size; from += b.partBytes {
		if err := u.part(ctx, io.NewSectionReader(body, from, min(b.partBytes, size-from))); err != nil {
			u.abort(ctx)
			return err
		}
	}
	return u.complete(ctx)
}

// judged names the condition in an answer that says it did not hold.
func judged(what, name string, o Options, err error) error {
	if err == nil {
		return nil
	}
	status := minio.ToErrorResponse(err).StatusCode
	switch {
	case status == http.StatusPreconditionFailed && o.OnlyNew:
		err = ErrExists
	case status == http.StatusPreconditionFailed && o.IfMatch != "", status == http.StatusNotFound && o.IfMatch != "":
		err = ErrChanged
	}
	return fmt.Errorf("%s %s: %w", what, name, err)
}

func (o Options) request() minio.PutObjectOptions {
	r := minio.PutObjectOptions{ContentType: o.ContentType, UserMetadata: map[string]string{}}
	for name, value := range o.Metadata {
		r.UserMetadata[name] = value
	}
	o.condition(&r)
	return r
}

func (o Options) condition(r *minio.PutObjectOptions) {
	if o.OnlyNew {
		r.SetMatchETagExcept("*")
	}
	if o.IfMatch != "" {
		r.SetMatchETag(o.IfMatch)
	}
}
