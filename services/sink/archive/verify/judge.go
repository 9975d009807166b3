package verify

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"time"
)

// addedFields are those that the index half adds to each document.
var addedFields = []string{"indexed_at", "index_ms"}

// hit is a document of the index.
type hit struct {
	Index  string          `json:"_index"`
	ID     string          `json:"_id"`
	Source json.RawMessage `json:"_source"`
}

// at is when the post was observed that the document tells of, or its deletion.
func (h hit) at() (at int64, isStub bool) {
	var of struct {
		ObservedAt time.Time `json:"observed_at"`
		DeletedAt  time.Time `json:"deleted_at"`
	}
	// What cannot be read is older than everything.
	_ = json.Unmarshal(h.Source, &of)
	switch {
	case !of.DeletedAt.IsZero():
		return of.DeletedAt.UnixMilli(), true
	case !of.ObservedAt.IsZero():
		return of.ObservedAt.UnixMilli(), false
	}
	return 0, false
}

// isBehind says whether the index has nothing of a post, or only what is older than the observation.
func isBehind(o observation, hits []hit) bool {
	for _, h := range hits {
		if at, _ := h.at(); at >= o.at {
			return false
		}
	}
	return true
}

// judge holds what the index has of a post against an observation: it must be just that, or newer. What no later observation
// then accounts for is a finding, too.
func (p *posts) judge(w *walk, id string, o observation, hits []hit) {
	finding := func(k Kind, detail string) Finding {
		return Finding{Kind: k, First: o.offset, Last: o.offset, Records: 1, Key: id, Detail: detail}
	}
	if len(hits) == 0 {
		w.found(finding(IndexMissing, ""))
		return
	}
	if len(hits) > 1 {
		w.found(finding(IndexDouble, hits[0].Index+" and "+hits[1].Index))
	}
	for _, h := range hits {
		at, isStub := h.at()
		switch {
		case at < o.at:
			w.found(finding(IndexStale, fmt.Sprintf("%s has version %d, not %d", h.Index, at, o.at)))
		case at > o.at:
			p.ahead[id] = ahead{at, finding(IndexNewer, fmt.Sprintf("%s has version %d, which no record has; the newest is %d", h.Index, at, o.at))}
		case o.deleted && !isStub:
			w.found(finding(IndexStale, h.Index+" has the post, which was deleted"))
		case o.deleted, isStub && o.isSuppressed: // as it must be
		case isStub:
			p.ahead[id] = ahead{at, finding(IndexDiffers, h.Index+" has a stub; the post was not deleted")}
		case !isDocument(h.Source, o.document):
			p.ahead[id] = ahead{at, finding(IndexDiffers, h.Index+" has another document of this version")}
		}
	}
}

// isDocument says whether the index has the document of a record, but for what it has added.
func isDocument(source, document []byte) bool {
	var has, want map[string]any
	if decode(source, &has) != nil || decode(document, &want) != nil {
		return false
	}
	for _, name := range addedFields {
		delete(has, name)
		delete(want, name)
	}
	return reflect.DeepEqual(has, want)
}

// decode keeps numbers as they are written.
func decode(text []byte, into *map[string]any) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	return d.Decode(into)
}
