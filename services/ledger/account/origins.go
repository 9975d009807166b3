package account

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"
)

// Origins holds each offset of tweets.raw against what was made of it. The zero value has none.
//
// It remembers runs of offsets, not offsets, so a partition whose records were all processed takes some bytes; besides,
// about 150 bytes for each record that nothing was made of yet.
type Origins struct {
	Topic      string            `json:"topic"` // tweets.raw
	Partitions map[int32]*origin `json:"partitions,omitempty"`
}

type origin struct {
	Records Ranges          `json:"records"` // that were read
	Made    Ranges          `json:"made"`    // that something was made of, read or not
	From    int64           `json:"from"`    // first offset that is judged
	Next    int64           `json:"next"`    // first offset that was not read yet
	Checked int64           `json:"checked"` // first offset of which Read has not told what is missing
	Open    map[int64]*Open `json:"open,omitempty"`
	Gone    int64           `json:"gone,omitempty"` // what was made of them compaction has taken away
}

// Open is a record that nothing was made of yet.
type Open struct {
	Key     string    `json:"key,omitempty"`
	At      time.Time `json:"at"` // the record's time
	Suspect int       `json:"suspect,omitempty"`
}

func (o *Origins) of(partition int32) *origin {
	if o.Partitions == nil {
		o.Partitions = map[int32]*origin{}
	}
	p := o.Partitions[partition]
	if p == nil {
		p = &origin{Open: map[int64]*Open{}, From: -1}
		o.Partitions[partition] = p
	}
	if p.Open == nil {
		p.Open = map[int64]*Open{}
	}
	return p
}

// Begin says where reading a partition begins; what was made of records before is not judged.
func (o *Origins) Begin(partition int32, from int64) {
	if p := o.of(partition); p.From < 0 {
		p.From, p.Next = from, from
	}
}

// Made takes note that a record of tweets.enriched or tweets.dlq, which stands at by, was made of a raw record. It returns
// a finding when one was before, or when there is no such record.
func (o *Origins) Made(partition int32, offset int64, by Place, key string) []Finding {
	p := o.of(partition)
	raw := Place{Topic: o.Topic, Partition: partition, Offset: offset}
	if !p.Made.Add(offset) {
		return []Finding{raw.finding(EnrichDouble, key, fmt.Sprintf("again at %s/%d/%d", by.Topic, by.Partition, by.Offset))}
	}
	delete(p.Open, offset)
	if p.From >= 0 && offset >= p.From && offset < p.Next && !p.Records.Has(offset) {
		p.Records.Add(offset) // it is told of once
		return []Finding{raw.finding(EnrichInvented, key, "there is no such record")}
	}
	return nil
}

// Record takes a record of tweets.raw. They come in the order of their offsets.
func (o *Origins) Record(partition int32, offset int64, key string, at time.Time) {
	p := o.of(partition)
	p.Records.Add(offset)
	p.Next = max(p.Next, offset+1)
	if !p.Made.Has(offset) {
		p.Open[offset] = &Open{Key: key, At: at}
	}
}

// Read says that every record before an offset was read. It returns what was made of offsets without one.
func (o *Origins) Read(partition int32, next int64) (found []Finding) {
	p := o.of(partition)
	p.Next = max(p.Next, next)
	// What is told of offsets before was told then, or by Made, which has come later.
	from := max(p.From, p.Checked)
	p.Checked = max(p.Checked, p.Next)
	for _, run := range p.Made.Without(&p.Records, from, p.Next) {
		for offset := run.First; offset < run.Next; offset++ {
			found = append(found, Place{o.Topic, partition, offset}.finding(EnrichInvented, "", "there is no such record"))
			p.Records.Add(offset)
		}
	}
	return found
}

// Judge ends a round. processed is where the enricher's group is; what it has come past and nothing was made of is a
// finding from the second round on, unless excused says that compaction has rightly taken it away. What lies at limit or
// behind is none of the round's business.
func (o *Origins) Judge(partition int32, processed, limit int64, excused func(offset int64, of Open) bool) (pending int64, found []Finding) {
	p := o.of(partition)
	for _, offset := range slices.SortedFunc(maps.Keys(p.Open), cmp.Compare) {
		open := p.Open[offset]
		switch {
		case offset >= limit:
			return pending, found
		case offset >= processed:
			pending++
		case excused(offset, *open):
			p.Made.Add(offset)
			p.Gone++
			delete(p.Open, offset)
		default:
			if open.Suspect++; open.Suspect < confirmed {
				pending++
				continue
			}
			found = append(found, Place{o.Topic, partition, offset}.finding(EnrichGap, open.Key, "the enricher is past it, and nothing was made of it"))
		}
	}
	return pending, found
}

// Forget takes out what lies before the log's start: nobody can judge it any more.
func (o *Origins) Forget(partition int32, start int64) {
	p := o.of(partition)
	p.From = max(p.From, start)
	maps.DeleteFunc(p.Open, func(offset int64, _ *Open) bool { return offset < start })
	p.Records.Forget(start)
	p.Made.Forget(start)
}

// Compacted is how many records of a partition there are of which compaction has taken away what was made of them.
func (o *Origins) Compacted(partition int32) int64 { return o.of(partition).Gone }

// confirmed is in how many rounds a thing must look wrong to be.
const confirmed = 2
