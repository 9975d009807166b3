package enrich

import (
	"slices"

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
	var line struct {
		Data struct {
			Attachments struct {
				MediaKeys []string `json:"media_keys"`
			} `json:"attachments"`
		} `json:"data"`
		Includes struct {
			Media []struct {
				MediaKey   string `json:"media_key"`
				URL        string `json:"url"`
				PreviewURL string `json:"preview_image_url"`
			} `json:"media"`
		} `json:"includes"`
	}
	if tweet.DecodeJSON(raw.Value, &line) != nil {
		return nil
	}
	keys := line.Data.Attachments.MediaKeys
	keys = keys[:min(len(keys), maxPictures)]
	var addresses []string
	for _, m := range line.Includes.Media {
		address := m.URL
		if address == "" || m.PreviewURL != "" {
			address = m.PreviewURL
		}
		if address != "" && len(addresses) < maxPictures && slices.Contains(keys, m.MediaKey) && !slices.Contains(addresses, address) {
			addresses = append(addresses, address)
		}
	}
	return addresses
}
