package broadcast

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"encoding/json"
	"errors"
	"hash/crc32"
	"maps"
	"math"
	"sync"
)

// Message is an event, encoded and compressed once for all that get it. It does not change.
type Message struct {
	// Plain is the event as it stands in the stream.
	Plain []byte
	// Deflated is Plain as blocks of DEFLATE (RFC 1951) that end on a whole byte and refer to nothing before them. So they may
	// stand in any stream, after any others: every connection gets the same bytes.
	Deflated []byte
}

// message makes a Message when it is asked for first.
type message struct {
	mu   sync.Mutex
	made *Message
}

func (m *message) once(plain func() []byte) *Message {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.made == nil {
		m.made = NewMessage(plain())
	}
	return m.made
}

// NewMessage compresses an event.
func NewMessage(plain []byte) *Message {
	w := deflaters.Get().(*flate.Writer)
	defer deflaters.Put(w)
	var b bytes.Buffer
	w.Reset(&b)
	_, _ = w.Write(plain) // a buffer takes everything
	_ = w.Flush()
	return &Message{Plain: plain, Deflated: b.Bytes()}
}

var deflaters = sync.Pool{New: func() any {
	w, _ := flate.NewWriter(nil, flate.DefaultCompression) // the level is one there is
	return w
}}

// Stored is a message that is not worth compressing: one for a single follower, of 64 KiB at most.
func Stored(plain []byte) *Message {
	n := uint16(min(len(plain), math.MaxUint16))
	block := binary.LittleEndian.AppendUint16([]byte{0}, n)
	block = binary.LittleEndian.AppendUint16(block, ^n)
	return &Message{Plain: plain[:n], Deflated: append(block, plain[:n]...)}
}

// Gzip is a stream of messages as gzip (RFC 1952): Header, then what Next returns of each, then Trailer. The zero value is
// at the beginning.
type Gzip struct {
	sum  uint32
	size uint32
}

// Header begins the stream.
func (g *Gzip) Header() []byte { return []byte{0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255} }

// Next goes on with the message.
func (g *Gzip) Next(m *Message) []byte {
	g.sum, g.size = crc32.Update(g.sum, crc32.IEEETable, m.Plain), g.size+uint32(len(m.Plain))
	return m.Deflated
}

// Trailer ends the stream: an empty last block, the checksum and the length.
func (g *Gzip) Trailer() []byte {
	end := []byte{0x03, 0x00}
	end = binary.LittleEndian.AppendUint32(end, g.sum)
	return binary.LittleEndian.AppendUint32(end, g.size)
}

// Event encodes an event of a stream of server-sent events
// (https://html.spec.whatwg.org/multipage/server-sent-events.html). None of the three may hold a line break, which JSON
// on one line does not; without an id the one that a reader has stays.
func Event(id, name string, data []byte) []byte {
	var b bytes.Buffer
	if id != "" {
		b.WriteString("id: " + id + "\n")
	}
	b.WriteString("event: " + name + "\ndata: ")
	b.Write(data)
	b.WriteString("\n\n")
	return b.Bytes()
}

// errNoPatch: what two patches do together cannot be said by one.
var errNoPatch = errors.New("an object was removed and another one came in its place")

// encode makes one merge patch of several, newest first.
func encode(patches []map[string]any) ([]byte, error) {
	all := patches[len(patches)-1]
	for i := len(patches) - 2; i >= 0; i-- {
		var err error
		if all, err = merged(all, patches[i]); err != nil {
			return nil, err
		}
	}
	return json.Marshal(all)
}

// merged is the merge patch that does what first and then second do (RFC 7396). Both stay as they are.
func merged(first, second map[string]any) (map[string]any, error) {
	both := maps.Clone(first)
	for name, value := range second {
		inner, isObject := value.(map[string]any)
		before, changed := both[name]
		if isObject && changed {
			outer, wasObject := before.(map[string]any)
			if !wasObject {
				// Told by the second patch alone, members of the object that was removed would come back.
				return nil, errNoPatch
			}
			var err error
			if value, err = merged(outer, inner); err != nil {
				return nil, err
			}
		}
		both[name] = value
	}
	return both, nil
}
