package xstream

import (
	crand "crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"math/rand/v2"
)

// tracer makes the traceparent header of each record. It is for one goroutine.
type tracer struct{ random *rand.ChaCha8 }

func newTracer() tracer {
	var seed [32]byte
	_, _ = crand.Read(seed[:]) // never fails (crypto/rand, Go 1.24)
	return tracer{rand.NewChaCha8(seed)}
}

// next returns a new sampled trace: version 00 of W3C Trace Context, whose ids must not be all zeros.
func (t tracer) next() string {
	var ids [24]byte
	binary.BigEndian.PutUint64(ids[0:], t.random.Uint64()|1)
	binary.BigEndian.PutUint64(ids[8:], t.random.Uint64())
	binary.BigEndian.PutUint64(ids[16:], t.random.Uint64()|1)
	b := make([]byte, 0, 55)
	b = append(b, "00-"...)
	b = hex.AppendEncode(b, ids[:16])
	b = append(b, '-')
	b = hex.AppendEncode(b, ids[16:])
	b = append(b, "-01"...)
	return string(b)
}
