package archived

import (
	"fmt"
	"regexp"
	"strconv"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// Object says which records an object holds, as its name says it.
type Object struct {
	Topic     string
	Partition int32
	First     int64     // offset of its first record
	Hour      time.Time // of its first record, and so of all; UTC
	Format    Format
}

// ObjectOf returns the object that begins with this record. It follows from the log alone: the same records give the same
// name whoever writes them and whenever.
func ObjectOf(first *kgo.Record, f Format) Object {
	return Object{Topic: first.Topic, Partition: first.Partition, First: first.Offset, Hour: HourOf(first), Format: f}
}

// HourOf is the hour of a record's timestamp, in UTC; of one that no date can say, the first or the last that one can.
func HourOf(r *kgo.Record) time.Time { return writable(r.Timestamp).Truncate(time.Hour) }

func (o Object) stem() string {
	return fmt.Sprintf("%s/dt=%s/hour=%s/%s-%d-%020d",
		o.Topic, o.Hour.Format("2006-01-02"), o.Hour.Format("15"), o.Topic, o.Partition, o.First)
}

// Name is where the object is in the bucket.
func (o Object) Name() string { return o.stem() + "." + string(o.Format) }

// Roots of what follows from objects.
const (
	SuppressedRoot = "suppressed/"
	ParquetRoot    = "parquet/"
)

// SuppressedName is where the deletions among the object's records are listed.
func (o Object) SuppressedName() string { return SuppressedRoot + o.stem() + ".ndjson" }

// ParquetName is where the object's documents are as a table. It has a root of its own, so that a query engine can be
// pointed at a folder that holds nothing else.
func (o Object) ParquetName() string { return ParquetRoot + o.stem() + ".parquet" }

var objectName = regexp.MustCompile(`^([^/]+)/dt=(\d{4}-\d\d-\d\d)/hour=(\d\d)/([^/]+)-(\d{1,9})-(\d{20})\.(ndjson\.(?:zst|gz))$`)

// ParseName reads the name of an object; it says false for one that is no object's.
func ParseName(name string) (Object, bool) {
	m := objectName.FindStringSubmatch(name)
	if m == nil || m[1] != m[4] {
		return Object{}, false
	}
	hour, err := time.Parse("2006-01-02 15", m[2]+" "+m[3])
	if err != nil {
		return Object{}, false
	}
	partition, err := strconv.ParseInt(m[5], 10, 32)
	if err != nil {
		return Object{}, false
	}
	first, err := strconv.ParseInt(m[6], 10, 64)
	if err != nil {
		return Object{}, false
	}
	o := Object{Topic: m[1], Partition: int32(partition), First: first, Hour: hour, Format: Format(m[7])}
	return o, o.Name() == name // one with zeros before its partition would be another object with the same records
}

// Range is what an object says of its records, in its metadata: all records of its partition from offset Start to offset
// Last, Records in number. Offsets in between without a line carry no record (markers and aborted records of transactions,
// compacted records), so that later, when Kafka has forgotten them, a lost line can still be told from them: the count
// would be wrong, or the object after it would not start at Last+1.
type Range struct {
	Start      int64
	Last       int64
	Records    int
	Suppressed int // stubs among the records
}

// Names in an object's metadata, without x-amz-meta-.
const (
	metaStart      = "start-offset"
	metaLast       = "last-offset"
	metaRecords    = "records"
	metaSuppressed = "suppressed"
)

// Metadata is the range as an object's metadata.
func (r Range) Metadata() map[string]string {
	return map[string]string{
		metaStart:      strconv.FormatInt(r.Start, 10),
		metaLast:       strconv.FormatInt(r.Last, 10),
		metaRecords:    strconv.Itoa(r.Records),
		metaSuppressed: strconv.Itoa(r.Suppressed),
	}
}

// ParseRange reads metadata; get returns what stands under a name without x-amz-meta-.
func ParseRange(get func(name string) string) (Range, error) {
	var r Range
	var err error
	number := func(name string, bits int) int64 {
		n, e := strconv.ParseInt(get(name), 10, bits)
		if e != nil || n < 0 {
			err = fmt.Errorf("the metadata %s is %.40q and no number", name, get(name))
		}
		return n
	}
	r.Start, r.Last = number(metaStart, 64), number(metaLast, 64)
	r.Records, r.Suppressed = int(number(metaRecords, 0)), int(number(metaSuppressed, 0))
	return r, err
}
