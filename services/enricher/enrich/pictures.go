package enrich

import (
	"slices"

	"catsvdogs/services/enricher/enrich/strictjson"
	"catsvdogs/services/pipeline/tweet"
)

// maxPictures bounds how many pictures of one post are named; X shows four, and a hostile line may list any number.
const maxPictures = 16

// Spoken is what the author has said: the document's text without what the source has put in.
func (d *Draft) Spoken() string { return d.spoken }

// Document is the draft's document, to which models of others may add before Finish.
func (d *Draft) Document() *tweet.Document { return d.doc }

// Pictures lists the addresses of the pictures that a post of X carries itself, for a video its preview; what the post
// quotes is not the post's own. They come from outside and are not checked. It reads the line again, because most enrichers
// never ask. Posts of other sources have none: Bluesky's lines name pictures by their content, not by an address.
func Pictures(raw tweet.Raw) []string {
	if raw.Schema != tweet.SchemaX {
		return nil
	}
	var keys []string
	var media []picture
	r := strictjson.NewReader(raw.Value)
	for in := r.Object(); in && r.Member(); {
		switch string(r.Name()) {
		case "data":
			into(r, "attachments", func() { into(r, "media_keys", func() { keys = list(r, readKey) }) })
		case "includes":
			into(r, "media", func() { media = list(r, (*picture).read) })
		default:
			r.Skip()
		}
	}
	if r.End() != nil {
		return nil
	}
	keys = keys[:min(len(keys), maxPictures)]
	var addresses []string
	for _, m := range media {
		address := m.url
		if address == "" || m.preview != "" {
			address = m.preview
		}
		if address != "" && len(addresses) < maxPictures && slices.Contains(keys, m.key) && !slices.Contains(addresses, address) {
			addresses = append(addresses, address)
		}
	}
	return addresses
}

// picture is one of a line's media.
type picture struct{ key, url, preview string }

func (p *picture) read(r *strictjson.Reader) {
	for in := r.Object(); in && r.Member(); {
		switch string(r.Name()) {
		case "media_key":
			p.key = r.String()
		case "url":
			p.url = r.String()
		case "preview_image_url":
			p.preview = r.String()
		default:
			r.Skip()
		}
	}
}

func readKey(key *string, r *strictjson.Reader) { *key = r.String() }
