package archived

import (
	"bytes"
	"errors"
	"strings"
	"testing"
)

// FuzzAnObjectsNameIsReadInOneSpelling: what is taken for the name of an object is the name that the object has.
func FuzzAnObjectsNameIsReadInOneSpelling(f *testing.F) {
	f.Add("tweets.raw/dt=2026-11-23/hour=12/tweets.raw-3-00000000000000000012.ndjson.zst")
	f.Add("a-1/dt=0000-02-29/hour=24/a-1-999999999-99999999999999999999.ndjson.gz")
	f.Add("tweets.raw/dt=2026-11-23/hour=12/tweets.raw-03-00000000000000000012.ndjson.gz")
	f.Fuzz(func(t *testing.T, name string) {
		if o, ok := ParseName(name); ok && (o.Name() != name || o.First < 0 || o.Partition < 0) {
			t.Errorf("%q is read as that of %+v, whose name is %q", name, o, o.Name())
		}
	})
}

// FuzzARangeHasNoNegativeNumbers: whatever stands in an object's metadata.
func FuzzARangeHasNoNegativeNumbers(f *testing.F) {
	f.Add("1", "2", "2", "0")
	f.Add("-1", "99999999999999999999", "", "\x00")
	f.Fuzz(func(t *testing.T, start, last, records, suppressed string) {
		given := map[string]string{metaStart: start, metaLast: last, metaRecords: records, metaSuppressed: suppressed}
		r, err := ParseRange(func(name string) string { return given[name] })
		if err == nil && (r.Start < 0 || r.Last < 0 || r.Records < 0 || r.Suppressed < 0) {
			t.Errorf("%v gives %+v", given, r)
		}
	})
}

// FuzzAnObjectIsReadInBoundedLines: packed by whoever put it there.
func FuzzAnObjectIsReadInBoundedLines(f *testing.F) {
	for _, format := range []Format{Zstd, Gzip} {
		var packed bytes.Buffer
		p, err := format.NewPacker(&packed)
		if err != nil {
			f.Fatal(err)
		}
		if _, err := p.Write([]byte(strings.Repeat("a", 1<<12) + "\nb\n")); err != nil {
			f.Fatal(err)
		}
		if err := p.Close(); err != nil {
			f.Fatal(err)
		}
		f.Add(packed.Bytes(), format == Gzip)
	}
	f.Add([]byte{0x28, 0xb5, 0x2f, 0xfd, 0xff, 0xff}, false)
	enough := errors.New("enough")
	f.Fuzz(func(t *testing.T, packed []byte, isGzip bool) {
		format := Zstd
		if isGzip {
			format = Gzip
		}
		n := 0
		err := format.Lines(bytes.NewReader(packed), func(line []byte) error {
			if !bytes.HasSuffix(line, []byte("\n")) || len(line) > maxLineBytes || bytes.Count(line, []byte("\n")) != 1 {
				t.Errorf("this is no line: %.80q", line)
			}
			if n++; n > 1000 {
				return enough
			}
			return nil
		})
		if n == 0 && err == nil && len(packed) == 0 && isGzip {
			t.Error("nothing is taken for an object")
		}
	})
}

// FuzzALineThatIsReadIsWrittenTheSame: a line that somebody else has written means what it is written as by us.
func FuzzALineThatIsReadIsWrittenTheSame(f *testing.F) {
	f.Add([]byte(`{"topic":"tweets.raw","partition":3,"offset":12,"timestamp":"2026-11-23T12:00:00.123Z","key":"1","headers":[{"key":"source","value":"x"}],"value":{"data":1}}`))
	f.Add([]byte(`{"topic":"t","timestamp":"0001-01-01T00:00:00Z","key_base64":"/w==","headers":[{"key":"a","value_base64":"AA=="}],"suppressed":true}`))
	f.Add([]byte(`{"topic":"t","timestamp":"9999-12-31T23:59:59-23:59","offset":9223372036854775807,"value":1e999}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		first, err := ParseLine(text)
		if err != nil || first.Suppressed {
			return
		}
		again := AppendLine(nil, first.Record)
		second, err := ParseLine(again)
		if err != nil {
			t.Fatalf("%q is written as %q, which cannot be read: %v", text, again, err)
		}
		if third := AppendLine(nil, second.Record); !bytes.Equal(again, third) {
			t.Errorf("%q is written as\n%q, and then as\n%q", text, again, third)
		}
	})
}
