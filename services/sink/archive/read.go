package archive

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/klauspost/compress/zstd"
	"github.com/minio/minio-go/v7"
	"github.com/twmb/franz-go/pkg/kgo"
)

// maxWindowBytes bounds what a frame may ask a reader to hold; ours ask for half a megabyte.
const maxWindowBytes = 64 << 20

// Read passes every record that the archive holds of a topic to each, object by object in the order of their names, and
// within an object in the order of the log. It stops at the first error.
func (s *S3) Read(ctx context.Context, topicName string, each func(*kgo.Record) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // ends the listing
	for info := range s.client.ListObjects(ctx, s.bucket, minio.ListObjectsOptions{Prefix: topicName + "/", Recursive: true}) {
		if info.Err != nil {
			return fmt.Errorf("list the archive of %s: %w", topicName, info.Err)
		}
		if !strings.HasSuffix(info.Key, ".ndjson.zst") {
			continue
		}
		if err := s.readObject(ctx, info.Key, each); err != nil {
			return fmt.Errorf("read %s: %w", info.Key, err)
		}
	}
	return ctx.Err()
}

func (s *S3) readObject(ctx context.Context, name string, each func(*kgo.Record) error) error {
	o, err := s.client.GetObject(ctx, s.bucket, name, minio.GetObjectOptions{})
	if err != nil {
		return err
	}
	defer func() { _ = o.Close() }() // what was read has been read
	z, err := zstd.NewReader(o, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxWindowBytes))
	if err != nil {
		return err
	}
	defer z.Close()
	lines := bufio.NewReaderSize(z, 1<<20)
	for {
		line, err := lines.ReadBytes('\n')
		if errors.Is(err, io.EOF) && len(line) == 0 {
			return nil
		}
		if err != nil {
			return err
		}
		r, err := ParseLine(line)
		if err != nil {
			return err
		}
		if err := each(r); err != nil {
			return err
		}
	}
}
