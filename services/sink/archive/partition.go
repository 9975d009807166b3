package archive

import (
	"context"

	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/services/pipeline/archived"
)

// topicPartition names a partition of a topic.
type topicPartition struct {
	topic  string
	number int32
}

// partition is what is known of an owned partition. An announced range whose last offset has been compacted away is
// complete when a later record comes; compaction takes a record only when there is a later one with its key, and the
// marker of a transaction only after its records.
type partition struct {
	topicPartition
	commit int64      // the group's committed offset; -1 for none
	after  int64      // what commit must be when the next object's turn has come; -1 for none
	start  int64      // first offset that the next object covers; -1 when that is where the log starts
	next   int64      // offset after the last record that was taken
	intent *announced // what a former owner announced at start and has not put; nil once it is done
	open   *object    // nil when no record has come
	lost   int64      // offsets that have left Kafka before they were archived, since somebody was told

	waiting []*closedObject // closed and not archived yet, in order; the first one is on its way
	failing bool            // a put of the first one has failed, and none has succeeded since
	owning  context.Context // ends with the ownership
	disown  context.CancelFunc
}

// closedObject is an object that is on its way to the store.
type closedObject struct {
	*partition
	*object
	after   int64 // committed offset while the object is on its way; -1 for none
	table   bool  // a Parquet file is made of it, too
	adopted bool  // a former owner has announced it, and may have uploaded it or a part of it
	found   bool  // it was in the store when the partition was taken over; body and deletions are read from there
	reason  string
}

// packing is how objects are written.
type packing struct {
	format   archived.Format
	tables   bool
	rotation Rotation
}

// add puts a record into the open object and returns the objects that are closed by it: none, one, or two. logStart is
// the offset of the first record that Kafka still has, or may have.
func (p *partition) add(r *kgo.Record, logStart int64, m *memory, how packing) ([]*closedObject, error) {
	var closed []*closedObject
	if reason := p.ends(r, logStart, how.rotation); reason != "" {
		c, err := p.close(reason, how)
		if err != nil {
			return nil, err
		}
		closed = append(closed, c)
	}
	if p.intent != nil && p.open != nil && logStart > p.next {
		// Kafka has dropped the middle of the announced range, and an object cannot say that. It covers the end only.
		p.open.drop()
		p.open = nil
	}
	if p.open == nil {
		if err := p.begin(r, logStart, m, how); err != nil {
			return nil, err
		}
	}
	if err := p.open.add(r); err != nil {
		return nil, err
	}
	p.next = r.Offset + 1
	if p.intent != nil && r.Offset == p.intent.Last {
		c, err := p.close(reasonIntent, how)
		if err != nil {
			return nil, err
		}
		closed = append(closed, c)
	}
	return closed, nil
}

// ends says why the open object must be closed before the record; "" when it need not.
func (p *partition) ends(r *kgo.Record, logStart int64, rotation Rotation) string {
	switch {
	case p.open == nil:
		return ""
	case p.intent != nil && r.Offset > p.intent.Last:
		return reasonIntent // the record at Last has been compacted away meanwhile
	case p.intent != nil:
		return ""
	case logStart > p.next:
		return reasonCut
	}
	return rotation.full(p.open, r)
}

// begin opens the object that starts with the record.
func (p *partition) begin(r *kgo.Record, logStart int64, m *memory, how packing) error {
	if p.intent != nil && r.Offset > p.intent.Last {
		// Nothing of the announced range is left in Kafka, and it was not put: see resume.go. What was compacted away is
		// covered by this object; what was dropped is lost.
		p.intent = nil
	}
	name, start := archived.ObjectOf(r, how.format), p.start
	if p.intent != nil {
		name = p.intent.object // also where its first record is gone: a late former owner must come upon this one
	}
	if logStart > start {
		// Nothing was ever committed, or what lies between has left Kafka: the object must not say that it covers it.
		start = min(logStart, r.Offset)
		if p.start >= 0 {
			p.lost += start - p.start
		}
	}
	var err error
	p.open, err = m.open(name, max(start, 0))
	return err
}

// close takes the open object out. The range of an intent ends where it was announced to end.
func (p *partition) close(reason string, how packing) (*closedObject, error) {
	c := &closedObject{partition: p, object: p.open, after: p.after, table: how.tables && isTable(p.topic), reason: reason}
	if p.intent != nil {
		c.adopted, c.table = true, p.intent.Table
		c.reach.Last, p.intent = p.intent.Last, nil
	}
	p.after, p.start, p.open = c.reach.Last+1, c.reach.Last+1, nil
	return c, c.finish()
}
