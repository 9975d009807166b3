package enrich

import (
	"bytes"
	"encoding/json"
	"fmt"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"catsvdogs/services/enricher/promotion"
	"catsvdogs/services/pipeline/delivery"
	"catsvdogs/services/pipeline/tweet"
)

func TestCountsAreReadInAnySpellingAndNonsenseCostsItselfOnly(t *testing.T) {
	t.Parallel()
	e := newEnricher(t)
	for spelling, want := range map[string]int64{
		`5`: 5, `5.0`: 5, `"5"`: 5, `50e-1`: 5, `0.5e1`: 5, `"5.0"`: 5, `9007199254740991`: 9007199254740991,
		`null`: 0, `-1`: 0, `1.5`: 0, `1e400`: 0, `-1e400`: 0, `"NaN"`: 0, `"many"`: 0, `""`: 0, `true`: 0, `[5]`: 0, `{"n":5}`: 0, `9007199254740992`: 0, `99999999999999999999`: 0,
	} {
		doc := enrichPost(t, e, `"text":"a cat","public_metrics":{"like_count":`+spelling+`,"retweet_count":2,"bookmark_count":`+spelling+`}`)
		m := doc.Metrics
		if m.Likes != want || m.Retweets != 2 || doc.Text != "a cat" {
			t.Errorf("%s: %+v", spelling, m)
		}
		if told := m.Bookmarks != nil; told != (want != 0) || told && *m.Bookmarks != want {
			t.Errorf("%s: bookmarks %v", spelling, m.Bookmarks)
		}
	}
}

func TestIDsOtherThanThePostsOwnMayBeNumbers(t *testing.T) {
	t.Parallel()
	e := newEnricher(t)
	doc, err := e.Enrich(raw([]byte(`{"data":{"id":"2060000000000000001","author_id":7,"edit_history_tweet_ids":[2060000000000000001]},"matching_rules":[{"id":1273026480692322304,"tag":"cats with images"}]}`)), now)
	if err != nil {
		t.Fatal(err)
	}
	if doc.TweetID != "2060000000000000001" || doc.AuthorID != "7" || doc.MatchedRules[0].ID != "1273026480692322304" || doc.Teams[0] != "cats" {
		t.Errorf("%+v", doc)
	}
}

func TestNullIsAsIfTheFieldWereNotThere(t *testing.T) {
	t.Parallel()
	e := newEnricher(t)
	post := `"text":null,"author_id":null,"lang":null,"created_at":null,"entities":null,"note_tweet":null,"referenced_tweets":null,"attachments":null,"paid_partnership":null,"scopes":null,"public_metrics":null,"edit_history_tweet_ids":null`
	inside := `"entities":{"hashtags":null,"urls":[null],"mentions":[{"start":null}]},"attachments":{"media_keys":null},"scopes":{"followers":null},"public_metrics":{"like_count":null},"referenced_tweets":[null],"note_tweet":{"text":null,"entities":null}`
	plain, err := e.Enrich(raw([]byte(`{"data":{"id":"2060000000000000001"}}`)), now)
	if err != nil {
		t.Fatal(err)
	}
	want, _ := tweet.Encode(plain)
	for _, fields := range []string{post, inside} {
		for _, rest := range []string{`"includes":null,"matching_rules":null`, `"includes":{"media":null},"matching_rules":[]`, `"includes":{"media":[null]},"errors":[]`} {
			doc, err := e.Enrich(raw([]byte(`{"data":{"id":"2060000000000000001",`+fields+`},`+rest+`}`)), now)
			if err != nil {
				t.Fatalf("%s %s: %v", fields, rest, err)
			}
			if got, _ := tweet.Encode(doc); !bytes.Equal(got, want) {
				t.Errorf("%s %s:\n got %s\nwant %s", fields, rest, got, want)
			}
		}
	}
}

func TestANameIsThatNameOrAnotherOne(t *testing.T) {
	t.Parallel()
	e := newEnricher(t)
	for _, line := range []string{`{"Data":{"id":"2060000000000000001"}}`, `{"DATA":{"id":"2060000000000000001"}}`, `{"data ":{"id":"2060000000000000001"}}`} {
		_, err := e.Enrich(raw([]byte(line)), now)
		if r, ok := delivery.AsRefusal(err); !ok || r.Reason != "not_a_post" {
			t.Errorf("%s: %v", line, err)
		}
	}
	doc := enrichPost(t, e, `"text":"a cat","TEXT":"a dog","Text":"b","Lang":"en","public_metrics":{"like_count":1,"Like_Count":2},"Entities":{"hashtags":[{"tag":"x"}]},"entities":{"Hashtags":[{"tag":"y"}]},"edit_history_tweet_id\u017f":["1"]`)
	if doc.Text != "a cat" || doc.Lang != "und" || doc.Metrics.Likes != 1 || len(doc.Hashtags) != 0 || doc.TweetID != "2060000000000000001" {
		t.Errorf("%+v", doc)
	}
	if doc := enrichPost(t, e, `"te\u0078t":"a cat"`); doc.Text != "a cat" {
		t.Errorf("an escaped name is another one: %q", doc.Text)
	}
}

func TestOfTwoMembersOfOneNameTheLastCounts(t *testing.T) {
	t.Parallel()
	e := newEnricher(t)
	once := `{"data":{"id":"2060000000000000001","text":"b","public_metrics":{"like_count":2},"entities":{"hashtags":[{"tag":"b"}]},"attachments":{"media_keys":["2"]},"scopes":{},"note_tweet":null,"referenced_tweets":[]},"includes":{"media":[{"media_key":"2","type":"photo"}]},"matching_rules":[{"id":"2","tag":"b"}]}`
	before := `{"data":{"id":"2060000000000000002","text":"a","lang":"en","author_id":"7","public_metrics":{"like_count":1,"reply_count":1},"entities":{"hashtags":[{"tag":"a"},{"tag":"c"}],"urls":[{"expanded_url":"https://bit.ly/a"}]},"paid_partnership":true},"includes":{"media":[{"media_key":"2","type":"video"},{"media_key":"2","type":"video"}]},"matching_rules":[{"id":"1","tag":"a"},{"id":"3","tag":"c"}],`
	inside := strings.NewReplacer(
		`"text":"b"`, `"text":"a","text":"b"`, `"public_metrics":`, `"public_metrics":{"like_count":1,"reply_count":1},"public_metrics":`, `"like_count":2`, `"like_count":1,"like_count":2`,
		`"entities":`, `"entities":{"urls":[{"expanded_url":"https://bit.ly/a"}]},"entities":`, `"tag":"b"`, `"tag":"a","tag":"b"`, `"hashtags":`, `"hashtags":[{"tag":"a"},{"tag":"c"}],"hashtags":`,
		`"media_keys":`, `"media_keys":["1","3"],"media_keys":`, `"scopes":`, `"scopes":{"followers":false},"scopes":`, `"note_tweet":`, `"note_tweet":{"text":"a"},"note_tweet":`,
		`"referenced_tweets":`, `"referenced_tweets":[{"type":"quoted"}],"referenced_tweets":`, `"includes":`, `"includes":{"media":[{"media_key":"2","type":"video"}]},"includes":`,
	).Replace(once)
	var want []byte
	for _, line := range []string{once, before + once[1:], inside} {
		doc, err := e.Enrich(raw([]byte(line)), now)
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		got, _ := tweet.Encode(doc)
		if want == nil {
			want = got
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s:\n got %s\nwant %s", line, got, want)
		}
	}
}

// Whatever stands in a text stands in the document, escaped where JSON wants it; who shows it escapes it for where it is
// shown.
func TestATextIsKeptAsWritten(t *testing.T) {
	t.Parallel()
	e := newEnricher(t)
	schema := compileSchema(t)
	for written, want := range map[string]string{
		`a\u0000b`: "a\x00b", `\u0001\u001b[31m\u007f\u0085`: "\x01\x1b[31m\x7f\u0085", `\u202ecat\u2066\u200f`: "\u202ecat\u2066\u200f", "\u202ecat": "\u202ecat",
		`\ud83d`: "\ufffd", `\ude00\ud83d`: "\ufffd\ufffd", `\ud83d\ude00`: "😀", `\ud83dx\ude00`: "\ufffdx\ufffd", `\ufffe\uffff\ufeff`: "\ufffe\uffff\ufeff",
		`<script>\u2028&amp;`: "<script>\u2028&amp;", `\r\n\t\"\\\/`: "\r\n\t\"\\/",
	} {
		doc := enrichPost(t, e, `"lang":"en","text":"`+written+`","entities":{"hashtags":[{"tag":"`+written+`"}]}`)
		if doc.Text != want {
			t.Errorf("%s is kept as %q", written, doc.Text)
		}
		encoded, err := tweet.Encode(doc)
		if err != nil {
			t.Fatal(err)
		}
		validate(t, schema, encoded)
		decoded, err := tweet.Decode(encoded)
		if err != nil || decoded.Text != want || !utf8.Valid(encoded) || bytes.ContainsFunc(encoded, func(r rune) bool { return r < ' ' }) {
			t.Errorf("%s is written as %q (%v)", written, encoded, err)
		}
	}
}

// A line has at most 1 MiB (topic.MaxLineBytes). What an attacker can do with that is bounded in time; the bound is far
// above what is needed, and far below what anything quadratic takes.
func TestHostileLinesCostLittle(t *testing.T) {
	t.Parallel()
	e := newEnricher(t)
	many := func(n int, element func(i int) string) string {
		list := make([]string, n)
		for i := range list {
			list[i] = element(i)
		}
		return "[" + strings.Join(list, ",") + "]"
	}
	post := func(fields string) string { return `{"data":{"id":"2060000000000000001",` + fields + `}}` }
	const line = 1 << 20
	for name, c := range map[string]struct{ line, reason string }{
		"10,000 levels":              {post(`"x":` + strings.Repeat("[", 9_000) + strings.Repeat("]", 9_000)), ""},
		"100,000 levels":             {post(`"x":` + strings.Repeat(`{"a":`, 100_000) + "1" + strings.Repeat("}", 100_000)), "invalid_json"},
		"a million brackets":         {strings.Repeat("[", line), "invalid_json"},
		"100,000 hashtags":           {post(`"entities":{"hashtags":` + many(80_000, func(i int) string { return fmt.Sprintf(`{"tag":"%x"}`, i) }) + `}`), "out_of_bounds"},
		"one hashtag 50,000 times":   {post(`"text":"#a","entities":{"hashtags":` + many(30_000, func(int) string { return `{"start":0,"end":2,"tag":"a"}` }) + `}`), ""},
		"links in the wrong order":   {post(`"text":"` + strings.Repeat("é", 50_000) + `","entities":{"urls":` + many(30_000, func(i int) string { return fmt.Sprintf(`{"start":%d,"end":%d}`, 49_000-i, 49_001-i) }) + `}`), ""},
		"100,000 empty entities":     {post(`"entities":{"urls":` + many(100_000, func(int) string { return `{}` }) + `,"mentions":` + many(100_000, func(int) string { return `{}` }) + `}`), ""},
		"100,000 rules":              {`{"data":{"id":"2060000000000000001"},"matching_rules":` + many(50_000, func(i int) string { return fmt.Sprintf(`{"id":"%d"}`, i) }) + `}`, "out_of_bounds"},
		"many media":                 {`{"data":{"id":"2060000000000000001","attachments":{"media_keys":` + many(50_000, func(i int) string { return fmt.Sprint(`"`, i, `"`) }) + `}},"includes":{"media":` + many(20_000, func(i int) string { return fmt.Sprintf(`{"media_key":"%d"}`, 10_000+i) }) + `}}`, ""},
		"a long number":              {post(`"public_metrics":{"like_count":` + strings.Repeat("9", line/2) + `}`), ""},
		"a long exponent":            {post(`"public_metrics":{"like_count":1e` + strings.Repeat("9", line/2) + `}`), ""},
		"a million escapes":          {post(`"text":"` + strings.Repeat(`\ud83d`, 99_000) + `"`), ""},
		"one member 100,000 times":   {post(strings.Repeat(`"edit_history_tweet_ids":["1"],`, 30_000) + `"edit_history_tweet_ids":["2060000000000000001"]`), ""},
		"a text of links":            {post(`"text":"` + strings.Repeat("https://t.co/a", 7000) + `"`), ""},
		"a text of signs":            {post(`"text":"` + strings.Repeat("#", 100_000) + `"`), ""},
		"a text of marks":            {post(`"lang":"en","text":"e` + strings.Repeat("\u0301", 99_000) + `"`), ""},
		"a history of ids":           {post(`"edit_history_tweet_ids":` + many(40_000, func(int) string { return `"2060000000000000001"` })), ""},
		"a link of a million digits": {post(`"entities":{"urls":[{"expanded_url":"https://a/?` + strings.Repeat("a&", line/3) + `"}]}`), ""},
	} {
		t.Run(name, func(t *testing.T) {
			from := time.Now()
			d, err := e.Draft(raw([]byte(c.line)), now)
			if err == nil {
				_, err = tweet.Encode(e.Finish(&d, promotion.Repeats{}))
			}
			took := time.Since(from)
			refusal, _ := delivery.AsRefusal(err)
			if (err == nil) != (c.reason == "") || err != nil && refusal.Reason != c.reason {
				t.Errorf("%v, want %q", err, c.reason)
			}
			if took > 3*time.Second {
				t.Errorf("it takes %s", took)
			}
		})
	}
}

// FuzzLinesAreReadAsTheirTagsSay holds the reading by hand against encoding/json, which goes by the tags, on lines from which
// everything is taken that the two read differently on purpose.
func FuzzLinesAreReadAsTheirTagsSay(f *testing.F) {
	lines, err := filepath.Glob("testdata/*.line.json")
	if err != nil || len(lines) == 0 {
		f.Fatal(err)
	}
	for _, file := range lines {
		f.Add(readFile(f, file))
	}
	f.Add([]byte(`{"data":{"id":"1","ID":"2","public_metrics":{"like_count":1e2}},"data":{"id":"2","text":"\u0000\ud800"}}`))
	f.Add([]byte(`{"data":{"id":"1","edit_history_post_ids":["1"],"referenced_posts":[{"type":"quoted","id":"5"}],"note_post":{"text":"x","entities":{"urls":[{"start":1,"end":2,"unwound_url":"u","media_key":"3_1"}],"mentions":[{"start":0,"end":1}]}},"scopes":{"followers":false}}}`))
	names := tagsOf(reflect.TypeFor[xLine](), nil)
	reader := new(xReader) // one for all lines: what it keeps of one must not show in the next
	f.Fuzz(func(t *testing.T, line []byte) {
		got, err := reader.parse(line)
		refusal, refused := delivery.AsRefusal(err)
		if valid := utf8.Valid(line) && json.Valid(line); valid == (refused && (refusal.Reason == "invalid_json" || refusal.Reason == "invalid_utf8")) {
			t.Fatalf("valid %t, but %v", valid, err)
		}
		if refused {
			return
		}
		var generic any
		decoder := json.NewDecoder(bytes.NewReader(line))
		decoder.UseNumber()
		if err := decoder.Decode(&generic); err != nil {
			t.Fatal(err)
		}
		dropOthers(generic, names)
		exact, err := json.Marshal(generic)
		if err != nil {
			t.Fatal(err)
		}
		want := new(xLine)
		if json.Unmarshal(exact, want) != nil {
			return // a number in a spelling, or where, encoding/json takes none
		}
		if want.Data == nil || want.Data.check() != nil {
			t.Fatalf("encoding/json reads no post: %s", line)
		}
		inBounds(reflect.ValueOf(want))
		inBounds(reflect.ValueOf(got))
		if !reflect.DeepEqual(want, got) {
			w, _ := json.Marshal(want)
			g, _ := json.Marshal(got)
			t.Fatalf("%s\nencoding/json: %s\nours: %s", line, w, g)
		}
	})
}

func tagsOf(typ reflect.Type, names []string) []string {
	switch typ.Kind() {
	case reflect.Pointer, reflect.Slice:
		return tagsOf(typ.Elem(), names)
	case reflect.Struct:
		for field := range typ.Fields() {
			if tag := field.Tag.Get("json"); tag != "" {
				names = append(names, tag)
			}
			names = tagsOf(field.Type, names)
		}
	}
	return names
}

// dropOthers takes every member out of v whose name is none of these.
func dropOthers(v any, names []string) {
	switch v := v.(type) {
	case map[string]any:
		for name, below := range v {
			if slices.Contains(names, name) {
				dropOthers(below, names)
			} else {
				delete(v, name)
			}
		}
	case []any:
		for _, below := range v {
			dropOthers(below, names)
		}
	}
}

// inBounds sets every number that is below 0 or above what is exact to 0, and what points to one to nothing: what is made of
// those is tested elsewhere.
func inBounds(v reflect.Value) {
	odd := func(v reflect.Value) bool { return v.Kind() == reflect.Int64 && (v.Int() < 0 || v.Int() >= 1<<53) }
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return
		}
		if odd(v.Elem()) {
			v.SetZero()
			return
		}
		inBounds(v.Elem())
	case reflect.Slice:
		for i := range v.Len() {
			inBounds(v.Index(i))
		}
	case reflect.Struct:
		for i := range v.NumField() {
			inBounds(v.Field(i))
		}
	default:
		if odd(v) {
			v.SetZero()
		}
	}
}
