package bluesky_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"catsvdogs/services/pipeline/bluesky"
	"catsvdogs/services/pipeline/rule"
	"catsvdogs/services/pipeline/tweet"
)

const (
	did  = "did:plc:madeupmadeupmadeup234567"
	rkey = "3mptbxs3hq22j"
)

// commit is an event with a made-up post whose record has these fields.
func commit(fields string) string {
	return fmt.Sprintf(`{"did":%q,"time_us":1783175888373482,"kind":"commit","commit":{"rev":"3mptbyplwma2l","operation":"create",`+
		`"collection":"app.bsky.feed.post","rkey":%q,"record":{"$type":"app.bsky.feed.post","createdAt":"2001-01-01T00:00:00Z"%s},"cid":"bafyreimadeup"}}`, did, rkey, fields)
}

const (
	blob   = `{"$type":"blob","ref":{"$link":"bafkreimadeup"},"mimeType":"image/jpeg","size":1}`
	images = `{"$type":"app.bsky.embed.images","images":[{"alt":"","aspectRatio":{"height":3,"width":4},"image":` + blob + `}]}`
	video  = `{"$type":"app.bsky.embed.video","aspectRatio":{"height":3,"width":4},"video":` + blob + `}`
	clip   = `{"$type":"app.bsky.embed.video","presentation":"gif","video":` + blob + `}`
	link   = `{"$type":"app.bsky.embed.external","external":{"uri":"https://cats.example/","title":"","description":"","thumb":` + blob + `}}`
	quote  = `{"$type":"app.bsky.embed.record","record":{"cid":"bafyreimadeup","uri":"at://did:plc:other/app.bsky.feed.post/3mptbxs3hq22a"}}`
	list   = `{"$type":"app.bsky.embed.record","record":{"cid":"bafyreimadeup","uri":"at://did:plc:other/app.bsky.graph.list/3mptbxs3hq22a"}}`
)

func withMedia(record, media string) string {
	return `{"$type":"app.bsky.embed.recordWithMedia","record":` + record + `,"media":` + media + `}`
}

func TestThePostIsReadFromEveryKindOfEmbed(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		embed string
		want  bluesky.Post
		kind  string
		media []string
	}{
		"images":                        {images, bluesky.Post{Images: true}, "post", []string{"image"}},
		"no images":                     {`{"$type":"app.bsky.embed.images","images":[]}`, bluesky.Post{}, "post", []string{}},
		"a gallery":                     {`{"$type":"app.bsky.embed.gallery","items":[{"$type":"app.bsky.embed.gallery#image","image":` + blob + `}]}`, bluesky.Post{Images: true}, "post", []string{"image"}},
		"a gallery of an earlier day":   {`{"$type":"app.bsky.embed.gallery","media":[{"image":` + blob + `}]}`, bluesky.Post{Images: true}, "post", []string{"image"}},
		"a video":                       {video, bluesky.Post{Videos: true}, "post", []string{"video"}},
		"a looping clip":                {clip, bluesky.Post{GIFs: true}, "post", []string{"video"}},
		"a link and its card":           {link, bluesky.Post{Links: []string{"https://cats.example/"}}, "post", []string{}},
		"a quote":                       {quote, bluesky.Post{Quote: true}, "quote", []string{}},
		"a list is no quote":            {list, bluesky.Post{}, "post", []string{}},
		"a quote with images":           {withMedia(quote, images), bluesky.Post{Quote: true, Images: true}, "quote", []string{"image"}},
		"a quote with a video":          {withMedia(quote, video), bluesky.Post{Quote: true, Videos: true}, "quote", []string{"video"}},
		"a quote with a link":           {withMedia(quote, link), bluesky.Post{Quote: true, Links: []string{"https://cats.example/"}}, "quote", []string{}},
		"a list with images":            {withMedia(list, images), bluesky.Post{Images: true}, "post", []string{"image"}},
		"one level is looked into":      {withMedia(quote, withMedia(quote, images)), bluesky.Post{Quote: true}, "quote", []string{}},
		"a kind of a later day":         {`{"$type":"app.bsky.embed.hologram","images":7,"media":"x"}`, bluesky.Post{}, "post", []string{}},
		"somebody else's kind":          {`{"$type":"example.embed","images":[1]}`, bluesky.Post{}, "post", []string{}},
		"nothing":                       {`null`, bluesky.Post{}, "post", []string{}},
		"images whose pictures are odd": {`{"$type":"app.bsky.embed.images","images":[7,null]}`, bluesky.Post{Images: true}, "post", []string{"image"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e, err := bluesky.ParseEvent([]byte(commit(`,"text":"","embed":` + c.embed)))
			if err != nil {
				t.Fatal(err)
			}
			c.want.Hashtags = []string{}
			if diff := cmp.Diff(&c.want, e.Post); diff != "" {
				t.Errorf("post (-want +got):\n%s", diff)
			}
			if got := e.Post.Kind(); got != c.kind {
				t.Errorf("kind %s, want %s", got, c.kind)
			}
			if diff := cmp.Diff(c.media, e.Post.Media()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestHashtagsComeFromTheTextAndBesideIt(t *testing.T) {
	t.Parallel()
	tag := func(at int, tag string) string {
		return fmt.Sprintf(`{"index":{"byteStart":%d,"byteEnd":%d},"features":[{"$type":"app.bsky.richtext.facet#tag","tag":%q}]}`, at, at+5, tag)
	}
	e, err := bluesky.ParseEvent([]byte(commit(`,"text":"#Кот #cat","langs":["en-GB","ru"],"reply":{"parent":{},"root":{}},"tags":["#Dog","CAT",""],"facets":[` +
		tag(8, "cat") + `,` + tag(0, "Кот") + `,{"index":{"byteStart":20,"byteEnd":30},"features":[{"$type":"app.bsky.richtext.facet#link","uri":"https://cats.example/"},` +
		`{"$type":"app.bsky.richtext.facet#mention","did":"did:plc:other"},{"$type":"example.facet","tag":"no"}]}]`)))
	if err != nil {
		t.Fatal(err)
	}
	want := rule.Post{
		Text: "#Кот #cat", Lang: "en", Hashtags: []string{"кот", "cat", "dog"}, Mentions: []string{"did:plc:other"}, AuthorID: did,
		HasLinks: true, IsReply: true, Bucket: rule.Bucket("at://" + did + "/app.bsky.feed.post/" + rkey),
	}
	if diff := cmp.Diff(want, e.RulePost()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestLanguagesAreSpeltAsOnX(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{
		"en": "en", "EN-us": "en", "pt-BR": "pt", "he": "iw", "id": "in", "nb": "no", "zh": "zh", "zh-Hans-CN": "zh-CN", "zh_TW": "zh-TW",
		"": "", "e": "", "英語": "", "../etc": "", strings.Repeat("x", 9): "",
	} {
		e, err := bluesky.ParseEvent([]byte(commit(fmt.Sprintf(`,"langs":[%q]`, given))))
		if err != nil || e.Post.Lang != want {
			t.Errorf("%q is read as %+v (%v), want %q", given, e.Post, err, want)
		}
	}
}

func TestEventsWithoutAPostAreReadAsFarAsTheyAreUsed(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		frame string
		want  bluesky.Event
	}{
		"a deletion": {
			`{"did":"did:web:cats.example","time_us":1783175888373482,"kind":"commit","commit":{"rev":"r","operation":"delete","collection":"app.bsky.feed.post","rkey":"` + rkey + `"}}`,
			bluesky.Event{DID: "did:web:cats.example", TimeUS: 1783175888373482, Kind: "commit", Commit: bluesky.Commit{Rev: "r", Operation: "delete", Collection: "app.bsky.feed.post", RKey: rkey}},
		},
		"a like": {
			`{"did":"did:plc:a","time_us":1783175888373482,"kind":"commit","commit":{"rev":"r","operation":"create","collection":"app.bsky.feed.like","rkey":"` + rkey + `","record":{"subject":5}}}`,
			bluesky.Event{DID: "did:plc:a", TimeUS: 1783175888373482, Kind: "commit", Commit: bluesky.Commit{Rev: "r", Operation: "create", Collection: "app.bsky.feed.like", RKey: rkey}},
		},
		"an account that went": {
			`{"did":"did:plc:a","time_us":1783175888373482,"kind":"account","account":{"active":false,"did":"did:plc:a","seq":5,"status":"takendown","time":"2026-07-04T14:37:36.557Z"}}`,
			bluesky.Event{DID: "did:plc:a", TimeUS: 1783175888373482, Kind: "account", Account: bluesky.Account{Status: "takendown"}},
		},
		"a change of handle": {
			`{"did":"did:plc:a","time_us":1783175888373482,"kind":"identity","identity":{"did":"did:plc:a","handle":"cat.example","seq":1}}`,
			bluesky.Event{DID: "did:plc:a", TimeUS: 1783175888373482, Kind: "identity"},
		},
		"a kind of a later day": {
			`{"did":"did:plc:a","time_us":1783175888373482,"kind":"sync","cursor":5}`,
			bluesky.Event{DID: "did:plc:a", TimeUS: 1783175888373482, Kind: "sync"},
		},
	} {
		got, err := bluesky.ParseEvent([]byte(c.frame))
		if diff := cmp.Diff(c.want, got); err != nil || diff != "" {
			t.Errorf("%s: %v\n%s", name, err, diff)
		}
	}
}

func TestAnAccountIsGoneWhenItsPostsMustNotBeShown(t *testing.T) {
	t.Parallel()
	for status, want := range map[string]bool{
		"deleted": true, "takendown": true, "suspended": true, "deactivated": true, "": true, "of a later day": true,
		"desynchronized": false, "throttled": false,
	} {
		if got := (bluesky.Account{Status: status}).Gone(); got != want {
			t.Errorf("%q: %t", status, got)
		}
		if (bluesky.Account{Status: status, Active: true}).Gone() {
			t.Errorf("%q is gone while it is active", status)
		}
	}
}

func TestWhatIsNoEventIsRefused(t *testing.T) {
	t.Parallel()
	post := commit("")
	for _, frame := range []string{
		``, `{`, `[]`, `null`, `{}`, `"text"`, "\x00\xff", post + "{}", strings.Repeat("[", 100_000),
		strings.Replace(post, did, "did:plc:", 1), strings.Replace(post, did, "did:plc:a/b", 1), strings.Replace(post, did, "at://x", 1),
		strings.Replace(post, "1783175888373482", "1783175888", 1), strings.Replace(post, "1783175888373482", "-1783175888373482", 1), strings.Replace(post, "1783175888373482", "1.5", 1),
		strings.Replace(post, rkey, "..", 1), strings.Replace(post, rkey, "a/b", 1), strings.Replace(post, `"rkey":"`+rkey+`"`, `"rkey":""`, 1),
		`{"did":"did:plc:a","time_us":1783175888373482,"kind":"commit"}`, `{"did":"did:plc:a","time_us":1783175888373482,"kind":"account"}`,
		commit(`,"text":5`), commit(`,"facets":{}`), commit(`,"embed":[]`), commit(`,"embed":{"$type":"app.bsky.embed.images","images":{}}`),
		strings.Replace(post, `"record":{`, `"record":null,"r":{`, 1),
	} {
		_, err := bluesky.ParseEvent([]byte(frame))
		if !errors.Is(err, bluesky.ErrNoEvent) {
			t.Errorf("%.200s: %v", frame, err)
		}
	}
}

func TestAnErrorOfTheServerIsTold(t *testing.T) {
	t.Parallel()
	for _, frame := range []string{
		`{"$type":"error","error":"ConsumerTooSlow","message":"behind"}`,
		`{"error":"ConsumerTooSlow","message":"behind"}`,
	} {
		_, err := bluesky.ParseEvent([]byte(frame))
		var said *bluesky.ServerError
		if !errors.As(err, &said) || said.Name != "ConsumerTooSlow" || said.Message != "behind" {
			t.Errorf("%s: %v", frame, err)
		}
	}
}

// FuzzParseEvent: whatever the bytes, there is an error of the two kinds or an event whose post can be keyed, and the
// same as the standard JSON library sees.
func FuzzParseEvent(f *testing.F) {
	for _, embed := range []string{images, video, link, quote, withMedia(quote, images), `{"$type":"app.bsky.embed.gallery","media":[{}]}`} {
		f.Add([]byte(commit(`,"text":"#cat","langs":["en"],"tags":["dog"],"embed":` + embed)))
	}
	f.Add([]byte(`{"did":"did:plc:a","time_us":1783175888373482,"kind":"account","account":{"active":false}}`))
	f.Add([]byte(`{"$type":"error","error":"ConsumerTooSlow"}`))
	f.Fuzz(func(t *testing.T, frame []byte) {
		e, err := bluesky.ParseEvent(frame)
		if err != nil {
			var said *bluesky.ServerError
			if !errors.Is(err, bluesky.ErrNoEvent) && !errors.As(err, &said) {
				t.Fatalf("an error of another kind: %v", err)
			}
			return
		}
		var standard struct {
			DID    string `json:"did"`
			TimeUS int64  `json:"time_us"`
			Kind   string `json:"kind"`
		}
		if err := json.Unmarshal(frame, &standard); err != nil || standard.DID != e.DID || standard.TimeUS != e.TimeUS || standard.Kind != e.Kind {
			t.Fatalf("encoding/json sees %+v (%v), we %+v", standard, err, e)
		}
		if e.Post == nil {
			return
		}
		if !e.OfPost() || !strings.HasPrefix(e.URI(), "at://did:") || strings.Count(e.URI(), "/") != 4 {
			t.Fatalf("a post at %s", e.URI())
		}
		if again, err := bluesky.ParseEvent(frame); err != nil || !reflect.DeepEqual(e, again) {
			t.Fatal("the same frame gives something else")
		}
		_, _ = tweet.CreatedFromKey(e.URI())
		for _, h := range e.RulePost().Hashtags {
			if h == "" || strings.HasPrefix(h, "#") {
				t.Fatalf("hashtag %q", h)
			}
		}
	})
}

func TestAFieldIsTheOneOfExactlyItsName(t *testing.T) {
	t.Parallel()
	e, err := bluesky.ParseEvent([]byte(commit(`,"text":"a cat","Text":"a dog","TAGS":["dog"],"Embed":` + images + `,"langs":["de"],"langs":["en"]`)))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(&bluesky.Post{Text: "a cat", Lang: "en", Hashtags: []string{}}, e.Post); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
