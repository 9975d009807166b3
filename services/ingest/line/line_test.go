package line

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
)

const (
	testMax  = 100
	testKeep = 10
)

func all(t *testing.T, src io.Reader) (lines []Line) {
	t.Helper()
	r := NewReader(src, testMax, testKeep)
	for {
		l, err := r.Next()
		if err != nil {
			if again, same := r.Next(); !errors.Is(same, err) || again.Bytes != nil {
				t.Errorf("after the end came %+v, %v", again, same)
			}
			return lines
		}
		lines = append(lines, l)
	}
}

func TestLinesEndWithNewlineOrCarriageReturnNewline(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{
		"":                 nil,
		"a\nb\r\nc":        {"a", "b", "c"},
		"\r\n\n":           {"", ""},
		"a\r\r\n":          {"a\r"},
		"a\rb\r\n":         {"a\rb"},
		"\ra\n":            {"\ra"},
		"half\r":           {"half"},
		"a\n" + "\xff\x00": {"a", "\xff\x00"},
	} {
		for name, src := range map[string]io.Reader{
			"at once": strings.NewReader(text), "byte by byte": iotest.OneByteReader(strings.NewReader(text)),
		} {
			var got []string
			for _, l := range all(t, src) {
				got = append(got, string(l.Bytes))
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%q %s (-want +got):\n%s", text, name, diff)
			}
		}
	}
}

func TestOnlyTheLastLineCanLackItsEnd(t *testing.T) {
	t.Parallel()
	cut := errors.New("cut")
	lines := all(t, io.MultiReader(strings.NewReader("a\nb"), iotest.ErrReader(cut)))
	if len(lines) != 2 || !lines[0].Ended || lines[1].Ended {
		t.Errorf("lines: %+v", lines)
	}
}

func TestALineOverTheBoundKeepsItsFirstPartItsLengthAndItsHash(t *testing.T) {
	t.Parallel()
	for _, length := range []int{testMax - 1, testMax, testMax + 1, 3*chunkBytes - 1, 3 * chunkBytes, 3*chunkBytes + 1} {
		for _, end := range []string{"\n", "\r\n", ""} {
			whole := strings.Repeat("0123456789\r", length/11+1)[:length-1] + "z"
			lines := all(t, strings.NewReader(whole+end+"\nnext"))
			l := lines[0]
			sum := sha256.Sum256([]byte(whole))
			switch {
			case l.Length != int64(length):
				t.Errorf("length %d, want %d", l.Length, length)
			case length <= testMax && (l.Truncated() || string(l.Bytes) != whole):
				t.Errorf("a line of %d was changed", length)
			case length > testMax && (string(l.Bytes) != whole[:testKeep] || l.SHA256 != hex.EncodeToString(sum[:])):
				t.Errorf("a line of %d, end %q: kept %q, hash %s", length, end, l.Bytes, l.SHA256)
			case length > testMax && cap(l.Bytes) > testMax:
				t.Errorf("a line of %d holds %d bytes", length, cap(l.Bytes))
			}
			if last := lines[len(lines)-1]; string(last.Bytes) != "next" {
				t.Errorf("the line after it is %q", last.Bytes)
			}
		}
	}
}

// Not parallel: it measures what the process allocates.
func TestALineThatNeverEndsIsReadInBoundedMemory(t *testing.T) {
	const length = 64 << 20
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	l, err := NewReader(io.LimitReader(zeros{}, length), 1<<20, 64<<10).Next()
	runtime.ReadMemStats(&after)
	if err != nil || l.Length != length || !l.Truncated() || l.Ended {
		t.Errorf("line of %d, truncated %v, ended %v, %v", l.Length, l.Truncated(), l.Ended, err)
	}
	if allocated := after.TotalAlloc - before.TotalAlloc; allocated > 8<<20 {
		t.Errorf("%d bytes were allocated for the line", allocated)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// FuzzReader checks the reader against the plain way to split.
func FuzzReader(f *testing.F) {
	f.Add([]byte("a\r\n\r\nb\rc\n"))
	f.Add(bytes.Repeat([]byte("long\r"), 60))
	f.Fuzz(func(t *testing.T, text []byte) {
		parts := bytes.Split(text, []byte("\n"))
		var want []string
		for i, p := range parts {
			if i == len(parts)-1 && len(p) == 0 {
				break
			}
			p = bytes.TrimSuffix(p, []byte("\r"))
			want = append(want, string(p[:min(len(p), limit(len(p)))]))
		}
		var got []string
		for _, l := range all(t, iotest.HalfReader(bytes.NewReader(text))) {
			got = append(got, string(l.Bytes))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("lines of %q (-want +got):\n%s", text, diff)
		}
	})
}

func limit(length int) int {
	if length > testMax {
		return testKeep
	}
	return length
}
