package bluesky

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"catsvdogs/services/pipeline/tweet"
)

// Post is the content of a post.
type Post struct {
	Text     string
	Lang     string   // of the text, in the spelling of X; "" when the author does not tell
	Hashtags []string // lower case, without #, in order of appearance, each once
	Mentions []string // DIDs
	Links    []string // in the text and on the card below it

	Images, Videos, GIFs bool // what the post itself carries
	Reply, Quote         bool
}

// Kind is the post's kind in a document; a reply that quotes is a quote, as it is on X.
func (p *Post) Kind() string {
	switch {
	case p.Quote:
		return tweet.KindQuote
	case p.Reply:
		return tweet.KindReply
	default:
		return tweet.KindPost
	}
}

// Media lists the kinds of media for a document. A looping clip without sound is a video there, as X's animated_gif is.
func (p *Post) Media() []string {
	kinds := []string{}
	if p.Images {
		kinds = append(kinds, tweet.MediaImage)
	}
	if p.Videos || p.GIFs {
		kinds = append(kinds, tweet.MediaVideo)
	}
	return kinds
}

// record is app.bsky.feed.post. createdAt is left out: it is what the author's software claims, and the record key and
// Jetstream's own time are there.
type record struct {
	Text   string          `json:"text"`
	Langs  []string        `json:"langs"`
	Tags   []string        `json:"tags"` // hashtags beside the text
	Facets []facet         `json:"facets"`
	Reply  json.RawMessage `json:"reply"`
	Embed  json.RawMessage `json:"embed"`
}

// facet is app.bsky.richtext.facet: what a range of the text means.
type facet struct {
	Index struct {
		ByteStart int64 `json:"byteStart"`
	} `json:"index"`
	Features []struct {
		Type string `json:"$type"`
		Tag  string `json:"tag"`
		URI  string `json:"uri"`
		DID  string `json:"did"`
	} `json:"features"`
}

var errRecord = errors.New("its record is no post as the lexicon has them")

func parsePost(raw json.RawMessage) (*Post, error) {
	if !given(raw) {
		return nil, errRecord
	}
	var r record
	if tweet.DecodeJSON(raw, &r) != nil {
		return nil, errRecord
	}
	p := &Post{Text: r.Text, Hashtags: []string{}, Reply: given(r.Reply)}
	if len(r.Langs) > 0 {
		p.Lang = langAsOnX(r.Langs[0])
	}
	slices.SortStableFunc(r.Facets, func(a, b facet) int {
		switch {
		case a.Index.ByteStart < b.Index.ByteStart:
			return -1
		case a.Index.ByteStart > b.Index.ByteStart:
			return 1
		default:
			return 0
		}
	})
	for _, f := range r.Facets {
		for _, feature := range f.Features {
			switch feature.Type {
			case "app.bsky.richtext.facet#tag":
				p.addHashtag(feature.Tag)
			case "app.bsky.richtext.facet#mention":
				p.Mentions = append(p.Mentions, feature.DID)
			case "app.bsky.richtext.facet#link":
				p.Links = append(p.Links, feature.URI)
			}
		}
	}
	for _, t := range r.Tags {
		p.addHashtag(t)
	}
	if given(r.Embed) {
		if err := p.readEmbed(r.Embed, true); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// addHashtag takes the sign off, which belongs to the text and not to the tag but is written by some software.
func (p *Post) addHashtag(tag string) {
	tag = strings.ToLower(strings.TrimLeft(strings.TrimSpace(tag), "#＃"))
	if tag != "" && !slices.Contains(p.Hashtags, tag) {
		p.Hashtags = append(p.Hashtags, tag)
	}
}

// given says whether an optional field is there.
func given(raw json.RawMessage) bool {
	return len(raw) > 0 && !bytes.Equal(raw, []byte("null"))
}
