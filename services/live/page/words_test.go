package page_test

import (
	"html"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// notSaid are literals of two words or more that nobody reads: class names, selectors, relations of links.
var notSaid = []string{"score total", "bar-fill made-up", "noopener nofollow", "tbody tr", "tick tick-y", "post simulated"}

func TestEveryWordOfTheScriptsStandsInOneFile(t *testing.T) {
	t.Parallel()
	literal := regexp.MustCompile("//[^\n]*|/\\*(?s:.*?)\\*/|'(?:[^'\\\\\n]|\\\\.)*'|`(?:[^`\\\\]|\\\\.)*`")
	words := regexp.MustCompile(`\pL{2,},? \pL{2,}|^\p{Lu}\p{Ll}+[.…]?$`)
	inserted := regexp.MustCompile(`\$\{(?:[^{}]|\{[^{}]*\})*\}`)
	keys := []string{"Escape", "Home", "End", "UTC"}
	files, err := fs.Glob(os.DirFS("assets"), "*.js")
	if err != nil || len(files) < 20 {
		t.Fatalf("%d scripts: %v", len(files), err)
	}
	for _, name := range files {
		if name == "strings.js" {
			continue
		}
		source, err := os.ReadFile("assets/" + name)
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range literal.FindAllString(string(source), -1) {
			said := inserted.ReplaceAllString(found[1:len(found)-1], "")
			if found[0] == '/' || slices.Contains(notSaid, said) || slices.Contains(keys, said) || strings.Contains(said, "http") || strings.HasPrefix(found, "`status ") {
				continue
			}
			if words.MatchString(said) {
				t.Errorf("%s says %s; words stand in strings.js", name, found)
			}
		}
	}
}

func TestEveryWordOfTheMarkupStandsThereToo(t *testing.T) {
	t.Parallel()
	all, err := os.ReadFile("assets/strings.js")
	if err != nil {
		t.Fatal(err)
	}
	text := regexp.MustCompile(`>([^<>]*\pL[^<>]*)<|(?:content|title|alt|aria-label|placeholder)="([^"]*)"`)
	found := 0
	for _, name := range []string{"index.html", "embed.html"} {
		markup, err := os.ReadFile("assets/" + name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range text.FindAllStringSubmatch(string(markup), -1) {
			said := html.UnescapeString(strings.TrimSpace(m[1] + m[2]))
			said = strings.TrimSpace(strings.TrimPrefix(regexp.MustCompile(`\{\{.*?\}\}`).ReplaceAllString(said, ""), ":"))
			if said == "" || said == "width=device-width, initial-scale=1" || said == "light dark" {
				continue
			}
			found++
			if !strings.Contains(string(all), "'"+said+"'") {
				t.Errorf("%s says %q, strings.js does not", name, said)
			}
		}
	}
	if found < 5 {
		t.Errorf("only %d texts are found", found)
	}
}
