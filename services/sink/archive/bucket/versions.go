package bucket

import (
	"context"
	"fmt"
	"net/http"

	"github.com/minio/minio-go/v7"
)

// IsVersioned says whether the bucket keeps, or has ever kept, what was overwritten. A store that does not know versions
// keeps none.
func (b *Bucket) IsVersioned(ctx context.Context) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	v, err := b.core.GetBucketVersioning(ctx, b.name)
	if status := minio.ToErrorResponse(err).StatusCode; status == http.StatusNotImplemented || status == http.StatusMethodNotAllowed {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("ask whether bucket %s keeps versions: %w", b.name, err)
	}
	return v.Status != "", nil
}

// DropOldVersions deletes every version of an object but the present one, and returns how many. The store refuses it for
// versions that are under a lock.
func (b *Bucket) DropOldVersions(ctx context.Context, name string) (int, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // ends the listing
	dropped := 0
	for v := range b.core.Client.ListObjects(ctx, b.name, minio.ListObjectsOptions{Prefix: name, Recursive: true, WithVersions: true}) {
		if v.Err != nil {
			return dropped, fmt.Errorf("list the versions of %s: %w", name, v.Err)
		}
		if v.Key != name || v.IsLatest {
			continue
		}
		if err := b.dropVersion(ctx, name, v.VersionID); err != nil {
			return dropped, err
		}
		dropped++
	}
	return dropped, ctx.Err()
}

func (b *Bucket) dropVersion(ctx context.Context, name, version string) error {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	if err := b.core.RemoveObject(ctx, b.name, name, minio.RemoveObjectOptions{VersionID: version}); err != nil {
		return fmt.Errorf("delete version %s of %s: %w", version, name, err)
	}
	return nil
}
