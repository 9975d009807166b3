package archive

import (
	"bytes"
	"fmt"
	"time"

	"github.com/klauspost/compress/zstd"
	"github.com/twmb/franz-go/pkg/kgo"
)

// object is an archive object that is being filled with records of one partition.
type object struct {
	name        string
	first, last int64 // offsets of its first and last record
	records     int
	hour        time.Time // of its first record
	opened      time.Time // when its first record came, by the wall clock

	body    bytes.Buffer
	encoder *zstd.Encoder
	line    []byte
	closed  bool
}

// objectName follows from the log alone: the first record's place and time. The same records give the same name
// whoever writes them and whenever.
func objectName(first *kgo.Record) string {
	t := first.Timestamp.UTC()
	return fmt.Sprintf("%s/dt=%s/hour=%s/%s-%d-%020d.ndjson.zst",
		first.Topic, t.Format("2006-01-02"), t.Format("15"), first.Topic, first.Partition, first.Offset)
}

// newObject opens an object that starts with this record.
func newObject(first *kgo.Record, now time.Time) (*object, error) {
	o := &object{name: objectName(first), first: first.Offset, hour: recordHour(first), opened: now}
	var err error
	// One goroutine and a small window: there is an open object for each partition, and tens of them must fit.
	o.encoder, err = zstd.NewWriter(&o.body, zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(512<<10), zstd.WithLowerEncoderMem(true))
	if err != nil {
		return nil, fmt.Errorf("start compressing: %w", err)
	}
	return o, nil
}

func (o *object) add(r *kgo.Record) error {
	o.line = appendLine(o.line[:0], r)
	if _, err := o.encoder.Write(o.line); err != nil {
		return fmt.Errorf("compress a record: %w", err)
	}
	o.records++
	o.last = r.Offset
	return nil
}

// size is how many compressed bytes the object holds; the encoder holds back up to its window.
func (o *object) size() int { return o.body.Len() }

// bytes ends the object and returns it. It may be called again.
func (o *object) bytes() ([]byte, error) {
	if !o.closed {
		if err := o.encoder.Close(); err != nil {
			return nil, fmt.Errorf("finish compressing: %w", err)
		}
		o.closed = true
	}
	return o.body.Bytes(), nil
}

func recordHour(r *kgo.Record) time.Time { return r.Timestamp.UTC().Truncate(time.Hour) }
