package bulk

import "time"

// Item is one document to be written: an index action under an id.
type Item struct {
	Index    string
	ID       string
	Version  *int64 // external version: an older one than the index has is stale; nil for none, the last write stays
	Document Document
	Verdict  Verdict // what Elasticsearch said of it last; Store sets it
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

// chunks cuts items into bulks of at most maxBytes, or of one item where that alone is larger.
func chunks(items []*Item, maxBytes int) [][]*Item {
	var out [][]*Item
	from, size := 0, 0
	for i, it := range items {
		if i > from && size+it.size() > maxBytes {
			out = append(out, items[from:i])
			from, size = i, 0
		}
		size += it.size()
	}
	if from < len(items) {
		out = append(out, items[from:])
	}
	return out
}
