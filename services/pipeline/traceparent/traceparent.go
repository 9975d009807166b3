// Package traceparent makes the header with which each record of tweets.raw begins its trace: W3C Trace Context, version
// 00 (https://www.w3.org/TR/trace-context/#traceparent-header).
package traceparent

import (
	crand "crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"math/rand/v2"
)

// Maker makes headers. It is for one goroutine.
type Maker struct{ random *rand.ChaCha8 }

// New returns a maker whose ids nobody can foretell.
func New() Maker {
	var seed [32]byte
	_, _ = crand.Read(seed[:]) // never fails (crypto/rand, Go 1.24)
	return Maker{rand.NewChaCha8(seed)}
}

// Next returns a new sampled trace. Its ids are not all zeros, as the specification wants.
func (m Maker) Next() string {
	var ids [24]byte
	binary.BigEndian.PutUint64(ids[0:], m.random.Uint64()|1)
	binary.BigEndian.PutUint64(ids[8:], m.random.Uint64())
	binary.BigEndian.PutUint64(ids[16:], m.random.Uint64()|1)
	b := make([]byte, 0, 55)
	b = append(b, "00-"...)
	b = hex.AppendEncode(b, ids[:16])
	b = append(b, '-')
	b = hex.AppendEncode(b, ids[16:])
	b = append(b, "-01"...)
	return string(b)
}
