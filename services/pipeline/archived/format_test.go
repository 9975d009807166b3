package archived

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

var formats = []Format{Zstd, Gzip}

func pack(t *testing.T, f Format, text string) []byte {
	t.Helper()
	var packed bytes.Buffer
	var w io.WriteCloser = gzip.NewWriter(&packed)
	if f == Zstd {
		z, err := zstd.NewWriter(&packed)
		if err != nil {
			t.Fatal(err)
		}
		w = z
	}
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return packed.Bytes()
}

func TestLinesOfBothFormatsAreReadAlike(t *testing.T) {
	t.Parallel()
	lines := []string{"a\n", strings.Repeat("b", 3<<20) + "\n", "\n", "c\n"}
	for _, f := range formats {
		var got []string
		err := f.Lines(bytes.NewReader(pack(t, f, strings.Join(lines, ""))), func(line []byte) error {
			got = append(got, string(line))
			return nil
		})
		if err != nil || strings.Join(got, "|") != strings.Join(lines, "|") {
			t.Errorf("%s: %d lines, %v", f, len(got), err)
		}
	}
}

func TestADamagedObjectIsAnErrorNotAShorterOne(t *testing.T) {
	t.Parallel()
	for _, f := range formats {
		whole := pack(t, f, strings.Repeat("a line of the archive\n", 100))
		flipped := bytes.Clone(whole)
		flipped[len(flipped)-6] ^= 1
		for name, content := range map[string][]byte{"cut off": whole[:len(whole)-1], "flipped": flipped, "none": nil, "last line cut off": pack(t, f, "a\nb")} {
			// No bytes at all are a valid stream of no zstd frames; the object's count of records shows it.
			if f == Zstd && name == "none" {
				continue
			}
			if err := f.Lines(bytes.NewReader(content), func([]byte) error { return nil }); err == nil {
				t.Errorf("%s, %s: no error", f, name)
			}
		}
	}
}

func TestALineWithoutAnEndIsBounded(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("packs 33 MB")
	}
	err := Zstd.Lines(bytes.NewReader(pack(t, Zstd, strings.Repeat("x", maxLineBytes+1)+"\n")), func([]byte) error { return nil })
	if !errors.Is(err, ErrLine) {
		t.Errorf("got %v", err)
	}
}
