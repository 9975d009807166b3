package archive

import "slices"

// held is what a partition's objects take.
type held struct{ open, waiting int }

func (p *partition) held() (h held) {
	if p.open != nil {
		h.open = p.open.bytes()
	}
	for _, c := range p.waiting {
		h.waiting += c.bytes()
	}
	return h
}

// closeLargest closes open objects, the largest first, until the others fit into the bound beside what the store does not
// take. What is on its way does not count here: it is about to give its memory back. The lock is held.
func (a *archiver) closeLargest() error {
	total := 0
	var open []*partition
	for _, p := range a.owned {
		h := p.held()
		total += h.open
		if p.failing {
			total += h.waiting
		}
		if p.open != nil && p.intent == nil {
			open = append(open, p)
		}
	}
	if total <= a.packing.rotation.Memory {
		return nil
	}
	slices.SortFunc(open, func(x, y *partition) int { return y.open.bytes() - x.open.bytes() })
	for _, p := range open {
		if total <= a.packing.rotation.Memory {
			break
		}
		total -= p.open.bytes()
		if err := a.close(p, reasonMemory); err != nil {
			return err
		}
	}
	return nil
}

// holds says which partitions must not be fetched: where objects wait, and all while all objects together take more memory
// than they may. The lock is held.
//
// Announced ranges cannot be cut, and who survives other sinks has all of theirs to do. So when nothing is on its way that
// would make room, the largest of them alone goes on: over the bound there is never more than one object, and what one poll
// brings.
func (a *archiver) holds() (hold map[topicPartition]bool, total int) {
	isMoving := false
	var largest *partition
	for _, p := range a.owned {
		h := p.held()
		total += h.open + h.waiting
		isMoving = isMoving || len(p.waiting) > 0 && !p.failing
		if p.open != nil && p.intent != nil && (largest == nil || h.open > largest.open.bytes()) {
			largest = p
		}
	}
	hold = map[topicPartition]bool{}
	for at, p := range a.owned {
		if p.failing || len(p.waiting) > 1 || total > a.packing.rotation.Memory && (isMoving || p != largest) {
			hold[at] = true
		}
	}
	return hold, total
}

// holdBack tells the client what to fetch.
func (a *archiver) holdBack() {
	a.mu.Lock()
	defer a.mu.Unlock()
	hold, total := a.holds()
	a.metrics.held.Set(float64(total))
	a.metrics.open.Set(float64(a.records()))
	stop, start := map[string][]int32{}, map[string][]int32{}
	for at := range hold {
		if !a.paused[at] {
			stop[at.topic] = append(stop[at.topic], at.number)
		}
	}
	for at := range a.paused { // of a partition that has gone, too: its next owner may be this client
		if !hold[at] {
			start[at.topic] = append(start[at.topic], at.number)
		}
	}
	a.paused = hold
	if len(stop) > 0 {
		a.client.PauseFetchPartitions(stop)
	}
	if len(start) > 0 {
		a.client.ResumeFetchPartitions(start)
	}
}

// records counts those in objects.
func (a *archiver) records() (n int) {
	for _, p := range a.owned {
		if p.open != nil {
			n += p.open.reach.Records
		}
		for _, c := range p.waiting {
			n += c.reach.Records
		}
	}
	return n
}
