package bucket

import (
	"context"
	"fmt"
	"time"

	"github.com/minio/minio-go/v7"
)

// List passes the name of every object below a prefix to each, and when it was put by the store's clock, in the order of the
// names. It stops at the first error.
func (b *Bucket) List(ctx context.Context, prefix string, each func(name string, modified time.Time) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // ends the listing
	for info := range b.core.Client.ListObjects(ctx, b.name, minio.ListObjectsOptions{Prefix: prefix, Recursive: true}) {
		if info.Err != nil {
			return fmt.Errorf("list %s: %w", prefix, info.Err)
		}
		if err := each(info.Key, info.LastModified); err != nil {
			return err
		}
	}
	return ctx.Err()
}
