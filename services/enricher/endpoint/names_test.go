package endpoint

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestAModelsNameIsFitForADocument(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{
		"xlm-roberta":                   "xlm-roberta",
		"a\x00b\x1b[31mc\u202ed\ufffde": "ab[31mcde",
		strings.Repeat("é", 65):         strings.Repeat("é", 64),
		strings.Repeat("x", 63) + " y":  strings.Repeat("x", 63),
		strings.Repeat("x", 62) + " yz": strings.Repeat("x", 62) + " y",
		strings.Repeat("x", 64) + " y":  strings.Repeat("x", 64),
	} {
		if got, err := ModelName(given); err != nil || got != want {
			t.Errorf("ModelName(%q) = %q, %v, want %q", given, got, err, want)
		}
	}
	if got, err := ModelName(" \ttwo \n words "); err != nil || got != "two words" {
		t.Errorf("white space: %q, %v", got, err)
	}
	for _, given := range []string{"", " \n", "\u200b\u202e"} {
		if got, err := ModelName(given); err == nil {
			t.Errorf("ModelName(%q) = %q, want an error", given, got)
		}
	}
}

func FuzzModelName(f *testing.F) {
	for _, seed := range []string{"", "m", " a  b ", "\u202e\xff", strings.Repeat("x ", 100)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, given string) {
		name, err := ModelName(given)
		if err != nil {
			return
		}
		bad := func(r rune) bool { return !unicode.IsPrint(r) }
		if name == "" || utf8.RuneCountInString(name) > maxModelRunes || strings.TrimSpace(name) != name || strings.ContainsFunc(name, bad) {
			t.Errorf("ModelName(%q) = %q", given, name)
		}
		if again, err := ModelName(name); err != nil || again != name {
			t.Errorf("ModelName(%q) = %q, %v: a clean name changes", name, again, err)
		}
	})
}
