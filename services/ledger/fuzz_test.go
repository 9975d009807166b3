package ledger

import (
	"bytes"
	"strings"
	"testing"

	"catsvdogs/services/ledger/account"
)

func FuzzParseLine(f *testing.F) {
	f.Add([]byte(lineOf(rawPost(1))))
	f.Add([]byte(`{"topic":"tweets.raw","partition":3,"offset":12,"timestamp":"2026-11-23T12:00:00.123Z","key_base64":"/w==","headers":[{"key":"a","value_base64":"/w=="}],"value_base64":"eA=="}`))
	f.Add([]byte(`{"topic":"t","partition":0,"offset":1,"timestamp":"2026-11-23T12:00:00Z","key":null,"headers":[],"suppressed":true}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		r, suppressed, err := parseLine(text)
		if err != nil {
			return
		}
		if r.Topic == "" || r.Offset < 0 || r.Partition < 0 || suppressed && r.Value != nil {
			t.Errorf("%q is taken for %+v", text, r)
		}
		if stampOfLine(r, suppressed).Offset != r.Offset {
			t.Errorf("%q has another offset", text)
		}
	})
}

func FuzzTruth(f *testing.F) {
	f.Add([]byte(`{"n":17,"at":"2026-11-23T12:00:00.000Z","id":"1","first_id":"1","kind":"post","handed_at":"2026-11-23T12:00:00.1Z","by":"stream","connection":"c","sha256":"` + strings.Repeat("ab", 32) + `","cut":false}` + "\n"))
	f.Add([]byte(`{"at":"","id":"","first_id":"","kind":"cut","n":21,"cut":"c","after":12}` + "\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		of, into := &truth{}, &account.Handed{Most: 100}
		n, err := of.take(bytes.NewReader(text), into)
		if whole := bytes.Count(text, []byte("\n")); n > whole || err == nil && n != whole || into.Lines > int64(n) {
			t.Errorf("%d of %d lines, %d handed over, %v", n, whole, into.Lines, err)
		}
	})
}

func FuzzParseName(f *testing.F) {
	f.Add("tweets.raw/dt=2026-11-23/hour=12/tweets.raw-3-00000000000000000012.ndjson.zst")
	f.Add("tweets.raw/dt=2026-13-23/hour=12/tweets.raw-3-99999999999999999999.ndjson.gz")
	f.Fuzz(func(t *testing.T, name string) {
		partition, n, ok := parseName("tweets.raw", name)
		if !ok {
			return
		}
		written := n.name("tweets.raw", partition) // 03 is written as 3
		if again, m, ok := parseName("tweets.raw", written); !ok || again != partition || m != n {
			t.Errorf("%q is written as %q, which is read as another", name, written)
		}
	})
}

func FuzzDeletions(f *testing.F) {
	f.Add([]byte(`{"key":"1","observed_at":"2026-11-23T12:00:00Z","topic":"tweets.raw","partition":0,"offset":9}` + "\n"))
	f.Add([]byte(`{"key_base64":"/w==","observed_at":"2026-11-23T12:00:00Z"}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		d := deletions{}
		if err := d.read(bytes.NewReader(text)); err == nil && len(d) > bytes.Count(text, []byte("\n"))+1 {
			t.Errorf("%q has %d deletions", text, len(d))
		}
	})
}

func FuzzDocumentDigest(f *testing.F) {
	f.Add([]byte(`{"b":1.0,"a":{"d":"ü","c":[1,2]},"indexed_at":"x","index_ms":3}`))
	f.Add([]byte(`[`))
	f.Fuzz(func(_ *testing.T, text []byte) { documentDigest(text) })
}

func TestTheDigestOfADocumentIsOfItsFieldsAndNotOfTheirOrder(t *testing.T) {
	t.Parallel()
	of := func(text string) account.Digest { return documentDigest([]byte(text)) }
	same := of(`{"a":1.0,"b":[1,2]}`)
	if of(`{ "b":[1,2], "a":1.0, "indexed_at":"now", "index_ms":5}`) != same {
		t.Error("the order counts, or what the index half adds does")
	}
	for _, other := range []string{`{"a":1,"b":[1,2]}`, `{"a":1.0,"b":[2,1]}`, `{"a":1.0,"b":[1,2],"c":null}`, `{"a":1.0}`} {
		if of(other) == same {
			t.Errorf("%s passes for the same", other)
		}
	}
}

func TestTheDayOfAPostFollowsFromItsKey(t *testing.T) {
	t.Parallel()
	day := dayOfMilli(noon.UnixMilli())
	for key, want := range map[string]int32{id(7): day, "12": -1, "x": -1, "": -1, "at://did:plc:invented/app.bsky.feed.post/short": -1} {
		if got := dayOf(key); got != want {
			t.Errorf("%q is of day %d, want %d", key, got, want)
		}
	}
	n, rkey := uint64(noon.UnixMicro())<<10, ""
	for range 13 {
		rkey, n = string(tidLetters[n&31])+rkey, n>>5
	}
	if got := dayOf("at://did:plc:invented/app.bsky.feed.post/" + rkey); got != day {
		t.Errorf("the address of noon is of day %d, want %d", got, day)
	}
}
