package ledger

import (
	"cmp"
	"slices"

	"catsvdogs/services/ledger/account"
)

// mostKeptObjects bounds the objects of a partition that a watch remembers in order to look at them again, some 40 bytes
// each; it forgets the oldest.
const mostKeptObjects = 10_000

// keptObject is an object that was looked at: so much that another content is noticed.
type keptObject struct {
	named
	last    int64 // as it says; before first where it does not
	version account.Digest
}

func keptOf(n named, o account.Object) keptObject {
	k := keptObject{named: n, last: n.first - 1, version: digest([]byte(o.Version))}
	if o.RangeErr == nil {
		k.last = o.Last
	}
	return k
}

// order is that of named.
func (n named) order(of named) int {
	return cmp.Or(cmp.Compare(n.first, of.first), cmp.Compare(n.hour, of.hour), cmp.Compare(n.form(), of.form()))
}

// keep remembers objects that were looked at, each once.
func (p *partition) keep(seen []keptObject) {
	for _, k := range seen {
		p.isGzip = k.isGzip
		at, found := slices.BinarySearchFunc(p.kept, k.named, func(have keptObject, n named) int { return have.order(n) })
		if found {
			p.kept[at] = k
		} else {
			p.kept = slices.Insert(p.kept, at, k)
		}
	}
	if over := len(p.kept) - mostKeptObjects; over > 0 {
		p.kept = slices.Delete(p.kept, 0, over)
	}
}
