package archived

import (
	"bufio"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// Format is how an object's lines are packed. It stands at the end of the object's name, so objects of several formats
// may lie side by side.
type Format string

// Formats of objects.
const (
	Zstd Format = "ndjson.zst" // RFC 8878, one frame
	Gzip Format = "ndjson.gz"  // RFC 1952, one member
)

// ContentType is what HTTP calls the format.
func (f Format) ContentType() string {
	if f == Gzip {
		return "application/gzip"
	}
	return "application/zstd"
}

const (
	// maxWindowBytes bounds what a zstd frame may ask a reader to hold; ours ask for a quarter of a megabyte.
	maxWindowBytes = 64 << 20
	// maxLineBytes bounds a line. A record of at most topic.MaxRecordBytes grows by a third as base64, or sixfold where
	// a header needs escapes.
	maxLineBytes = 32 << 20
)

// Lines reads an object's lines in their order and passes each to each, whose error ends it. packed is the object's
// content. A line is good until each returns. What is cut off or damaged is an error: both formats carry checksums.
func (f Format) Lines(packed io.Reader, each func(line []byte) error) error {
	content, closeContent, err := f.unpack(packed)
	if err != nil {
		return fmt.Errorf("unpack: %w", err)
	}
	defer closeContent()
	lines := bufio.NewReaderSize(content, 256<<10)
	var long []byte
	for {
		piece, err := lines.ReadSlice('\n')
		if errors.Is(err, bufio.ErrBufferFull) || len(long) > 0 {
			if len(long)+len(piece) > maxLineBytes {
				return fmt.Errorf("%w: it is over %d bytes", ErrLine, maxLineBytes)
			}
			long = append(long, piece...)
			piece = long
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case errors.Is(err, io.EOF) && len(piece) == 0:
			return nil
		case errors.Is(err, io.EOF):
			return fmt.Errorf("%w: the last one has no end", ErrLine)
		case err != nil:
			return fmt.Errorf("unpack: %w", err)
		}
		if err := each(piece); err != nil {
			return err
		}
		long = long[:0]
	}
}

func (f Format) unpack(packed io.Reader) (io.Reader, func(), error) {
	if f == Gzip {
		z, err := gzip.NewReader(packed)
		return z, func() {}, err
	}
	z, err := zstd.NewReader(packed, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxWindowBytes))
	if err != nil {
		return nil, nil, err
	}
	return z, z.Close, nil
}
