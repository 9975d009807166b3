package bulk

import (
	"strings"
	"sync"
	"time"
)

const (
	// enoughDocuments is how many documents have to be refused for the same unknown field before the mapping can be at fault.
	enoughDocuments = 3
	// unknownFor is how long a field is remembered after the last document that was refused for it.
	unknownFor = time.Minute
	// unknownFields bounds what is remembered: whoever makes fields up must not fill the memory.
	unknownFields = 1024
)

// unknown counts documents that a strict mapping refused, by index and field. One that has a field which nobody knows is odd;
// when most have it, the mapping is older than what writes the documents, as after an update before provision has run, and to
// refuse them would be to refuse the whole stream. A bulk of enough documents tells the one from the other by itself. Smaller
// ones, as of a quiet stream, are added up. Use it from any goroutine.
type unknown struct {
	mu     sync.Mutex
	fields map[place]sighting
}

type place struct{ index, field string }

type sighting struct {
	refused, judged int // documents of the index: refused for the field, and all that have a verdict
	last            time.Time
}

// judge changes the verdicts of a bulk: a refusal for a field that most documents of the index were refused for blocks the
// item.
func (u *unknown) judge(items []*Item, verdicts []Verdict, now time.Time) {
	found, judged := map[place]int{}, map[string]int{}
	for i, v := range verdicts {
		if v.Outcome == Later || v.Outcome == Blocked {
			continue
		}
		judged[items[i].Index]++
		if field := unknownField(v); field != "" {
			found[place{items[i].Index, field}]++
		}
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	for at, seen := range u.fields {
		switch {
		case now.Sub(seen.last) >= unknownFor:
			delete(u.fields, at)
		case found[at] == 0:
			seen.judged += judged[at.index]
			u.fields[at] = seen
		}
	}
	if len(found) == 0 {
		return
	}
	if u.fields == nil || len(u.fields) > unknownFields {
		u.fields = map[place]sighting{}
	}
	blames := map[place]bool{}
	for at, n := range found {
		s := sighting{refused: n, judged: judged[at.index], last: now}
		if s.judged < enoughDocuments {
			before := u.fields[at]
			s.refused, s.judged = s.refused+before.refused, s.judged+before.judged
		}
		u.fields[at] = s
		blames[at] = s.refused >= enoughDocuments && 2*s.refused > s.judged
	}
	for i := range verdicts {
		if v := &verdicts[i]; blames[place{items[i].Index, unknownField(*v)}] {
			v.Outcome = Blocked
			v.Reason += " (most documents have this field, so the mapping is older than what writes them; run provision)"
		}
	}
}

// unknownField is the field that a strict mapping refused a document for, with where it stands; "" when that is not why.
func unknownField(v Verdict) string {
	if v.Outcome != Refused || v.Kind != "strict_dynamic_mapping_exception" {
		return ""
	}
	_, field, found := strings.Cut(v.Reason, "dynamic introduction of ")
	if !found {
		return ""
	}
	field, _, _ = strings.Cut(field, " is not allowed")
	return field[:min(len(field), 512)]
}
