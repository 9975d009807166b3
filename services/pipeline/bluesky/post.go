package bluesky

import (
	"bytes"
	"errors"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

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
// Jetstream's own time are there. Each field is read by itself, because a record is open: others may put fields of theirs
// into it and into its parts, and one that cannot be read must not cost the post the others.
type record struct {
	Text   jsontext.Value `json:"text"`
	Langs  jsontext.Value `json:"langs"`
	Tags   jsontext.Value `json:"tags"` // hashtags beside the text
	Facets jsontext.Value `json:"facets"`
	Reply  jsontext.Value `json:"reply"`
	Embed  jsontext.Value `json:"embed"`
}

// ErrPost is wrapped, beside ErrNoEvent, by the error about a commit whose record is no post as the lexicon has them.
var ErrPost = errors.New("its record is no post as the lexicon has them")

// parsePost reads a record. With ErrPost comes what could be read of it, in which what an unreadable embed might hold is
// there: so a rule can say whether the post would have been one of its own.
func parsePost(raw jsontext.Value) (*Post, error) {
	p := &Post{Hashtags: []string{}}
	var r record
	if !given(raw) || decode(raw, &r) != nil {
		return p, ErrPost
	}
	p.Reply = given(r.Reply)
	readable := read(r.Text, &p.Text)
	var langs []jsontext.Value
	if lang := ""; read(r.Langs, &langs) && len(langs) > 0 && read(langs[0], &lang) {
		p.Lang = langAsOnX(lang) // which a post may lack
	}
	if !p.readFacets(r.Facets) {
		readable = false
		// The signs in the text are all that is left of its hashtags.
		for word := range strings.FieldsSeq(p.Text) {
			if word[0] == '#' {
				p.addHashtag(word)
			}
		}
	}
	var tags []jsontext.Value
	readable = read(r.Tags, &tags) && readable
	for _, t := range tags {
		if tag := ""; read(t, &tag) {
			p.addHashtag(tag)
		}
	}
	if given(r.Embed) && !p.readEmbed(r.Embed, true) {
		readable, p.Images, p.Videos, p.GIFs = false, true, true, true
	}
	if !readable {
		return p, ErrPost
	}
	return p, nil
}

// read decodes an optional field and says whether it can be read; one that is not there can.
func read(raw jsontext.Value, into any) bool {
	return !given(raw) || decode(raw, into) == nil
}

// given says whether an optional field is there.
func given(raw jsontext.Value) bool {
	return len(raw) > 0 && !bytes.Equal(raw, []byte("null"))
}

// maxHashtags is what the schema of a document allows. A list that is over it by one is refused further on and grows no
// more: to look through it for each of a hundred thousand would take minutes.
const maxHashtags = 1000

// addHashtag takes the sign off, which belongs to the text and not to the tag but is written by some software.
func (p *Post) addHashtag(tag string) {
	tag = strings.ToLower(strings.TrimLeft(strings.TrimSpace(tag), "#＃"))
	if tag != "" && len(p.Hashtags) <= maxHashtags && !slices.Contains(p.Hashtags, tag) {
		p.Hashtags = append(p.Hashtags, tag)
	}
}
