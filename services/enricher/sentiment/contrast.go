package sentiment

import (
	"container/heap"
	"slices"
)

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
// searches from the start at every step, which is quadratic: good enough for a
// post, and without a heap, but not for a long hostile text.
func weighContrast(valences []float64, but int) {
	if len(valences) > usualWords {
		weighLongContrast(valences, but)
		return
	}
	for i := range valences {
		if valences[i] != 0 { // 0 stays 0 wherever it is
			first := slices.Index(valences, valences[i])
			valences[first] = weighed(valences[first], first, but)
		}
	}
}

// weighLongContrast does the same in n log n: places holds where each value seen
// so far is found.
func weighLongContrast(valences []float64, but int) {
	seen := map[float64]*places{}
	for i, v := range valences {
		if v == 0 {
			continue
		}
		first := i
		if p := seen[v]; p != nil && p.Len() > 0 {
			first = (*p)[0]
			(*p)[0] = i
			heap.Fix(p, 0)
		}
		v = weighed(v, first, but)
		valences[first] = v
		if seen[v] == nil {
			seen[v] = &places{}
		}
		heap.Push(seen[v], first)
	}
}

// weighed is the valence v at a place before or after the "but".
func weighed(v float64, place, but int) float64 {
	if place < but {
		return float64(v * beforeBut)
	}
	return float64(v * afterBut)
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
