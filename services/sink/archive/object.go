package archive

import (
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/services/pipeline/archived"
	"catsvdogs/services/sink/archive/suppression"
)

// memory is what open objects are made of. The assignment's lock guards it, but for the pages.
type memory struct {
	pages   pagePool
	packers packers
	line    []byte // of whichever object a record is added to: one for all, because a record may take megabytes
}

// object is an archive object that is being filled with records of one partition.
type object struct {
	archived.Object
	reach     archived.Range // Last is that of the last record so far, or of a marker behind it
	opened    time.Time      // when its first record came, by the wall clock
	deletions []byte         // of its records, as lines of the suppression list
	deletedAt time.Time      // when the first deletion came, by the wall clock; zero for none

	memory *memory
	body   pages
	packer archived.Packer // nil when the object is finished
}

// open opens an object that covers its partition from offset start on.
func (m *memory) open(name archived.Object, start int64) (*object, error) {
	o := &object{Object: name, reach: archived.Range{Start: start, Last: -1}, opened: time.Now(), memory: m, body: pages{pool: &m.pages}}
	var err error
	o.packer, err = m.packers.get(name.Format, &o.body)
	return o, err
}

func (o *object) add(r *kgo.Record) error {
	o.memory.line = archived.AppendLine(o.memory.line[:0], r)
	if _, err := o.packer.Write(o.memory.line); err != nil {
		return fmt.Errorf("compress a record: %w", err)
	}
	o.reach.Records++
	o.reach.Last = r.Offset
	return o.list(r)
}

// list notes the deletion that the record is, if it is one.
func (o *object) list(r *kgo.Record) error {
	e, ok := suppression.Of(r)
	if !ok {
		return nil
	}
	var err error
	if o.deletions, err = e.Append(o.deletions); err != nil {
		return err
	}
	if o.deletedAt.IsZero() {
		o.deletedAt = time.Now()
	}
	return nil
}

// size is how many compressed bytes the object holds; the packer holds back up to a block.
func (o *object) size() int { return int(o.body.size) }

// bytes is how much memory the object takes.
func (o *object) bytes() int {
	bytes := o.body.memory() + len(o.deletions)
	if o.packer != nil {
		bytes += archived.PackerBytes
	}
	return bytes
}

// finish ends the object: what is left of it in memory is its compressed bytes.
func (o *object) finish() error {
	if err := o.packer.Close(); err != nil {
		return fmt.Errorf("finish compressing: %w", err)
	}
	o.memory.packers.put(o.Format, o.packer)
	o.packer = nil
	return nil
}

// drop gives back what the object holds.
func (o *object) drop() {
	if o.packer != nil {
		o.memory.packers.put(o.Format, o.packer)
		o.packer = nil
	}
	o.body.release()
}
