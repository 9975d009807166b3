package account

import (
	"maps"
	"slices"
)

// Letters holds refusals against the documents of the dead letters: one document a refusal, by the place of what was
// refused. The zero value is empty. It keeps about 200 bytes for each that has not got its document yet.
type Letters struct {
	open  map[string]*letter
	Count int64 // records of tweets.dlq
	// Resolved is how many of them say that one was put back, Odd how many cannot have a document.
	Resolved, Odd int64
}

type letter struct {
	at     Place
	key    string
	rounds int
}

// Record takes a dead letter that must have the document of this id.
func (l *Letters) Record(id string, at Place, key string) {
	if l.open == nil {
		l.open = map[string]*letter{}
	}
	l.open[id] = &letter{at: at, key: key}
}

// Open lists the ids that the index is to be asked for. indexed is where who indexes them is in a partition; he has not come
// to pending more, not counting those at limit or behind.
func (l *Letters) Open(indexed, limit func(partition int32) int64) (ask []string, pending int64) {
	for _, id := range slices.Sorted(maps.Keys(l.open)) {
		switch at := l.open[id].at; {
		case at.Offset < indexed(at.Partition):
			ask = append(ask, id)
		case at.Offset < limit(at.Partition):
			pending++
		}
	}
	return ask, pending
}

// Judge holds one that Open has listed against the indices that have its document. pending says that it looks wrong for
// the first time.
func (l *Letters) Judge(id string, indices []string) (pending bool, found []Finding) {
	of := l.open[id]
	switch {
	case of == nil:
		return false, nil
	case len(indices) == 1:
		delete(l.open, id)
		return false, nil
	}
	if of.rounds++; of.rounds < confirmed {
		return true, nil
	}
	if len(indices) == 0 {
		return false, []Finding{of.at.finding(LetterMissing, of.key, id)}
	}
	return false, []Finding{of.at.finding(LetterDouble, of.key, id+" is in "+indices[0]+" and "+indices[1])}
}
