package sentiment

import "container/heap"

const (
	beforeBut = 0.5
	afterBut  = 1.5
)

// weighContrast halves the valences before the first "but" and strengthens those
// after it, in place.
//
// The reference walks the list and changes, at each step, the first place that
// holds the current value, which need not be the current place: in [2 1 "but"]
// the 2 becomes a 1 and is then halved again in place of the second word. It
// searches from the start at every step, which is quadratic; places holds where
// each value seen so far is found, so that a long hostile text costs no more
// than n log n.
func weighContrast(valences []float64, but int) {
	seen := map[float64]*places{}
	for i, v := range valences {
		if v == 0 {
			continue // stays 0 wherever it is
		}
		first := i
		if p := seen[v]; p != nil && p.Len() > 0 {
			first = (*p)[0]
			(*p)[0] = i
			heap.Fix(p, 0)
		}
		if first < but {
			v = float64(v * beforeBut)
		} else {
			v = float64(v * afterBut)
		}
		valences[first] = v
		if seen[v] == nil {
			seen[v] = &places{}
		}
		heap.Push(seen[v], first)
	}
}

// places is a heap of indices, the lowest first.
type places []int

func (p places) Len() int           { return len(p) }
func (p places) Less(i, j int) bool { return p[i] < p[j] }
func (p places) Swap(i, j int)      { p[i], p[j] = p[j], p[i] }

// Push appends to the heap; container/heap calls it.
func (p *places) Push(x any) { *p = append(*p, x.(int)) }

// Pop takes the last; container/heap calls it.
func (p *places) Pop() any {
	old := *p
	last := old[len(old)-1]
	*p = old[:len(old)-1]
	return last
}
