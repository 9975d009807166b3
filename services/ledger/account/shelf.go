package account

import (
	"bytes"
	"fmt"
)

// Stamp is what is compared of a record and its line in the archive. Contents stand as digests, so that none is held.
type Stamp struct {
	Topic     string
	Partition int32
	Offset    int64
	Key       []byte // nil is not the same as empty
	Time      int64  // the record's, Unix milliseconds
	Observed  int64  // as its header says or, without one, Time
	Headers   Digest
	Value     Digest // zero is no value
	// Suppressed says that the line's content was taken away; then headers and value say nothing.
	Suppressed bool
}

// Log is the committed records of a partition in their order.
type Log interface {
	// Peek returns the next one; nil at the end.
	Peek() (*Stamp, error)
	// Pop passes over it.
	Pop()
	// Aborted says whether there is a record at an offset that was never committed. Offsets come in rising order.
	Aborted(offset int64) (bool, error)
}

// Span is which offsets are judged and which of them Kafka has, ends excluded.
type Span struct {
	From, To   int64 // to judge
	Start, End int64 // of the log; both 0 when Kafka does not have the partition
}

// Object is an object of the archive as it says of itself.
type Object struct {
	Name    string
	Version string // another one is another content
	First   int64  // as its name says
	// Start and Last are the offsets that it covers, Last included, and Lines how many lines it has, as its metadata says;
	// RangeErr is why it does not.
	Start, Last int64
	Lines       int64
	RangeErr    error
}

// Shelf holds a partition's log against its objects, which come in the order of their first offsets, each with its lines.
//
// Where Kafka has dropped the offsets, the objects' own bookkeeping decides: each begins to cover where the one before
// ends and has as many lines as it says, in rising order. An offset without a line then carried no record. From the log's
// start on every record is compared. It holds one line at a time.
type Shelf struct {
	Sum     Sum
	Covered int64 // first offset that no object so far covers

	topic     string
	partition int32
	span      Span
	log       Log
	deleted   func(Stamp) (bool, error)
	found     func(Finding)

	last   int64 // highest offset of a line
	told   int64 // highest offset of a gap that was told of
	object Object
	at     int64 // highest offset of a line of the object
	lines  int64

	missing, double *Finding
}

// Sum is what was seen of a partition in the archive.
type Sum struct {
	Objects    int64 `json:"objects"`
	Records    int64 `json:"records"`    // once
	Suppressed int64 `json:"suppressed"` // stubs of deleted posts among them
	Compared   int64 `json:"compared"`   // of them, with what Kafka still has
}

// NewShelf begins a walk. deleted says whether the list of deletions takes a line, found is told of what is wrong.
func NewShelf(topic string, partition int32, s Span, log Log, deleted func(Stamp) (bool, error), found func(Finding)) *Shelf {
	return &Shelf{
		Covered: s.From, topic: topic, partition: partition, span: s, log: log, deleted: deleted, found: found, last: s.From - 1, told: -1,
	}
}

func (s *Shelf) tell(f Finding) {
	f.Topic, f.Partition = s.topic, s.partition
	s.found(f)
}

// Begin begins an object.
func (s *Shelf) Begin(o Object) {
	s.Sum.Objects++
	s.object, s.at, s.lines = o, -1, 0
	if o.RangeErr != nil {
		s.tell(Finding{Kind: NoRange, First: o.First, Last: o.First, Object: o.Name, Detail: o.RangeErr.Error()})
		return
	}
	if o.Start > s.Covered {
		s.gap(s.Covered, min(o.Start, s.span.To)-1)
	}
	s.Covered = max(s.Covered, o.Last+1)
}

// Line takes the next line of the object. Its error is the log's.
func (s *Shelf) Line(l Stamp) error {
	s.lines++
	o := s.object
	// The first line may lie behind First: its record may have been compacted away while its range was announced and not put.
	if l.Topic != s.topic || l.Partition != s.partition || l.Offset <= s.at || l.Offset < o.First ||
		o.RangeErr == nil && (l.Offset < o.Start || l.Offset > o.Last) {
		s.tell(Finding{Kind: Disorder, First: l.Offset, Last: l.Offset, Records: 1, Object: o.Name, Key: string(l.Key)})
		return nil
	}
	s.at = l.Offset
	if l.Offset < s.span.From || l.Offset >= s.span.To {
		return nil
	}
	if l.Offset <= s.last {
		s.doubled(l.Offset)
		return nil
	}
	s.last = l.Offset
	if err := s.upTo(l.Offset); err != nil {
		return err
	}
	return s.compare(l)
}

func (s *Shelf) compare(l Stamp) error {
	s.Sum.Records++
	if l.Suppressed {
		s.Sum.Suppressed++
		rightly, err := s.deleted(l)
		if err != nil {
			return err
		}
		if !rightly {
			s.differs(l, "its content is suppressed, and no deletion on the list takes it")
		}
	}
	r, err := s.log.Peek()
	if err != nil {
		return err
	}
	if r != nil && r.Offset == l.Offset {
		s.log.Pop()
		s.Sum.Compared++
		if what := difference(*r, l); what != "" {
			s.differs(l, "Kafka has another "+what)
		}
		return nil
	}
	if l.Offset < max(s.span.From, s.span.Start) || l.Offset >= s.span.End {
		return nil
	}
	aborted, err := s.log.Aborted(l.Offset)
	if aborted {
		s.tell(Finding{Kind: Aborted, First: l.Offset, Last: l.Offset, Records: 1, Object: s.object.Name, Key: string(l.Key)})
	}
	return err
}

// EndObject ends the object; unreadable is why not all of it could be read.
func (s *Shelf) EndObject(unreadable error) {
	o := s.object
	switch {
	case unreadable != nil:
		s.flush()
		s.tell(Finding{Kind: Unreadable, First: max(o.First, s.at+1), Last: max(o.First, s.Covered-1), Object: o.Name, Detail: unreadable.Error()})
	case o.RangeErr == nil && s.lines != o.Lines:
		s.flush()
		s.tell(Finding{Kind: Count, First: o.First, Last: o.Last, Records: o.Lines - s.lines, Object: o.Name, Detail: "lines are missing, or below zero, too many"})
	}
}

// End ends the walk.
func (s *Shelf) End() error {
	if s.Covered < s.span.To {
		s.gap(s.Covered, s.span.To-1)
	}
	err := s.upTo(s.span.To)
	s.flush()
	return err
}

// upTo takes the records that Kafka has before an offset, which are not in the archive.
func (s *Shelf) upTo(offset int64) error {
	s.flushDouble()
	for {
		r, err := s.log.Peek()
		if err != nil {
			return err
		}
		if r == nil || r.Offset >= offset {
			s.flushMissing()
			return nil
		}
		s.log.Pop()
		if r.Offset <= s.told {
			continue
		}
		if s.missing == nil {
			s.missing = &Finding{Kind: Gap, First: r.Offset, Key: string(r.Key), Detail: "Kafka has them"}
		}
		s.missing.Last = r.Offset
		s.missing.Records++
	}
}

// gap tells of offsets that no object covers.
func (s *Shelf) gap(first, last int64) {
	if last < first {
		return
	}
	s.flush()
	s.told = last
	s.tell(Finding{Kind: Gap, First: first, Last: last, Detail: "no object covers them"})
}

func (s *Shelf) doubled(offset int64) {
	if s.double == nil || s.double.Object != s.object.Name {
		s.flushDouble()
		s.double = &Finding{Kind: Double, First: offset, Object: s.object.Name}
	}
	s.double.Last = offset
	s.double.Records++
}

func (s *Shelf) flush() {
	s.flushMissing()
	s.flushDouble()
}

func (s *Shelf) flushMissing() {
	if s.missing != nil {
		s.tell(*s.missing)
		s.missing = nil
	}
}

func (s *Shelf) flushDouble() {
	if s.double != nil {
		s.tell(*s.double)
		s.double = nil
	}
}

func (s *Shelf) differs(l Stamp, detail string) {
	s.tell(Finding{Kind: Differs, First: l.Offset, Last: l.Offset, Records: 1, Object: s.object.Name, Key: string(l.Key), Detail: detail})
}

// difference says in what a line is not the record; "" when it is. Of a suppressed one key, time and observation are left.
func difference(r, l Stamp) string {
	switch {
	case !bytes.Equal(r.Key, l.Key) || (r.Key == nil) != (l.Key == nil):
		return "key"
	case r.Time != l.Time:
		return fmt.Sprintf("timestamp, %d ms away", r.Time-l.Time)
	case l.Suppressed && r.Observed != l.Observed:
		return "observed_at"
	case l.Suppressed:
		return ""
	case r.Value != l.Value:
		return "value"
	case r.Headers != l.Headers:
		return "headers"
	}
	return ""
}
