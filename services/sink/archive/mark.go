package archive

import (
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// mark takes the marker of a transaction. It has no line, but the open object covers its offset, and so does the offset that
// is committed behind the object. Otherwise a partition to which nothing comes for as long as Kafka keeps records would
// look as if a record had been dropped before it was archived: of an offset that has gone nobody can say what it was.
//
// A marker that aborts is passed over: Kafka may drop it and what it has aborted while nothing has come behind it, and
// then nobody who takes an intent over would find the offset where that ends.
func (p *partition) mark(r *kgo.Record, how packing) (*closedObject, error) {
	if p.open == nil || !isCommit(r) {
		return nil, nil
	}
	p.next = r.Offset + 1
	if p.intent == nil {
		p.open.reach.Last = r.Offset
	} else if r.Offset == p.intent.Last {
		return p.close(reasonIntent, how)
	}
	return nil, nil
}

// isCommit reads the key of a control record (https://kafka.apache.org/documentation/#controlbatch).
func isCommit(r *kgo.Record) bool {
	var key kmsg.ControlRecordKey
	return key.ReadFrom(r.Key) == nil && key.Type == kmsg.ControlRecordKeyTypeCommit
}
