package archive

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/minio/minio-go/v7"
	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/services/pipeline/archived"
	"catsvdogs/services/pipeline/broker"
	"catsvdogs/services/pipeline/kafkatest"
	"catsvdogs/services/pipeline/topic"
	"catsvdogs/services/sink/archive/bucket"
	"catsvdogs/services/sink/archive/storetest"
	"catsvdogs/services/sink/archive/suppression"
)

// store is a bucket that fails as it is told.
type store struct {
	*bucket.Bucket
	client *minio.Client
	name   string
	read   *archived.Bucket

	mu       sync.Mutex
	failures int // puts that still fail
	failure  error
	lost     int // puts whose answer is still to be lost: the object is there, the client gets an error
}

// newStore returns one that puts objects in parts where that can be tested with small ones.
func newStore(t *testing.T) *store {
	t.Helper()
	client, name := storetest.Start(t)
	partBytes := 512
	if storetest.IsReal() {
		partBytes = bucket.MinPartBytes
	}
	return &store{Bucket: bucket.New(client, name, partBytes), client: client, name: name, read: archived.NewBucket(client, name)}
}

func (s *store) fail(n int, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failures, s.failure = n, err
}

// Put puts, or fails.
func (s *store) Put(ctx context.Context, name string, body io.ReaderAt, size int64, o bucket.Options) error {
	s.mu.Lock()
	fails, loses := s.failures > 0, s.failures == 0 && s.lost > 0
	failure := s.failure
	if fails {
		s.failures--
	}
	if loses {
		s.lost--
	}
	s.mu.Unlock()
	if fails {
		return failure
	}
	err := s.Bucket.Put(ctx, name, body, size, o)
	if err == nil && loses {
		return errors.New("connection reset")
	}
	return err
}

// names lists what lies below a prefix.
func (s *store) names(t *testing.T, prefix string) []string {
	t.Helper()
	var names []string
	for info := range s.client.ListObjects(t.Context(), s.name, minio.ListObjectsOptions{Prefix: prefix, Recursive: true}) {
		if info.Err != nil {
			t.Fatal(info.Err)
		}
		names = append(names, info.Key)
	}
	return names
}

func (s *store) content(t *testing.T, name string) []byte {
	t.Helper()
	o, err := s.client.GetObject(t.Context(), s.name, name, minio.GetObjectOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer o.Close()
	content, err := io.ReadAll(o)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return content
}

type place struct {
	partition int32
	offset    int64
}

// check holds the archive against the log: each committed record once, byte for byte, in objects of one hour whose ranges
// follow one another, and each deletion on the list.
func (s *store) check(t *testing.T, cfg broker.Config) {
	t.Helper()
	for _, name := range []string{topic.Raw, topic.Enriched} {
		log := kafkatest.ReadAll(t, cfg, name)
		lines := s.lines(t, name)
		listed := s.suppressed(t, name)
		if len(lines) != len(log) || len(log) == 0 {
			t.Errorf("the archive has %d records of %s, the topic has %d", len(lines), name, len(log))
		}
		for _, r := range log {
			at := place{r.Partition, r.Offset}
			if got := lines[at]; got == nil || !bytes.Equal(got.Value, r.Value) || (got.Value == nil) != (r.Value == nil) || !bytes.Equal(got.Key, r.Key) {
				t.Errorf("%s/%v is %+v in the archive, want %q", name, at, got, r.Value)
			}
			if _, deletes := suppression.Of(r); deletes != listed[at] {
				t.Errorf("%s/%v: a deletion: %t, on the list: %t", name, at, deletes, listed[at])
			}
		}
	}
}

// lines returns what the archive holds of a topic. It checks each object, and that they follow one another.
func (s *store) lines(t *testing.T, name string) map[place]*kgo.Record {
	t.Helper()
	lines := map[place]*kgo.Record{}
	ranges := map[int32][]archived.Range{}
	err := s.read.Objects(t.Context(), name, func(o archived.Listed) error {
		records := 0
		content, err := s.read.Lines(t.Context(), o.Object, func(line []byte) error {
			l, err := archived.ParseLine(line)
			if err != nil {
				return err
			}
			if records++; records == 1 && (l.Offset != o.First || l.Partition != o.Partition) {
				t.Errorf("%s begins with %d@%d", o.Name(), l.Partition, l.Offset)
			}
			if !archived.HourOf(l.Record).Equal(o.Hour) {
				t.Errorf("%s holds a record of %s", o.Name(), l.Timestamp)
			}
			at := place{l.Partition, l.Offset}
			if lines[at] != nil {
				t.Errorf("%s/%v is archived twice", name, at)
			}
			lines[at] = l.Record
			return nil
		})
		if err != nil || content.RangeErr != nil {
			return errors.Join(err, content.RangeErr)
		}
		if content.Range.Records != records {
			t.Errorf("%s says %d records and has %d", o.Name(), content.Range.Records, records)
		}
		ranges[o.Partition] = append(ranges[o.Partition], content.Range)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for partition, of := range ranges {
		slices.SortFunc(of, func(a, b archived.Range) int { return int(a.Start - b.Start) })
		next := int64(0)
		for _, r := range of {
			if r.Start != next || r.Last < r.Start {
				t.Errorf("%s/%d: an object covers %d to %d, the ones before end before %d", name, partition, r.Start, r.Last, next)
			}
			next = r.Last + 1
		}
	}
	return lines
}

func (s *store) suppressed(t *testing.T, name string) map[place]bool {
	t.Helper()
	listed := map[place]bool{}
	for _, key := range s.names(t, archived.SuppressedRoot+name+"/") {
		for line := range strings.Lines(string(s.content(t, key))) {
			e, err := suppression.Parse([]byte(line))
			if err != nil {
				t.Fatalf("%s: %v", key, err)
			}
			if at := (place{e.Partition, e.Offset}); listed[at] {
				t.Errorf("%v is listed twice", at)
			} else {
				listed[at] = true
			}
		}
	}
	return listed
}

// objectOf is the object that an owner makes of these records, when it covers its partition from start on.
func objectOf(t *testing.T, start int64, records []*kgo.Record, format archived.Format) *closedObject {
	t.Helper()
	m := &memory{packers: packers{}}
	o, err := m.open(archived.ObjectOf(records[0], format), start)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range records {
		if err := o.add(r); err != nil {
			t.Fatal(err)
		}
	}
	if err := o.finish(); err != nil {
		t.Fatal(err)
	}
	return &closedObject{partition: &partition{topicPartition: topicPartition{records[0].Topic, records[0].Partition}}, object: o, reason: fmt.Sprint(start)}
}
