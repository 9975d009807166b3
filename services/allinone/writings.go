package allinone

import (
	"fmt"
	"hash/maphash"

	"github.com/twmb/franz-go/pkg/kgo"
)

// writings knows the records that were written before, by eight bytes each. It is for one goroutine.
type writings struct {
	seen map[uint64]struct{}
	seed maphash.Seed
}

func newWritings() *writings {
	return &writings{seen: map[uint64]struct{}{}, seed: maphash.MakeSeed()}
}

// again says whether a record is there already.
func (w *writings) again(r *kgo.Record) bool {
	digest := w.digest(r)
	_, again := w.seen[digest]
	w.seen[digest] = struct{}{}
	return again
}

// digest is of all that the writer gave a record. Two that a writer made at different times differ in when they were observed.
func (w *writings) digest(r *kgo.Record) uint64 {
	var h maphash.Hash
	h.SetSeed(w.seed)
	part := func(b []byte) {
		_, _ = fmt.Fprintf(&h, "%d:", len(b)) // a hash takes everything
		_, _ = h.Write(b)
	}
	part(r.Key)
	part(r.Value)
	for _, header := range r.Headers {
		part([]byte(header.Key))
		part(header.Value)
	}
	return h.Sum64()
}
