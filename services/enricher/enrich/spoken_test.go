package enrich

import (
	"strings"
	"testing"
	"unicode/utf8"
)

// bodyOf reads the text of a post with these fields.
func bodyOf(t testing.TB, fields string) *xBody {
	t.Helper()
	line, err := new(xReader).parse([]byte(`{"data":{"id":"2060000000000000001",` + fields + `}}`))
	if err != nil {
		t.Fatalf("%s: %v", fields, err)
	}
	body := line.Data.body()
	return &body
}

func TestWhatXPutsIntoATextIsNotSpoken(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		fields string
		reply  bool
		want   string
	}{
		"nothing of X's":            {`"text":"My  CAT\n\nis 🐱 great!!! #cat @her"`, true, "My  CAT\n\nis 🐱 great!!! #cat @her"},
		"escaped":                   {`"text":"I &lt;3 cats &amp; dogs &gt; birds"`, false, "I <3 cats & dogs > birds"},
		"escaped by the author":     {`"text":"write &amp;lt; for &lt;, &copy; for ©"`, false, "write &lt; for <, &copy; for ©"},
		"a link by its span":        {`"text":"🐱 see https://t.co/abc now","entities":{"urls":[{"start":6,"end":22,"url":"https://t.co/abc"}]}`, false, "🐱 see  now"},
		"a link at a wrong place":   {`"text":"🐱 see https://t.co/abc now","entities":{"urls":[{"start":1,"end":4,"url":"https://t.co/abc"}]}`, false, "🐱 see  now"},
		"a link of no known span":   {`"text":"see https://t.co/abc! https://t.co/"`, false, "see ! "},
		"two entities of one link":  {`"text":"x https://t.co/abc","entities":{"urls":[{"start":2,"end":18,"url":"https://t.co/abc","media_key":"3_1"},{"start":2,"end":18,"url":"https://t.co/abc","media_key":"3_2"}]}`, false, "x "},
		"who is answered":           {`"text":"@love @Hate so cute @love","entities":{"mentions":[{"start":0,"end":5,"username":"love"},{"start":6,"end":11,"username":"hate"},{"start":20,"end":25,"username":"love"}]}`, true, "so cute @love"},
		"who is named, no reply":    {`"text":"@love so cute","entities":{"mentions":[{"start":0,"end":5,"username":"love"}]}`, false, "@love so cute"},
		"spans of nobody":           {`"text":"so cute","entities":{"mentions":[{"start":0,"end":7,"username":"love"}]}`, true, "so cute"},
		"the long text":             {`"text":"short https://t.co/abc","note_tweet":{"text":"é long https://t.co/abd","entities":{"urls":[{"start":7,"end":23,"url":"https://t.co/abd"}]}}`, false, "é long "},
		"hostile spans":             {`"text":"é cat","entities":{"urls":[{"start":-1,"end":2,"url":"é "},{"start":3,"end":2,"url":"a"},{"start":0,"end":9223372036854775807,"url":"é cat"},{"start":4,"end":6,"url":"t"}],"mentions":[{"start":0,"end":99}]}`, true, "é cat"},
		"an empty text":             {`"entities":{"urls":[{"start":0,"end":1,"url":""}]}`, true, ""},
		"a span over a broken pair": {`"text":"\ud83d cat","entities":{"mentions":[{"start":0,"end":1,"username":""}]}`, true, "\ufffd cat"},
	} {
		if got := bodyOf(t, c.fields).spoken(c.reply); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestALinkThatXPutsInDoesNotMakeCapitalsAChoice(t *testing.T) {
	t.Parallel()
	e := newEnricher(t)
	score := func(text string) float64 {
		doc, err := e.Enrich(raw([]byte(`{"data":{"id":"2060000000000000001","lang":"en","text":"`+text+`"}}`)), now)
		if err != nil {
			t.Fatal(err)
		}
		return doc.Sentiment.Score
	}
	if with, without := score("MY CAT IS GREAT https://t.co/abc"), score("MY CAT IS GREAT"); with != without {
		t.Errorf("%v with the link, %v without", with, without)
	}
	if heart := score("I &lt;3 my cat"); heart <= 0 {
		t.Errorf("a heart scores %v", heart)
	}
}

func TestPlainTextsAreAlikeWhenTheyLookAlike(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                          "",
		"  My\tCAT \r\n\n sleeps  ": "my cat sleeps",
		"𝐔𝐬𝐞 𝓬𝓸𝓭𝓮 ＰＵＲＲ":                         "use code purr",
		"c\u200ba\u00adt\u2060 \ufeffd\u202eog": "cat dog",
		"❤️ 👨‍👩‍👧":                              "❤ 👨👩👧",
		"e\u0301 É":                             "é é",
		"a\u0000b\u0007c\u0085d":                "abc d",
		"ﬁne\u00a0\u3000ねこ":                     "fine ねこ",
		"\xffcat":                               "\ufffdcat",
		"İ":                                     "i",
	} {
		if got := plain(text); got != want {
			t.Errorf("plain(%q) = %q, want %q", text, got, want)
		}
	}
}

func FuzzPlainIsPlain(f *testing.F) {
	for _, text := range []string{"My\tCAT", "𝐔𝐬𝐞 \u200b #cat", "e\u0301\xff\u202e", strings.Repeat("\u0301", 50)} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got := plain(text)
		if strings.ContainsAny(got, "\t\n\r\x00\u200b\u202e\ufeff") || strings.Contains(got, "  ") || got != strings.TrimSpace(got) || !utf8.ValidString(got) {
			t.Errorf("plain(%q) = %q", text, got)
		}
	})
}

// FuzzSpansAreHarmless: whatever X says about where things are, the tags that it lists are there and the text is made of
// pieces of what was written.
func FuzzSpansAreHarmless(f *testing.F) {
	f.Add("🐱 #cat https://t.co/abc &amp;", "cat", int64(2), int64(6), true)
	f.Add("@a @b é", "é", int64(-1), int64(1<<62), false)
	f.Fuzz(func(t *testing.T, text, tag string, start, end int64, reply bool) {
		e := &xEntities{}
		e.Hashtags = append(e.Hashtags, xHashtag{xSpan{start, end}, tag})
		e.URLs = append(e.URLs, xURL{xSpan: xSpan{start, end}, ExpandedURL: text})
		e.Mentions = append(e.Mentions, xSpan{start, end})
		b := &xBody{text: text, entities: [2]*xEntities{e, e}}
		if tags := b.hashtags(); tag != "" && (len(tags) != 1 || tags[0] != strings.ToLower(tag)) {
			t.Errorf("%q gives %q", tag, tags)
		}
		if spoken := b.spoken(reply); len(spoken) > len(text) {
			t.Errorf("%q is said to say %q", text, spoken)
		}
	})
}

func TestTheScoreIsThatOfWhatIsSpokenInEnglishOnly(t *testing.T) {
	t.Parallel()
	e := newEnricher(t)
	for lang, label := range map[string]string{"en": "positive", "de": "unknown", "und": "unknown", "": "unknown"} {
		doc, err := e.Enrich(raw([]byte(`{"data":{"id":"2060000000000000001","lang":"`+lang+`","text":"a wonderful cat"}}`)), now)
		if err != nil || doc.Sentiment.Label != label {
			t.Errorf("%q: %+v, %v", lang, doc.Sentiment, err)
		}
	}
}
