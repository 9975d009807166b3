package rule

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

type tokenKind uint8

const (
	tokenOpen   tokenKind = iota // (
	tokenClose                   // )
	tokenOr                      // OR
	tokenDash                    // a dash that something follows at once
	tokenPhrase                  // "…", text without the quotes
	tokenWord                    // everything else, up to white space, a parenthesis or a quote
)

type token struct {
	kind   tokenKind
	text   string
	offset int  // bytes
	closed bool // a phrase that has its end quote
}

// lex never fails: what it cannot place becomes a word, which the parser
// refuses with the operators' names at hand.
func lex(value string) []token {
	var tokens []token
	for at := 0; at < len(value); {
		r, size := utf8.DecodeRuneInString(value[at:])
		switch {
		case unicode.IsSpace(r):
			at += size
		case r == '(':
			tokens = append(tokens, token{kind: tokenOpen, text: "(", offset: at})
			at += size
		case r == ')':
			tokens = append(tokens, token{kind: tokenClose, text: ")", offset: at})
			at += size
		case r == '-' && at+1 < len(value) && !endsWord(value[at+1]):
			tokens = append(tokens, token{kind: tokenDash, text: "-", offset: at})
			at += size
		case r == '"':
			t := lexPhrase(value, at)
			tokens = append(tokens, t)
			at = t.offset + len(t.text) + 1
			if t.closed {
				at++
			}
		default:
			text := lexWord(value[at:])
			kind := tokenWord
			if text == "OR" {
				kind = tokenOr
			}
			tokens = append(tokens, token{kind: kind, text: text, offset: at})
			at += len(text)
		}
	}
	return tokens
}

// endsWord reports the bytes after which a dash stands alone.
func endsWord(b byte) bool { return b == ' ' || b == '\t' || b == '\n' || b == '\r' || b == ')' }

func lexPhrase(value string, at int) token {
	body := value[at+1:]
	end := strings.IndexByte(body, '"')
	if end < 0 {
		return token{kind: tokenPhrase, text: body, offset: at}
	}
	return token{kind: tokenPhrase, text: body[:end], offset: at, closed: true}
}

// lexWord takes a word; a quoted value belongs to the operator before it, as
// in url:"https://…", and so does the distance after a phrase.
func lexWord(s string) string {
	for i, r := range s {
		switch {
		case unicode.IsSpace(r) || r == '(' || r == ')':
			return s[:i]
		case r == '"':
			if i == 0 || s[i-1] != ':' {
				return s[:i]
			}
			if end := strings.IndexByte(s[i+1:], '"'); end >= 0 {
				return s[:i+1+end+1]
			}
			return s
		}
	}
	return s
}
