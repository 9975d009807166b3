package rule

import (
	"strconv"
	"strings"
	"unicode"
)

func (p *parser) phrase(t token) node {
	if !t.closed {
		p.stop(t.offset, `missing '"' to end the phrase`)
		return node{}
	}
	// White space counts as one blank: a phrase is words in a row.
	text := strings.Join(strings.Fields(strings.ToLower(t.text)), " ")
	if text == "" {
		p.fail(t.offset, "Phrases must not be empty")
	}
	if next, ok := p.peek(); ok && next.kind == tokenWord && next.text[0] == '~' && next.offset == t.offset+len(t.text)+2 {
		p.at++
		p.failUnsupported(t.offset, `The proximity operator "…"~N is not supported here`)
	}
	return node{op: opPhrase, text: text}
}

func (p *parser) word(t token) node {
	text := strings.ToLower(t.text)
	switch text[0] {
	case '#':
		return p.hashtag(t, text[1:])
	case '@':
		return node{op: opMention, text: p.userName(t, text[1:])}
	case '$':
		p.failUnsupported(t.offset, "Cashtags are not supported here")
		return node{}
	}
	if name, value, ok := strings.Cut(text, ":"); ok {
		return p.operator(t, name, value)
	}
	return p.keyword(t, text)
}

func (p *parser) hashtag(t token, tag string) node {
	if !isHashtag(tag) {
		p.fail(t.offset, "'"+t.text+"' is not a hashtag: letters, digits and underscores, at least one letter")
	}
	return node{op: opHashtag, text: tag}
}

// isHashtag follows https://github.com/twitter/twitter-text (hashtag letters,
// numerals and the special characters that are used in practice).
func isHashtag(tag string) bool {
	letter := false
	for _, r := range tag {
		switch {
		case unicode.IsLetter(r) || unicode.IsMark(r):
			letter = true
		case unicode.IsDigit(r) || r == '_' || r == '\u200c' || r == '\u200d' || r == '\u00b7' || r == '\u30fb':
		default:
			return false
		}
	}
	return letter
}

func (p *parser) userName(t token, name string) string {
	ok := name != "" && len(name) <= 15
	for i := range len(name) {
		b := name[i]
		ok = ok && (b == '_' || b >= '0' && b <= '9' || b >= 'a' && b <= 'z')
	}
	if !ok {
		p.fail(t.offset, "'"+t.text+"' does not name a user: 1 to 15 letters, digits and underscores")
	}
	return name
}

func (p *parser) operator(t token, name, value string) node {
	if o, ok := flag(name + ":" + value); ok {
		return node{op: o}
	}
	if elsewhere(name) || elsewhere(name+":"+value) {
		p.failUnsupported(t.offset, "The operator '"+t.text+"' is not supported here")
		return node{}
	}
	switch name {
	case "from":
		if id, err := strconv.ParseUint(value, 10, 63); err == nil && len(value) > 15 {
			return node{op: opFrom, text: strconv.FormatUint(id, 10)}
		}
		return node{op: opFrom, text: p.userName(t, value)}
	case "to":
		return node{op: opTo, text: p.userName(t, value)}
	case "lang":
		if !language(value) {
			p.fail(t.offset, "'"+value+"' is not a language that lang: takes")
		}
		return node{op: opLang, text: value}
	case "sample":
		return p.number(t, opSample, value, 1, 100)
	case "min_followers":
		return p.number(t, opMinFollowers, value, 0, 1<<31-1)
	default:
		p.fail(t.offset, "Unknown operator '"+t.text+"'; put a text that contains a colon in double quotes")
		return node{}
	}
}

func (p *parser) number(t token, o op, value string, low, high int) node {
	n, err := strconv.Atoi(value)
	if err != nil || n < low || n > high {
		p.fail(t.offset, "'"+t.text+"' needs a whole number from "+strconv.Itoa(low)+" to "+strconv.Itoa(high))
	}
	return node{op: o, number: n}
}

func (p *parser) keyword(t token, text string) node {
	switch text {
	case "and":
		p.fail(t.offset, `Ambiguous use of and as a keyword. Use a space to logically join two clauses, or "and" to find occurrences of and in text`)
	case "or":
		p.fail(t.offset, `Ambiguous use of or as a keyword. Use OR to logically join two clauses, or "or" to find occurrences of or in text`)
	}
	for _, r := range text {
		if !isKeywordRune(r) {
			p.fail(t.offset, "'"+t.text+"' contains punctuation: put it in double quotes")
			break
		}
	}
	return node{op: opPhrase, text: text}
}

// isKeywordRune takes letters, digits and what emoji are made of: symbols,
// skin tones (Sk), joiners and variation selectors (marks).
func isKeywordRune(r rune) bool {
	return isWordRune(r) || unicode.Is(unicode.So, r) || r > unicode.MaxASCII && unicode.Is(unicode.Sk, r) || r == '\u200d'
}
