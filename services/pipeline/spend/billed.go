package spend

// maxRemembered bounds the ids that are remembered, twice: they are kept in two generations.
const maxRemembered = 64 << 10

// billed remembers which posts have been billed today, as far as its bound allows. A post that has been forgotten and
// comes again is counted twice, which errs on the safe side.
type billed struct {
	young, old map[string]struct{}
}

func newBilled() billed { return billed{young: map[string]struct{}{}} }

// add says whether the post had not been billed yet.
func (b *billed) add(id string) bool {
	if _, known := b.young[id]; known {
		return false
	}
	_, known := b.old[id]
	if len(b.young) == maxRemembered {
		b.young, b.old = make(map[string]struct{}, maxRemembered), b.young
	}
	b.young[id] = struct{}{}
	return !known
}
