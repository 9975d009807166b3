package enrich

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"testing"
)

// eventSaying is an event with a text and facets, each FEATURE FROM TO.
func eventSaying(t testing.TB, text string, reply bool, facets ...string) []byte {
	t.Helper()
	for i, f := range facets {
		var feature string
		var from, to int
		if _, err := fmt.Sscan(f, &feature, &from, &to); err != nil {
			t.Fatal(err)
		}
		facets[i] = fmt.Sprintf(`{"index":{"byteStart":%d,"byteEnd":%d},"features":[{"$type":"app.bsky.richtext.facet#%s","uri":"https://cats.example/","did":"did:plc:a"}]}`, from, to, feature)
	}
	fields := `"text":` + strconv.Quote(text) + `,"langs":["en"],"facets":[` + strings.Join(facets, ",") + `]`
	if reply {
		fields += `,"reply":{"parent":{},"root":{}}`
	}
	return []byte(`{"did":"did:plc:madeup","time_us":1780481731000000,"kind":"commit","commit":{"rev":"r","operation":"create","collection":"app.bsky.feed.post","rkey":"3mneuukc6v22b","record":{` + fields + `}}}`)
}

func TestWhatIsNotSpokenOnBlueskyIsLeftOutAsOnX(t *testing.T) {
	t.Parallel()
	e := newEnricher(t)
	for name, c := range map[string]struct {
		text   string
		reply  bool
		facets []string
		want   string
	}{
		"no facets":                       {"see cats.example/good now", false, nil, "see cats.example/good now"},
		"a link":                          {"é see https://cats.example/good now", false, []string{"link 7 32"}, "é see  now"},
		"a link cut short":                {"see cats.example/go... now", false, []string{"link 4 22"}, "see  now"},
		"a link with a text of its own":   {"see this great cat now", false, []string{"link 4 18"}, "see this great cat now"},
		"a link of one word":              {"see great... now", false, []string{"link 4 12"}, "see great... now"},
		"who is answered":                 {"@love.example @b.example so cute @love.example", true, []string{"mention 14 24", "mention 0 13", "mention 33 46"}, "so cute @love.example"},
		"who is named, no reply":          {"@love.example so cute", false, []string{"mention 0 13"}, "@love.example so cute"},
		"a mention of words":              {"love so cute", true, []string{"mention 0 4"}, "love so cute"},
		"ranges of nowhere":               {"é cats.example", true, []string{"link -1 3", "link 3 99", "link 9 3", "link 1 15", "mention 1 2", "link 0 0"}, "é cats.example"},
		"ranges that overlap":             {"a cats.example/b c", false, []string{"link 2 16", "link 2 14", "link 5 16"}, "a  c"},
		"the whole text":                  {"https://cats.example", false, []string{"link 0 20"}, ""},
		"a range that ends within a word": {"cats.example/é!", false, []string{"link 0 14"}, "cats.example/é!"},
	} {
		frame := eventSaying(t, c.text, c.reply, c.facets...)
		d, err := e.Draft(event(frame), now)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if d.Spoken() != c.want || d.Document().Text != c.text {
			t.Errorf("%s: %q, want %q", name, d.Spoken(), c.want)
		}
	}
}

func TestFacetsThatCannotBeReadLeaveTheTextAsItIs(t *testing.T) {
	t.Parallel()
	e := newEnricher(t)
	good := eventSaying(t, "see https://cats.example/ now", false, "link 4 25")
	for old, odd := range map[string]string{
		`"byteStart":4`: `"byteStart":"four"`, `"byteEnd":25`: `"byteEnd":1e400`, `"index":{`: `"INDEX":{`, `facet#link","uri"`: `facet#link2","uri"`,
	} {
		frame := bytes.Replace(good, []byte(old), []byte(odd), 1)
		d, err := e.Draft(event(frame), now)
		if err != nil || !strings.Contains(d.Spoken(), "https") || bytes.Equal(frame, good) {
			t.Errorf("%s: %q, %v", odd, d.Spoken(), err)
		}
	}
}
