package bluesky

import (
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"catsvdogs/services/pipeline/tweet"
)

// embed is what the kinds of app.bsky.embed.* have in common with each other. A picture is only counted, not read.
type embed struct {
	Type jsontext.Value `json:"$type"`

	Images jsontext.Value `json:"images"` // images: a list
	Items  jsontext.Value `json:"items"`  // gallery: a list
	Media  jsontext.Value `json:"media"`  // recordWithMedia: an embed; gallery in its first version: its items
	Record jsontext.Value `json:"record"` // record: a reference; recordWithMedia: an embed of type record

	Presentation jsontext.Value `json:"presentation"` // video
	External     jsontext.Value `json:"external"`
}

// readEmbed adds what an embed shows, and says whether that can be read. Kinds that it does not know show nothing that a
// rule could ask for. outer says that the embed may hold another one.
func (p *Post) readEmbed(raw jsontext.Value, outer bool) bool {
	var e embed
	var kind string
	if !read(raw, &e) || !read(e.Type, &kind) {
		return false
	}
	// The kind first: the fields of the others mean something else in a kind that is not known here.
	name, known := strings.CutPrefix(kind, "app.bsky.embed.")
	if !known {
		return true
	}
	switch name {
	case "images":
		return p.readImages(e.Images)
	case "gallery":
		return p.readImages(e.Items) && p.readImages(e.Media)
	case "video":
		// X counts a looping clip without sound as a GIF and leaves it out of has:videos. What cannot be read is a way of
		// showing it that is not known here.
		var presentation string
		clip := read(e.Presentation, &presentation) && presentation == "gif"
		p.GIFs, p.Videos = p.GIFs || clip, p.Videos || !clip
	case "external":
		// The card of a link. Its thumbnail is the linked page's picture, not the author's.
		var card struct {
			URI jsontext.Value `json:"uri"`
		}
		var uri string
		if read(e.External, &card) && read(card.URI, &uri) && uri != "" {
			p.Links = append(p.Links, uri)
		}
	case "record":
		p.readQuote(e.Record)
	case "recordWithMedia":
		if !outer {
			return true
		}
		p.readQuote(e.Record)
		return !given(e.Media) || p.readEmbed(e.Media, false)
	}
	return true
}

func (p *Post) readImages(raw jsontext.Value) bool {
	var images []jsontext.Value
	if !read(raw, &images) {
		return false
	}
	p.Images = p.Images || len(images) > 0
	return true
}

// readQuote reads a reference to a record, or an embed that holds one. Lists, feeds and starter packs are referred to in
// the same way; only a reference to a post is a quote. What cannot be read is none.
func (p *Post) readQuote(raw jsontext.Value) {
	var ref struct {
		URI    jsontext.Value `json:"uri"`
		Record jsontext.Value `json:"record"`
	}
	if !given(raw) || !read(raw, &ref) {
		return
	}
	var inner struct {
		URI jsontext.Value `json:"uri"`
	}
	_ = read(ref.Record, &inner)
	for _, uri := range []jsontext.Value{ref.URI, inner.URI} {
		var text string
		p.Quote = p.Quote || read(uri, &text) && strings.Contains(text, "/"+tweet.PostCollection+"/")
	}
}
