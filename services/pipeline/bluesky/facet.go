package bluesky

import (
	"cmp"
	"slices"

	"github.com/go-json-experiment/json/jsontext"
)

// facet is app.bsky.richtext.facet: what a range of the text means.
type facet struct {
	start    float64
	features []jsontext.Value
}

// readFacets adds what the facets of a text mean, in the order of the text, and says whether there is a list of them that
// can be read. A facet or a feature that cannot be read means nothing: the list is an open union, in which others have
// features of their own with whatever fields they like.
func (p *Post) readFacets(raw jsontext.Value) bool {
	var list []jsontext.Value
	if !read(raw, &list) {
		return false
	}
	var facets []facet
	for _, one := range list {
		var fields struct {
			Index    jsontext.Value `json:"index"`
			Features jsontext.Value `json:"features"`
		}
		var index struct {
			ByteStart jsontext.Value `json:"byteStart"`
		}
		var f facet
		// One whose place cannot be read means something all the same.
		if read(one, &fields) && read(fields.Features, &f.features) && read(fields.Index, &index) {
			_ = read(index.ByteStart, &f.start)
		}
		facets = append(facets, f)
	}
	slices.SortStableFunc(facets, func(a, b facet) int { return cmp.Compare(a.start, b.start) })
	for _, f := range facets {
		for _, feature := range f.features {
			p.readFeature(feature)
		}
	}
	return true
}

func (p *Post) readFeature(raw jsontext.Value) {
	// The kind first: the other fields mean something else in a kind that is not known here.
	var kind struct {
		Type jsontext.Value `json:"$type"`
		Tag  jsontext.Value `json:"tag"`
		URI  jsontext.Value `json:"uri"`
		DID  jsontext.Value `json:"did"`
	}
	var name, text string
	if !read(raw, &kind) || !read(kind.Type, &name) {
		return
	}
	switch {
	case name == "app.bsky.richtext.facet#tag" && read(kind.Tag, &text):
		p.addHashtag(text)
	case name == "app.bsky.richtext.facet#mention" && read(kind.DID, &text) && text != "":
		p.Mentions = append(p.Mentions, text)
	case name == "app.bsky.richtext.facet#link" && read(kind.URI, &text) && text != "":
		p.Links = append(p.Links, text)
	}
}
