package account

import "slices"

// Run is the offsets from First on up to Next, excluded.
type Run struct {
	First int64 `json:"first"`
	Next  int64 `json:"next"`
}

// Ranges is a set of offsets. It takes 16 bytes for each run of offsets without a hole, however long. The zero value is
// empty.
type Ranges struct {
	Runs []Run `json:"runs,omitempty"` // in rising order, with a hole between each and the next
}

// Add adds an offset; false when it was there.
func (r *Ranges) Add(offset int64) bool {
	at, _ := slices.BinarySearchFunc(r.Runs, offset, func(run Run, o int64) int {
		if run.Next < o {
			return -1
		}
		return 1
	}) // the first run that ends at the offset or behind it
	switch {
	case at == len(r.Runs):
		r.Runs = append(r.Runs, Run{offset, offset + 1})
	case r.Runs[at].First <= offset && offset < r.Runs[at].Next:
		return false
	case r.Runs[at].Next == offset:
		r.Runs[at].Next++
		if at+1 < len(r.Runs) && r.Runs[at+1].First == offset+1 {
			r.Runs[at].Next = r.Runs[at+1].Next
			r.Runs = slices.Delete(r.Runs, at+1, at+2)
		}
	case r.Runs[at].First == offset+1:
		r.Runs[at].First--
	default:
		r.Runs = slices.Insert(r.Runs, at, Run{offset, offset + 1})
	}
	return true
}

// Has says whether an offset is in the set.
func (r *Ranges) Has(offset int64) bool {
	_, found := slices.BinarySearchFunc(r.Runs, offset, func(run Run, o int64) int {
		switch {
		case run.Next <= o:
			return -1
		case run.First > o:
			return 1
		}
		return 0
	})
	return found
}

// Without returns the offsets of the set from one on up to another, excluded, that are not in other. It looks at the runs in
// between only.
func (r *Ranges) Without(other *Ranges, from, to int64) (rest []Run) {
	taken := other.Runs[other.endingBehind(from):]
	for _, run := range r.Runs[r.endingBehind(from):] {
		if run.First >= to {
			break
		}
		first, next := max(run.First, from), min(run.Next, to)
		for len(taken) > 0 && taken[0].Next <= first {
			taken = taken[1:]
		}
		for _, t := range taken {
			if first >= next || t.First >= next {
				break
			}
			if t.First > first {
				rest = append(rest, Run{first, t.First})
			}
			first = t.Next
		}
		if first < next {
			rest = append(rest, Run{first, next})
		}
	}
	return rest
}

// endingBehind is which run is the first that ends behind an offset.
func (r *Ranges) endingBehind(offset int64) int {
	at, _ := slices.BinarySearchFunc(r.Runs, offset, func(run Run, o int64) int {
		if run.Next <= o {
			return -1
		}
		return 1
	})
	return at
}

// Forget takes everything before an offset out.
func (r *Ranges) Forget(before int64) {
	r.Runs = slices.DeleteFunc(r.Runs, func(run Run) bool { return run.Next <= before })
	if len(r.Runs) > 0 && r.Runs[0].First < before {
		r.Runs[0].First = before
	}
}
