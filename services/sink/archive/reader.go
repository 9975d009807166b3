package archive

import (
	"context"

	"github.com/minio/minio-go/v7"
	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/services/pipeline/archived"
)

// S3 is an archive that is read.
type S3 struct{ bucket *archived.Bucket }

// NewS3 returns the archive in a bucket. It does not touch the network.
func NewS3(client *minio.Client, bucket string) *S3 { return &S3{archived.NewBucket(client, bucket)} }

// Read passes every record that the archive holds of a topic to each; see archived.Bucket. A suppressed record has no
// value.
func (s *S3) Read(ctx context.Context, topicName string, each func(*kgo.Record) error) error {
	return s.bucket.Read(ctx, topicName, func(l archived.Line) error { return each(l.Record) })
}
