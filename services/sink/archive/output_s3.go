package archive

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"github.com/minio/minio-go/v7"
)

// errExists is returned by Store.Put when there is an object of this name already.
var errExists = errors.New("the object is there already")

// S3 is a bucket. Use it from any goroutine.
type S3 struct {
	client *minio.Client
	bucket string
}

// NewS3 returns the bucket of a store. It does not touch the network.
func NewS3(client *minio.Client, bucket string) *S3 { return &S3{client: client, bucket: bucket} }

// Check returns an error while the bucket cannot be used.
func (s *S3) Check(ctx context.Context) error {
	ok, err := s.client.BucketExists(ctx, s.bucket)
	if err != nil {
		return fmt.Errorf("look for bucket %s: %w", s.bucket, err)
	}
	if !ok {
		return fmt.Errorf("bucket %s is missing; run provision to make it", s.bucket)
	}
	return nil
}

// Put writes an object unless there is one of this name already, then its error wraps errExists. A nil error means that
// the store has the whole object: a checksum travels with it.
func (s *S3) Put(ctx context.Context, o *object) error {
	body, err := o.bytes()
	if err != nil {
		return err
	}
	options := minio.PutObjectOptions{
		ContentType: "application/zstd",
		UserMetadata: map[string]string{
			"first-offset": strconv.FormatInt(o.first, 10),
			"last-offset":  strconv.FormatInt(o.last, 10),
			"records":      strconv.Itoa(o.records),
		},
		// The client sends the condition below when a multipart upload begins, not when it completes, which is when
		// the object appears. A single put takes up to 5 GiB, far over what is held in memory.
		DisableMultipart: true,
	}
	// An object is written once; see the proof in archive.go.
	options.SetMatchETagExcept("*")
	_, err = s.client.PutObject(ctx, s.bucket, o.name, bytes.NewReader(body), int64(len(body)), options)
	if minio.ToErrorResponse(err).StatusCode == http.StatusPreconditionFailed {
		return fmt.Errorf("put %s: %w", o.name, errExists)
	}
	if err != nil {
		return fmt.Errorf("put %s: %w", o.name, err)
	}
	return nil
}
