package sentiment

import (
	"errors"
	"strconv"
	"strings"
	"testing"
)

func TestTheEmbeddedLexiconIsWhole(t *testing.T) {
	t.Parallel()
	terms, err := parseVocabulary(wordLexicon)
	if err != nil {
		t.Fatal(err)
	}
	listed, longest := 0, 0
	for name, term := range terms {
		longest = max(longest, len(name))
		// The rules take a word for the one or the other.
		if term.listed && (term.degree != 0 || term.negation) {
			t.Errorf("%q has a valence and modifies others too", name)
		}
		if term.listed {
			listed++
		}
	}
	// 7506 words in the reference, less 18 that no lower-case word can equal.
	if listed != 7488 {
		t.Errorf("%d listed words, want 7488", listed)
	}
	if longest > maxKey/2+4 {
		t.Errorf("longest word has %d bytes, too near the bound of %d", longest, maxKey)
	}
	emoji, err := parseEmoji(emojiLexicon)
	if err != nil {
		t.Fatal(err)
	}
	if len(emoji) != 1212 {
		t.Errorf("%d emoji of one code point, want 1212", len(emoji))
	}
}

func TestOfAWordListedTwiceTheLastLineHolds(t *testing.T) {
	t.Parallel()
	terms, err := parseVocabulary("purr\t1.5\t0.1\t[]\npurr\t2.5\t0.1\t[]\n")
	if err != nil {
		t.Fatal(err)
	}
	if got := terms.lookup([]byte("PURR")).valence; got != 2.5 {
		t.Errorf("valence = %v, want 2.5", got)
	}
}

func TestABrokenLexiconLineIsNamed(t *testing.T) {
	t.Parallel()
	if _, err := parseVocabulary("purr\t1.5\n\nhiss\n"); !errors.Is(err, errNoTab) || !strings.Contains(err.Error(), "line 3") {
		t.Errorf("err = %v, want errNoTab for line 3", err)
	}
	if _, err := parseVocabulary("purr\tmuch\n"); !errors.Is(err, strconv.ErrSyntax) || !strings.Contains(err.Error(), `"purr"`) {
		t.Errorf("err = %v, want a syntax error for purr", err)
	}
	if _, err := parseEmoji("😀\n"); !errors.Is(err, errNoTab) || !strings.Contains(err.Error(), "line 1") {
		t.Errorf("err = %v, want errNoTab for line 1", err)
	}
}
