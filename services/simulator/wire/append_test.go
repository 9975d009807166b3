package wire

import (
	"encoding/json"
	"testing"
)

func FuzzAppendString(f *testing.F) {
	for _, seed := range []string{"", "a\"b\\c", "\n\t\x00\x1f", "🐈‍⬛", "\xff\xfe", "\u2028</script>"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var back string
		encoded := appendString(nil, s)
		// Runes of a string read each invalid byte as U+FFFD.
		if err := json.Unmarshal(encoded, &back); err != nil || back != string([]rune(s)) {
			t.Fatalf("%q became %s, which reads as %q: %v", s, encoded, back, err)
		}
	})
}
