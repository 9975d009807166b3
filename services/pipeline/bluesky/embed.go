package bluesky

import (
	"encoding/json"
	"errors"
	"strings"

	"catsvdogs/services/pipeline/tweet"
)

// embed is what the kinds of app.bsky.embed.* have in common with each other. A picture is only counted, not read.
type embed struct {
	Type string `json:"$type"`

	Images []json.RawMessage `json:"images"` // images
	Items  []json.RawMessage `json:"items"`  // gallery
	Media  json.RawMessage   `json:"media"`  // recordWithMedia: an embed; gallery in its first version: its items
	Record json.RawMessage   `json:"record"` // record: a reference; recordWithMedia: an embed of type record

	Presentation string `json:"presentation"` // video
	External     struct {
		URI string `json:"uri"`
	} `json:"external"`
}

var errEmbed = errors.New("its embed is none as the lexicon has them")

// readEmbed adds what an embed shows. Kinds that it does not know show nothing that a rule could ask for. outer says that
// the embed may hold another one.
func (p *Post) readEmbed(raw json.RawMessage, outer bool) error {
	// The kind first: the fields of the others mean something else in a kind that is not known here.
	var kind struct {
		Type string `json:"$type"`
	}
	if tweet.DecodeJSON(raw, &kind) != nil {
		return errEmbed
	}
	name, known := strings.CutPrefix(kind.Type, "app.bsky.embed.")
	if !known {
		return nil
	}
	var e embed
	switch name {
	case "images", "gallery", "video", "external", "record", "recordWithMedia":
		if tweet.DecodeJSON(raw, &e) != nil {
			return errEmbed
		}
	}
	switch name {
	case "images":
		p.Images = p.Images || len(e.Images) > 0
	case "gallery":
		items := e.Items
		if given(e.Media) {
			var more []json.RawMessage
			if tweet.DecodeJSON(e.Media, &more) != nil {
				return errEmbed
			}
			items = append(items, more...)
		}
		p.Images = p.Images || len(items) > 0
	case "video":
		// X counts a looping clip without sound as a GIF and leaves it out of has:videos.
		p.GIFs = p.GIFs || e.Presentation == "gif"
		p.Videos = p.Videos || e.Presentation != "gif"
	case "external":
		// The card of a link. Its thumbnail is the linked page's picture, not the author's.
		p.Links = append(p.Links, e.External.URI)
	case "record":
		return p.readQuote(e.Record)
	case "recordWithMedia":
		if !outer {
			return nil
		}
		if given(e.Media) {
			if err := p.readEmbed(e.Media, false); err != nil {
				return err
			}
		}
		if given(e.Record) {
			return p.readQuote(e.Record)
		}
	}
	return nil
}

// readQuote reads a reference to a record, or an embed that holds one. Lists, feeds and starter packs are referred to in
// the same way; only a reference to a post is a quote.
func (p *Post) readQuote(raw json.RawMessage) error {
	var ref struct {
		URI    string `json:"uri"`
		Record struct {
			URI string `json:"uri"`
		} `json:"record"`
	}
	if tweet.DecodeJSON(raw, &ref) != nil {
		return errEmbed
	}
	for _, uri := range []string{ref.URI, ref.Record.URI} {
		p.Quote = p.Quote || strings.Contains(uri, "/"+tweet.PostCollection+"/")
	}
	return nil
}
