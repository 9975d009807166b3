package bulk

import "time"

// Item is one document to be written: an index action under an id. It belongs to the Writer from when it is handed over
// until Settled is called.
type Item struct {
	Index    string
	ID       string
	Version  *int64 // external version: an older one than the index has is stale; nil for none, the last write stays
	Above    bool   // one of the same version as the index has is stale as well
	Document Document
	Verdict  Verdict // what Elasticsearch said of it last
	Memory   int     // bytes that its user holds until it is settled; 0 for about what it takes in a request

	// Parked, unless it is nil, is called when it turns out that the item waits for an index that takes no documents, itself or
	// behind an earlier one of its id, and with false when it does not any more. It is not called after Settled, and must not
	// wait for the Writer.
	Parked func(on bool)
	// Settled is called once, from any goroutine, when the verdict is final: it is never Later nor Blocked. It must not wait
	// for the Writer.
	Settled func(*Item)

	next     *Item     // of the same id, kept back until this one is settled
	queuedAt time.Time // when it was handed over
}

// settle makes the verdict final and lets go of the document: the rest of its bulk may be waiting for long.
func (it *Item) settle() {
	it.Settled(it)
	it.Document, it.Settled, it.Parked = nil, nil, nil
}

func (it *Item) parks(on bool) {
	if it.Parked != nil {
		it.Parked(on)
	}
}

// Document is the source of an item.
type Document interface {
	// AppendTo appends the document as JSON on one line, without a line end. sent is when the request is made, so that
	// a document that is sent again tells of the attempt that stored it.
	AppendTo(line []byte, sent time.Time) []byte
	// Size is about how many bytes AppendTo appends.
	Size() int
}

// Line is a document that is sent as it stands. It must not hold a line end.
type Line []byte

// AppendTo appends the line.
func (l Line) AppendTo(line []byte, _ time.Time) []byte { return append(line, l...) }

// Size is the line's length in bytes.
func (l Line) Size() int { return len(l) }

// size is about what the item takes in a bulk request.
func (it *Item) size() int { return it.Document.Size() + len(it.ID) + 128 }

// fitting returns how many of the items make a bulk of at most maxBytes, at least one, and its size in bytes.
func fitting(items []*Item, maxBytes int) (n, bytes int) {
	for i, it := range items {
		size := it.size()
		if i > 0 && bytes+size > maxBytes {
			return i, bytes
		}
		bytes += size
	}
	return len(items), bytes
}
