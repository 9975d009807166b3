package sentiment

import (
	_ "embed"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

//go:embed lexicon/vader_lexicon.txt
var wordLexicon string

//go:embed lexicon/emoji_utf8_lexicon.txt
var emojiLexicon string

var errNoTab = errors.New("no tab-separated second column")

// parseVocabulary reads the reference's word list, one word a line:
//
//	word TAB mean valence (-4 to 4) TAB standard deviation TAB ten raters' marks
//
// and adds the words that the rules know. Of a word listed twice the last line
// holds, as in the reference. Words with a capital, a space or a letter outside
// ASCII are listed there but can never be met, because words are looked up in
// lower case: they are left out.
func parseVocabulary(list string) (vocabulary, error) {
	v := vocabulary{}
	for number, line := range numbered(list) {
		name, rest, ok := strings.Cut(line, "\t")
		if !ok {
			return nil, fmt.Errorf("read word lexicon: line %d: %w", number, errNoTab)
		}
		mean, _, _ := strings.Cut(rest, "\t")
		valence, err := strconv.ParseFloat(mean, 64)
		if err != nil {
			return nil, fmt.Errorf("read word lexicon: line %d: valence of %q: %w", number, name, err)
		}
		if !reachable(name) {
			continue
		}
		t := v.entry(name)
		t.valence, t.listed = valence, true
	}
	v.addRuleWords()
	return v, nil
}

func reachable(name string) bool {
	key, ok := lookupKey([]byte(name), new([maxKey]byte))
	return ok && string(key) == name && !strings.ContainsFunc(name, isSpace)
}

// parseEmoji reads the reference's emoji list, "emoji TAB description" a line.
// Emoji of several code points are left out: the reference looks at one code
// point at a time and never meets them.
func parseEmoji(list string) (emojiDescriptions, error) {
	d := emojiDescriptions{}
	for number, line := range numbered(list) {
		emoji, description, ok := strings.Cut(line, "\t")
		if !ok {
			return nil, fmt.Errorf("read emoji lexicon: line %d: %w", number, errNoTab)
		}
		if r, size := utf8.DecodeRuneInString(emoji); size == len(emoji) {
			d[r] = description
		}
	}
	return d, nil
}

// numbered yields the lines of list that are not empty, counted from 1.
func numbered(list string) func(yield func(int, string) bool) {
	return func(yield func(int, string) bool) {
		number := 0
		for line := range strings.Lines(list) {
			number++
			if line = strings.TrimSpace(line); line != "" && !yield(number, line) {
				return
			}
		}
	}
}
