package spool

import (
	"encoding/binary"
	"fmt"
	"time"

	"catsvdogs/services/pipeline/tweet"
)

// Record is what stands in Kafka, and so all that there is of a record: the spool knows of no fields that could be
// forgotten. A key or a value that is nil comes back as nil.
type Record struct {
	Key, Value []byte
	Headers    []tweet.Header
	Time       time.Time // between the years 1678 and 2262
}

// appendRecord appends time, key, headers and value.
func appendRecord(b []byte, r *Record) []byte {
	b = binary.LittleEndian.AppendUint64(b, uint64(r.Time.UnixNano()))
	b = appendField(b, r.Key)
	b = binary.AppendUvarint(b, uint64(len(r.Headers)))
	for _, h := range r.Headers {
		b = appendField(b, []byte(h.Key))
		b = appendField(b, h.Value)
	}
	return appendField(b, r.Value)
}

// appendField appends bytes behind their number and one, because none at all is another key than an empty one.
func appendField(b, field []byte) []byte {
	if field == nil {
		return binary.AppendUvarint(b, 0)
	}
	b = binary.AppendUvarint(b, uint64(len(field))+1)
	return append(b, field...)
}

// parseRecord reads what appendRecord has appended. The record's fields are part of b.
func parseRecord(b []byte) (Record, error) {
	if len(b) < 8 {
		return Record{}, fmt.Errorf("%w: a record of %d bytes", errDamaged, len(b))
	}
	p := parser{rest: b[8:]}
	r := Record{Time: time.Unix(0, int64(binary.LittleEndian.Uint64(b))).UTC()}
	r.Key = p.field()
	// A header has two fields, of a byte at least.
	if count := p.number(); count <= uint64(len(p.rest))/2 {
		r.Headers = make([]tweet.Header, 0, count)
		for range count {
			r.Headers = append(r.Headers, tweet.Header{Key: string(p.field()), Value: p.field()})
		}
	} else {
		p.broken = true
	}
	r.Value = p.field()
	if p.broken || len(p.rest) > 0 {
		return Record{}, fmt.Errorf("%w: the parts of a record do not fit its length", errDamaged)
	}
	return r, nil
}

type parser struct {
	rest   []byte
	broken bool
}

func (p *parser) number() uint64 {
	n, size := binary.Uvarint(p.rest)
	if size <= 0 {
		p.broken, p.rest = true, nil
		return 0
	}
	p.rest = p.rest[size:]
	return n
}

func (p *parser) field() []byte {
	n := p.number()
	if n == 0 {
		return nil
	}
	if n--; n > uint64(len(p.rest)) {
		p.broken, p.rest = true, nil
		return nil
	}
	field := p.rest[:n:n]
	p.rest = p.rest[n:]
	return field
}
