package bulk

import (
	"strings"
	"sync"
	"time"
)

const (
	// oddDocuments is how many documents of unknownFor may each be refused for the same unknown field before the mapping is
	// taken to be at fault.
	oddDocuments = 2
	// unknownFor is how long a field is remembered after the last document with it.
	unknownFor = time.Minute
	// unknownFields bounds what is remembered: whoever makes fields up must not fill the memory.
	unknownFields = 1024
)

// unknown counts documents that a strict mapping refused, by the field. One that has a field which nobody knows is odd; when
// all have it, the mapping is older than what writes the documents, as after an update before provision has run, and to
// refuse them would be to refuse the whole stream. Use it from any goroutine.
type unknown struct {
	mu     sync.Mutex
	fields map[string]sighting
}

type sighting struct {
	documents int
	last      time.Time
}

// judge changes the verdicts of a bulk: a refusal for a field that several documents were refused for blocks the item.
func (u *unknown) judge(verdicts []Verdict, now time.Time) {
	found := map[string]int{}
	for _, v := range verdicts {
		if field := unknownField(v); field != "" {
			found[field]++
		}
	}
	if len(found) == 0 {
		return
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.fields == nil || len(u.fields) > unknownFields {
		u.fields = map[string]sighting{}
	}
	for field, n := range found {
		if seen := u.fields[field]; now.Sub(seen.last) < unknownFor {
			n = min(n+seen.documents, oddDocuments+1)
		}
		found[field] = n
		u.fields[field] = sighting{documents: n, last: now}
	}
	for i := range verdicts {
		if v := &verdicts[i]; found[unknownField(*v)] > oddDocuments {
			v.Outcome = Blocked
			v.Reason += " (several documents have this field, so the mapping is older than what writes them; run provision)"
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
