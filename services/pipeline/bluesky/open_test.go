package bluesky_test

import (
	"errors"
	"testing"

	"catsvdogs/services/pipeline/bluesky"
)

const catFacet = `{"index":{"byteStart":0,"byteEnd":4},"features":[{"$type":"app.bsky.richtext.facet#tag","tag":"cat"}]}`

func TestWhatOthersPutIntoAPostDoesNotCostThePost(t *testing.T) {
	t.Parallel()
	for name, fields := range map[string]string{
		"a feature with a tag of its own form": `"facets":[{"index":{"byteStart":9},"features":[{"$type":"example.poll","tag":{"x":1},"uri":7,"did":[]}]},` + catFacet + `]`,
		"a feature without a form":             `"facets":[` + catFacet + `,{"features":[null,5,"x",{"$type":7}]}]`,
		"a facet without a form":               `"facets":[null,5,{"features":7},` + catFacet + `,{"index":"0","features":[]}]`,
		"a place that is no number":            `"facets":[{"index":{"byteStart":"0"},"features":[{"$type":"app.bsky.richtext.facet#tag","tag":"cat"}]}]`,
		"a tag of the lexicon of another form": `"facets":[` + catFacet + `,{"index":{},"features":[{"$type":"app.bsky.richtext.facet#tag","tag":5}]}]`,
		"a language that is none":              `"langs":[7],"tags":["cat"]`,
		"languages that are none":              `"langs":"en","tags":["cat"]`,
		"a tag that is none":                   `"tags":[1,"cat",null]`,
		"a link card that is a text":           `"tags":["cat"],"embed":{"$type":"app.bsky.embed.external","external":"x"}`,
		"an address that is none":              `"tags":["cat"],"embed":{"$type":"app.bsky.embed.external","external":{"uri":5}}`,
		"a reference that is none":             `"tags":["cat"],"embed":{"$type":"app.bsky.embed.record","record":"x"}`,
		"fields of another kind":               `"tags":["cat"],"embed":{"$type":"app.bsky.embed.external","external":{"uri":"https://a.example"},"images":{"a":1},"media":7}`,
		"fields beside the post":               `"tags":["cat"],"com.example.mood":{"tag":5},"labels":7`,
	} {
		e, err := bluesky.ParseEvent([]byte(commit(`,"text":"#cat",` + fields)))
		if err != nil || e.Flawed || len(e.Post.Hashtags) != 1 || e.Post.Hashtags[0] != "cat" {
			t.Errorf("%s: %+v, %v", name, e.Post, err)
		}
	}
}

func TestOfAFlawedPostIsReadWhatSaysWhoseItIs(t *testing.T) {
	t.Parallel()
	for name, fields := range map[string]string{
		"images that are no list": `"text":"","tags":["cat"],"embed":{"$type":"app.bsky.embed.images","images":{}}`,
		"an embed that is none":   `"text":"","tags":["cat"],"embed":7`,
		"media that are none":     `"text":"","tags":["cat"],"embed":{"$type":"app.bsky.embed.recordWithMedia","media":[]}`,
		"facets that are no list": `"text":"a #Cat","facets":{},"embed":` + images,
		"a text that is none":     `"text":5,"tags":["cat"],"embed":` + images,
		"tags that are no list":   `"text":"","tags":"dog","facets":[` + catFacet + `],"embed":` + images,
		"one flaw after another":  `"text":"#cat","tags":7,"facets":7,"embed":[]`,
	} {
		e, err := bluesky.ParseEvent([]byte(commit("," + fields)))
		if !errors.Is(err, bluesky.ErrPost) || !errors.Is(err, bluesky.ErrNoEvent) || !e.Flawed {
			t.Fatalf("%s: %+v, %v", name, e, err)
		}
		if p := e.RulePost(); len(p.Hashtags) != 1 || p.Hashtags[0] != "cat" || !p.HasImages {
			t.Errorf("%s: %+v", name, p)
		}
	}
}
