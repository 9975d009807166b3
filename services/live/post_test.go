package live

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"catsvdogs/services/pipeline/tweet"
)

func TestOnlyIdsThatAPlatformCouldHaveGivenAreShown(t *testing.T) {
	t.Parallel()
	for id, want := range map[string]bool{
		"1993000000000000101": true, "at://did:plc:abc123/app.bsky.feed.post/3k2la": true,
		"": false, "__proto__": false, "-1": false, "123456789012345678901": false, "12\n": false, "at://a b": false, `at://"`: false,
		"javascript:alert(1)": false, "at://" + strings.Repeat("a", 501): false,
	} {
		if got := newPost(&tweet.Document{TweetID: id}) != nil; got != want {
			t.Errorf("%q is shown: %t, want %t", id, got, want)
		}
	}
}

func TestAnAddressIsKeptOnlyWhenItIsOneOfTheWeb(t *testing.T) {
	t.Parallel()
	for url, want := range map[string]bool{
		"https://x.com/i/status/1": true, "https://bsky.app/profile/did:plc:abc/post/3k2la": true,
		"http://x.com/": false, "javascript:alert(1)": false, "https://x.com/\"><b>": false, "https://x.com@evil.example/": false,
		"https://x.com/" + strings.Repeat("a", maxURL): false, "https://x.com/a b": false, "https://x.com/\n": false,
	} {
		p := newPost(&tweet.Document{TweetID: "1", Source: tweet.SourceX, URL: url})
		if got := p.URL == url; got != want {
			t.Errorf("%.60q became %.60q", url, p.URL)
		}
	}
}

func FuzzAPostIsShownWithinItsBounds(f *testing.F) {
	f.Add("1", "text", "https://x.com/i/status/1", "en", "42", "cat")
	f.Add("at://did:plc:a/b/c", hostile, "javascript:alert(1)", "und", "<b>", "__proto__")
	f.Add("2", strings.Repeat("\xff🐈", 700), "https://", "\u202e", "", "\u202e")
	schema := described(f, "Post")
	f.Fuzz(func(t *testing.T, id, text, url, lang, author, tag string) {
		p := newPost(&tweet.Document{
			TweetID: id, Text: text, URL: url, Lang: lang, AuthorID: author, AuthorName: text, AuthorUsername: author, VersionID: id, Source: tweet.SourceX,
			Teams: []string{"cats"}, Media: []string{"image", tag}, Popularity: 1,
		})
		if p == nil {
			return
		}
		if n := utf8.RuneCountInString(p.AuthorName); n > maxNameRunes {
			t.Errorf("%d characters of a name", n)
		}
		if n := utf8.RuneCountInString(p.Text); n > maxTextRunes {
			t.Errorf("%d characters of text", n)
		}
		body, err := json.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		validates(t, "the post", schema, body)
		for _, kept := range countable([]string{tag}) {
			if len(kept) > maxHashtagBytes || strings.ContainsAny(kept, "<>&\"'\u202e \n") {
				t.Errorf("%q is taken for a hashtag", kept)
			}
		}
	})
}
