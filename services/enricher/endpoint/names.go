package endpoint

import (
	"errors"
	"strings"
	"unicode"
)

// maxModelRunes bounds the name of a model, which stands in each document.
const maxModelRunes = 64

// errNoModel is about an answer that does not say which model gave it.
var errNoModel = errors.New("the answer names no model")

// ModelName returns the name that a model gives itself, fit to stand in documents and on pages: without characters
// that do not print, such as controls and those that turn the direction of text, single spaces between its words, at
// most 64 characters. A name of which nothing is left is an error.
func ModelName(given string) (string, error) {
	var b strings.Builder
	runes, space := 0, false
	for _, r := range given {
		switch {
		case unicode.IsSpace(r):
			space = runes > 0
			continue
		case !unicode.IsPrint(r) || r == unicode.ReplacementChar:
			continue
		}
		if space {
			b.WriteByte(' ')
			runes++
		}
		space = false
		if runes >= maxModelRunes {
			break
		}
		b.WriteRune(r)
		runes++
	}
	if runes == 0 {
		return "", errNoModel
	}
	return strings.TrimSuffix(b.String(), " "), nil // cut between two words
}

// ID returns a post's id as it stands in a request and comes back in an answer: JSON has no bytes that are not UTF-8.
func ID(given string) string { return strings.ToValidUTF8(given, string(unicode.ReplacementChar)) }
