package hostile

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/services/pipeline/topic"
	"catsvdogs/services/pipeline/tweet"
)

// observed is when all of it was received. The ids are of the hours before.
var observed = time.Date(2026, 6, 3, 10, 15, 30, 0, time.UTC)

// markup is what a text would do if anybody took it for more than a text: HTML, a script, a formula of a spreadsheet,
// commands to a terminal, a line of a log, and characters that turn or hide what stands behind them.
const markup = `=cmd|' /C calc'!A0 <img src=x onerror=\"document.title='stolen'\"><script>document.title='stolen'</script> {{7*7}} ${7*7} \u001b[31mred\u001b]0;title\u0007 \r\nlevel=ERROR msg=forged \u202eedoc\u202c \u200b\u2066\u2069 \u0000 #Cat`

// line is a post as X's stream has it: text stands between quotation marks as it is, rest behind the post's last field.
func line(id int, text, rest string) string {
	return fmt.Sprintf(`{"data":{"id":"%d","text":"%s","author_id":"77","created_at":"2026-05-28T16:43:19.000Z","lang":"en","edit_history_tweet_ids":["%d"],`+
		`"attachments":{"media_keys":["3_1"]},"entities":{"hashtags":[{"start":0,"end":4,"tag":"Cat"}]},`+
		`"public_metrics":{"retweet_count":0,"reply_count":0,"like_count":2,"quote_count":0}%s},`+
		`"includes":{"media":[{"media_key":"3_1","type":"photo"}]},"matching_rules":[{"id":"100","tag":"cats with images"}]}`, firstID+id, text, firstID+id, rest)
}

const firstID = 2060000000000000000

// hostileLines are lines as a source could send them, by what is wrong with each.
func hostileLines() map[string]string {
	deep := func(n int, open, end string) string { return strings.Repeat(open, n) + strings.Repeat(end, n) }
	lines := map[string]string{
		"markup":                   line(1, markup, ""),
		"deep lists":               deep(100_000, "[", "]"),
		"deep lists in a field":    line(2, "#Cat", `,"x":`+deep(100_000, "[", "]")),
		"deep objects in a field":  line(3, "#Cat", `,"x":`+deep(100_000, `{"a":`, "}")+"1"),
		"deep within what is read": line(4, "#Cat", `,"entities":`+deep(100_000, `{"urls":[`, "]}")),
		"no UTF-8":                 line(5, "#Cat \xff\xfe\xc0\xaf\xed\xa0\x80", ""),
		"a bare NUL":               line(6, "#Cat \x00", ""),
		"lone surrogates":          line(7, `#Cat \ud83d \ude3b \ud83d\ud83d`, ""),
		"an unfinished escape":     line(8, `#Cat \u12`, ""),
		"a number over all bounds": line(9, "#Cat", `,"public_metrics":{"like_count":1e999999}`),
		"a number of many digits":  line(10, "#Cat", `,"public_metrics":{"like_count":1`+strings.Repeat("0", 400)+`}`),
		"a number that is long":    line(11, "#Cat", `,"x":`+strings.Repeat("9", 500_000)),
		"a negative number":        line(12, "#Cat", `,"public_metrics":{"like_count":-5}`),
		"a fraction":               line(13, "#Cat", `,"public_metrics":{"like_count":0.5}`),
		"a field twice":            line(14, "#Cat", `,"text":"another text","text":7`),
		"an id twice":              line(15, "#Cat", `,"id":"2060000000000000099"`),
		"a long text":              line(16, "#Cat "+strings.Repeat("miau ", 190_000), ""),
		"a long name of a field":   line(17, "#Cat", `,"`+strings.Repeat("x", 500_000)+`":1`),
		"many hashtags":            strings.Replace(line(18, "#Cat", ""), `{"start":0,"end":4,"tag":"Cat"}`, strings.Repeat(`{"tag":"Cat"},`, 60_000)+`{"tag":"Cat"}`, 1),
		"many rules":               strings.Replace(line(19, "#Cat", ""), `{"id":"100",`, strings.Repeat(`{"id":"100"},`, 60_000)+`{"id":"100",`, 1),
		"spans out of the text":    strings.Replace(line(20, "#Cat", ""), `"start":0,"end":4`, `"start":-9223372036854775808,"end":9223372036854775807`, 1),
		"a span that is backwards": strings.Replace(line(21, "#Cat", ""), `"start":0,"end":4`, `"start":4,"end":0`, 1),
		"a long time":              line(22, "#Cat", `,"created_at":"99999-01-01T00:00:00Z"`),
		"the year 0":               strings.Replace(line(23, "#Cat", ""), "2026-05-28", "0000-00-00", 1),
		"a tag of a rule":          strings.Replace(line(24, "#Cat", ""), "cats with images", `cats\n\u001b[2J<b>`, 1),
		"a language":               strings.Replace(line(25, "#Cat", ""), `"lang":"en"`, `"lang":"`+strings.Repeat("e", 100_000)+`"`, 1),
		"an author of markup":      strings.Replace(line(26, "#Cat", ""), `"author_id":"77"`, `"author_id":"<script>alert(1)</script>"`, 1),
		"nothing":                  "",
		"no object":                `"\u001b[31m"`,
		"null":                     "null",
		"blanks":                   strings.Repeat(" ", 1<<19),
		"a byte order mark":        "\ufeff" + line(27, "#Cat", ""),
		"the half of a line":       line(28, "#Cat", "")[:200],
		"two in one line":          line(29, "#Cat", "") + line(30, "#Cat", ""),
		"escapes in names":         strings.Replace(line(31, "#Cat", ""), `"text"`, `"\u0074ext"`, 1),
		"other letters' case":      strings.Replace(line(32, "#Cat", ""), `"text"`, `"TEXT"`, 1),
		"a prototype":              line(33, "#Cat", `,"__proto__":{"polluted":true},"constructor":{"prototype":{}}`),
		"many joiners":             line(34, "#Cat "+strings.Repeat("a\u0300\u200d", 50_000), ""),
	}
	for i, id := range []string{`-1`, `1.5`, `1e18`, `99999999999999999999`, `"-1"`, `"99999999999999999999"`, `"18446744073709551615"`, `"9223372036854775807"`,
		`"../../etc/passwd"`, `"' OR 1=1 --"`, `"_bulk\n{}"`, `null`, `{}`, `true`, `""`, `"\u0000"`, `"` + strings.Repeat("9", 100_000) + `"`} {
		lines["id "+strconv.Itoa(i)] = strings.ReplaceAll(line(99, "#Cat", ""), `"2060000000000000099"`, id)
	}
	return lines
}

// event is a post as Jetstream has it: text stands between quotation marks as it is, rest behind the record's last field.
func event(did, rkey, text, rest string) string {
	return fmt.Sprintf(`{"did":"%s","time_us":1780481730000000,"kind":"commit","commit":{"rev":"3","operation":"create","collection":"app.bsky.feed.post","rkey":"%s",`+
		`"record":{"$type":"app.bsky.feed.post","text":"%s","createdAt":"2026-06-03T10:15:00Z","langs":["en"],`+
		`"embed":{"$type":"app.bsky.embed.images","images":[{"alt":"a cat","image":{"$type":"blob","mimeType":"image/jpeg","size":7}}]}%s},"cid":"b"}}`, did, rkey, text, rest)
}

// hostileEvents are events as Jetstream could send them, by what is wrong with each.
func hostileEvents() map[string]string {
	const did, rkey = "did:plc:aaaaaaaaaaaaaaaaaaaaaaaa", "3mneuukc6v22b"
	events := map[string]string{
		"an event of markup":             event(did, rkey, markup, ""),
		"an event, deep":                 event(did, rkey, "my cat", `,"x":`+strings.Repeat("[", 100_000)+strings.Repeat("]", 100_000)),
		"an event with facets of markup": event(did, rkey, "my cat #cat", `,"facets":[{"index":{"byteStart":-1,"byteEnd":9223372036854775807},"features":[{"$type":"app.bsky.richtext.facet#tag","tag":"<script>"},{"$type":"app.bsky.richtext.facet#link","uri":"javascript:alert(1)"}]}]`),
		"an event with many facets":      event(did, rkey, "my cat #cat", `,"facets":[`+strings.Repeat(`{"index":{"byteStart":7,"byteEnd":11},"features":[{"$type":"app.bsky.richtext.facet#tag","tag":"cat"}]},`, 8000)+`{}]`),
		"an event with a long text":      event(did, rkey, strings.Repeat("miau ", 190_000), ""),
		"an event with texts twice":      event(did, rkey, "my cat", `,"text":7`),
		"an event with alt of markup":    strings.Replace(event(did, rkey, "my cat", ""), `"alt":"a cat"`, `"alt":"`+markup+`"`, 1),
		"an event of a long time ago":    strings.Replace(event(did, rkey, "my cat", ""), "2026-06-03T10:15:00Z", "0000-01-01T00:00:00+23:59", 1),
		"an event of a far time":         strings.Replace(event(did, rkey, "my cat", ""), "1780481730000000", "9223372036854775807", 1),
		"an event with a size":           strings.Replace(event(did, rkey, "my cat", ""), `"size":7`, `"size":-1e999`, 1),
		"an event with labels":           event(did, rkey, "my cat", `,"labels":{"values":[{"val":"<b>"},7,null]},"langs":["`+strings.Repeat("e", 100_000)+`"],"reply":{"root":{"uri":"javascript:alert(1)"},"parent":7}`),
	}
	for i, id := range [][2]string{{"did:plc:<script>", rkey}, {"did:web:evil.example%0d%0aSet-Cookie", rkey}, {"javascript:alert(1)//", rkey}, {did, "../../../etc"}, {did, "javascript:alert"}, {did, "zzzzzzzzzzzzz"},
		{did, "2222222222222"}, {did, "\u0000"}, {"", ""}, {did + "/../did:plc:b", rkey}, {"did:plc:" + strings.Repeat("a", 100_000), rkey}, {did, strings.Repeat("3", 100_000)}} {
		events["an event's id "+strconv.Itoa(i)] = event(id[0], id[1], "my cat", "")
	}
	return events
}

// hostileRecords are records that whoever may write to tweets.raw could write, by what is wrong with each.
func hostileRecords() map[string]*kgo.Record {
	records := map[string]*kgo.Record{}
	add := func(name string, r tweet.Raw, change ...func(*kgo.Record)) {
		record := &kgo.Record{Topic: topic.Raw, Key: r.Key, Value: r.Value}
		for _, h := range r.Headers() {
			record.Headers = append(record.Headers, kgo.RecordHeader(h))
		}
		for _, c := range change {
			c(record)
		}
		records[name] = record
	}
	raw := func(value string) tweet.Raw {
		return tweet.Raw{Key: []byte("2060000000000000001"), Value: []byte(value), Source: tweet.SourceX, Schema: tweet.SchemaX, Kind: tweet.KindStream, ObservedAt: observed}
	}
	also := func(name, value string) func(*kgo.Record) {
		return func(r *kgo.Record) { r.Headers = append(r.Headers, kgo.RecordHeader{Key: name, Value: []byte(value)}) }
	}
	set := func(name, value string) func(*kgo.Record) {
		return func(r *kgo.Record) {
			r.Headers = slices.DeleteFunc(r.Headers, func(h kgo.RecordHeader) bool { return h.Key == name })
			also(name, value)(r)
		}
	}
	for name, value := range hostileLines() {
		add(name, raw(value))
		bluesky := raw(value)
		bluesky.Schema, bluesky.Source = tweet.SchemaBluesky, tweet.SourceBluesky
		add(name+", as from Bluesky", bluesky)
	}
	for name, value := range hostileEvents() {
		r := raw(value)
		r.Schema, r.Source, r.Key = tweet.SchemaBluesky, tweet.SourceBluesky, []byte("at://did:plc:aaaaaaaaaaaaaaaaaaaaaaaa/app.bsky.feed.post/3mneuukc6v22b")
		r.MatchedRules = []tweet.MatchedRule{{ID: "100", Tag: "cats with images"}}
		add(name, r)
	}
	good := raw(line(50, "#Cat", ""))
	deletion := raw("")
	deletion.Kind, deletion.Key = tweet.KindDelete, []byte("2060000000000000050")
	// The years that RFC 3339 writes with an offset, and that are others in UTC.
	for _, at := range []string{"9999-12-31T23:59:59-23:59", "0000-01-01T00:00:00+23:59", "1969-12-31T23:59:59Z", "0001-01-01T00:00:00Z", "99999-01-01T00:00:00Z", "\x1b[2J", ""} {
		add("observed at "+strconv.Quote(at), good, set(topic.HeaderObservedAt, at))
		add("deleted at "+strconv.Quote(at), deletion, set(topic.HeaderObservedAt, at))
		add("deleted also at "+strconv.Quote(at), deletion, also(topic.HeaderObservedAt, at))
	}
	for _, key := range []string{"", "\x00", "\xff\xfe", "-1", "99999999999999999999", strings.Repeat("9", 100_000), "at://did:plc:x/app.bsky.feed.post/<script>", "../..", "2060000000000000050\n"} {
		r := deletion
		r.Key = []byte(key)
		add(fmt.Sprintf("deletion of %.40q", key), r)
		r = good
		r.Key = []byte(key)
		add(fmt.Sprintf("key %.40q", key), r)
	}
	for header, values := range map[string][]string{
		topic.HeaderKind:            {"", "refresh", "\x1b[31m", "<script>", strings.Repeat("x", 100_000)},
		topic.HeaderSource:          {"", "\n", "<script>", "\xff", strings.Repeat("x", 100_000)},
		topic.HeaderSchema:          {"", "\nlevel=ERROR", "\x00"},
		topic.HeaderTraceparent:     {"", "00-0-0-0", "\n", strings.Repeat("0", 100_000)},
		topic.HeaderTruncatedLength: {"-1", "9223372036854775808", "x"},
		topic.HeaderTruncatedSHA256: {"", "\x1b", strings.Repeat("f", 100_000)},
		"matched_rules":             {"", "null", "{", `[{"id":7}]`, strings.Repeat("[", 100_000), `[{"id":"<b>","tag":"\u001b"}]`},
		"earlier":                   {"", "{}", `{"arrived_at":"9999-12-31T23:59:59-23:59","observed_at":"0000-01-01T00:00:00+23:59","observations":1}`},
		"counts":                    {"", `{"likes":1e999}`, strings.Repeat("[", 100_000)},
		"sample":                    {"-1", "x", "99999999999999999999"},
		"since":                     {"\x1b", "<b>"},
		"replayed":                  {"tweets.raw/-1/1", "\n"},
	} {
		for _, value := range values {
			add(fmt.Sprintf("%s %.40q", header, value), good, set(header, value))
		}
	}
	many := make([]kgo.RecordHeader, 20_000)
	for i := range many {
		many[i] = kgo.RecordHeader{Key: "x", Value: []byte("y")}
	}
	add("many headers", good, func(r *kgo.Record) { r.Headers = append(r.Headers, many...) })
	add("no header", good, func(r *kgo.Record) { r.Headers = nil })
	add("a long header", good, set(strings.Repeat("x", 100_000), strings.Repeat("y", 100_000)))
	add("no value", good, func(r *kgo.Record) { r.Value = nil })
	for _, at := range []time.Time{time.UnixMilli(0), time.UnixMilli(-62167219200001), time.UnixMilli(253402300800000), time.UnixMilli(1 << 62)} {
		add("written at "+strconv.FormatInt(at.UnixMilli(), 10), good, func(r *kgo.Record) { r.Timestamp = at })
		add("a deletion written at "+strconv.FormatInt(at.UnixMilli(), 10), deletion, func(r *kgo.Record) { r.Timestamp = at })
	}
	return records
}
