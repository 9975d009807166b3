package archived

import (
	"encoding/binary"
	"math/bits"
	"unicode/utf8"
)

// standsAlone says whether v can be put into a line of JSON and be read back byte for byte: it is JSON (RFC 8259) in UTF-8
// without line ends or other control characters, without white space around it, and not the null that stands for a
// deletion. Deep nesting counts as no JSON, because a reader may refuse it.
//
// It is written out because encoding/json takes longer to say so than the compressor takes for the whole line; a fuzz test
// holds it against encoding/json.
func standsAlone(v []byte) bool {
	if len(v) == 0 || v[0] == ' ' || v[len(v)-1] == ' ' || string(v) == "null" {
		return false
	}
	hasControl, isASCII := classes(v)
	return !hasControl && (isASCII || utf8.Valid(v)) && isJSON(v)
}

// The usual tests for a byte below n and for one that is zero, eight at a time
// (https://graphics.stanford.edu/~seander/bithacks.html). Of several such bytes the lowest is found exactly.
const ones, highs = 0x0101010101010101, 0x8080808080808080

// classes says whether v has control characters, and whether it has nothing but ASCII.
func classes(v []byte) (hasControl, isASCII bool) {
	var low, high uint64
	for ; len(v) >= 8; v = v[8:] {
		w := binary.LittleEndian.Uint64(v)
		low |= (w - ones*' ') &^ w
		high |= w
	}
	for _, c := range v {
		if c < ' ' {
			low = highs
		}
		high |= uint64(c)
	}
	return low&highs != 0, high&highs == 0
}

// maxDepth bounds the nesting of a value; X's are seven deep. encoding/json refuses a line from 10,000 on.
const maxDepth = 500

// isJSON says whether v, which has no control characters, is a JSON value.
func isJSON(v []byte) bool {
	var inObject [maxDepth/64 + 1]uint64 // a bit for each open object or array
	depth, at := 0, 0
	for {
		at = space(v, at)
		if at >= len(v) {
			return false
		}
		open := v[at] == '{' || v[at] == '['
		switch c := v[at]; {
		case open:
			if depth++; depth > maxDepth {
				return false
			}
			inObject[depth/64] &^= 1 << (depth % 64)
			if c == '{' {
				inObject[depth/64] |= 1 << (depth % 64)
			}
			at = space(v, at+1)
		case c == '"':
			at = afterString(v, at)
		case c == 't':
			at = afterWord(v, at, "true")
		case c == 'f':
			at = afterWord(v, at, "false")
		case c == 'n':
			at = afterWord(v, at, "null")
		default:
			at = afterNumber(v, at)
		}
		// What ends here ends what it stands in, until something goes on with a comma, or begins.
		for {
			if at < 0 || at > len(v) {
				return false
			}
			if depth == 0 {
				return at == len(v)
			}
			at = space(v, at)
			if at == len(v) {
				return false
			}
			isObject := inObject[depth/64]>>(depth%64)&1 == 1
			if c := v[at]; c == '}' && isObject || c == ']' && !isObject {
				depth--
				at++
				open = false
				continue
			}
			if !open {
				if v[at] != ',' {
					return false
				}
				at++
			}
			if isObject {
				if at = afterName(v, space(v, at)); at < 0 {
					return false
				}
			}
			break
		}
	}
}

// The following take a place in v and return the place after what they read; -1 when it is not there.

func space(v []byte, at int) int {
	for at < len(v) && v[at] == ' ' {
		at++
	}
	return at
}

// afterName reads the name of an object's member and its colon.
func afterName(v []byte, at int) int {
	if at >= len(v) || v[at] != '"' {
		return -1
	}
	if at = afterString(v, at); at < 0 {
		return -1
	}
	if at = space(v, at); at >= len(v) || v[at] != ':' {
		return -1
	}
	return at + 1
}

func afterWord(v []byte, at int, word string) int {
	if end := at + len(word); end <= len(v) && string(v[at:end]) == word {
		return end
	}
	return -1
}

func afterString(v []byte, at int) int {
	at++
	for {
		for at+8 <= len(v) {
			w := binary.LittleEndian.Uint64(v[at:])
			quote, slash := w^(ones*'"'), w^(ones*'\\')
			found := ((quote-ones)&^quote | (slash-ones)&^slash) & highs
			if found != 0 {
				at += bits.TrailingZeros64(found) / 8
				break
			}
			at += 8
		}
		if at >= len(v) {
			return -1
		}
		switch v[at] {
		case '"':
			return at + 1
		case '\\':
			if at = afterEscape(v, at); at < 0 {
				return -1
			}
		default: // fewer than eight bytes are left
			at++
		}
	}
}

func afterEscape(v []byte, at int) int {
	if at+2 > len(v) {
		return -1
	}
	switch v[at+1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return at + 2
	case 'u':
		if at+6 > len(v) {
			return -1
		}
		for _, c := range v[at+2 : at+6] {
			if (c < '0' || c > '9') && (c < 'a' || c > 'f') && (c < 'A' || c > 'F') {
				return -1
			}
		}
		return at + 6
	}
	return -1
}

func afterNumber(v []byte, at int) int {
	if v[at] == '-' {
		at++
	}
	if at < len(v) && v[at] == '0' {
		at++
	} else if at = afterDigits(v, at); at < 0 {
		return -1
	}
	if at < len(v) && v[at] == '.' {
		if at = afterDigits(v, at+1); at < 0 {
			return -1
		}
	}
	if at < len(v) && v[at]|0x20 == 'e' {
		at++
		if at < len(v) && (v[at] == '+' || v[at] == '-') {
			at++
		}
		return afterDigits(v, at)
	}
	return at
}

func afterDigits(v []byte, at int) int {
	from := at
	for at < len(v) && v[at] >= '0' && v[at] <= '9' {
		at++
	}
	if at == from {
		return -1
	}
	return at
}
