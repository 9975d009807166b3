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
	return isJSON(v)
}

// The usual tests for a byte below n and for one that is zero, eight at a time
// (https://graphics.stanford.edu/~seander/bithacks.html). Of several such bytes the lowest is found exactly.
const ones, highs = 0x0101010101010101, 0x8080808080808080

// maxDepth bounds the nesting of a value; X's are seven deep. encoding/json refuses a line from 10,000 on.
const maxDepth = 500

// isJSON says whether v is a JSON value in UTF-8 without control characters. Outside of strings the grammar has neither
// those, but for white space that is refused here, nor anything beyond ASCII; so both are looked for in strings only. It is
// one loop without calls on what posts are made of, because they have some two hundred short tokens each.
func isJSON(v []byte) bool {
	var inObjects [maxDepth/64 + 1]uint64 // a bit for each open object or array
	depth, at := 0, 0
	inObject, name := false, false // whether the innermost one is an object, and a name must come
	for {
		for at < len(v) && v[at] == ' ' {
			at++
		}
		if at >= len(v) || name && v[at] != '"' {
			return false
		}
		switch c := v[at]; c {
		case '"':
			if at = afterString(v, at+1); at < 0 {
				return false
			}
			if name {
				for at < len(v) && v[at] == ' ' {
					at++
				}
				if at >= len(v) || v[at] != ':' {
					return false
				}
				at++
				name = false
				continue
			}
		case '{', '[':
			if depth++; depth > maxDepth {
				return false
			}
			inObject = c == '{'
			inObjects[depth/64] &^= 1 << (depth % 64)
			if inObject {
				inObjects[depth/64] |= 1 << (depth % 64)
			}
			if at = space(v, at+1); at == len(v) {
				return false
			}
			if v[at] != closing(inObject) { // of an empty one the end is read below
				name = inObject
				continue
			}
		case 't':
			at = afterWord(v, at, "true")
		case 'f':
			at = afterWord(v, at, "false")
		case 'n':
			at = afterWord(v, at, "null")
		default:
			at = afterNumber(v, at)
		}
		if at < 0 {
			return false
		}
		// What ends here ends what it stands in, until something goes on with a comma.
		for {
			if depth == 0 {
				return at == len(v)
			}
			for at < len(v) && v[at] == ' ' {
				at++
			}
			if at >= len(v) {
				return false
			}
			c := v[at]
			at++
			if c == ',' {
				name = inObject
				break
			}
			if c != closing(inObject) {
				return false
			}
			depth--
			inObject = inObjects[depth/64]>>(depth%64)&1 == 1
		}
	}
}

func closing(object bool) byte {
	if object {
		return '}'
	}
	return ']'
}

// The following take a place in v and return the place after what they read; -1 when it is not there.

func space(v []byte, at int) int {
	for at < len(v) && v[at] == ' ' {
		at++
	}
	return at
}

func afterWord(v []byte, at int, word string) int {
	if end := at + len(word); end <= len(v) && string(v[at:end]) == word {
		return end
	}
	return -1
}

// afterString reads the rest of a string from behind its first quote on.
func afterString(v []byte, at int) int {
	from, seen := at, uint64(0)
	for {
		for at+8 <= len(v) {
			w := binary.LittleEndian.Uint64(v[at:])
			seen |= w
			// With its second bit turned around, a quote is a space, and no other byte comes to lie below or leaves.
			found := ((w ^ (ones * 2) - ones*(' '+1)) | (w ^ (ones * '\\') - ones)) &^ w & highs
			if found != 0 {
				at += bits.TrailingZeros64(found) / 8
				break
			}
			at += 8
		}
		if at >= len(v) {
			return -1
		}
		switch c := v[at]; {
		case c == '"':
			if seen&highs != 0 && !utf8.Valid(v[from:at]) { // seen goes beyond the string by up to a word
				return -1
			}
			return at + 1
		case c == '\\':
			if at = afterEscape(v, at); at < 0 {
				return -1
			}
		case c < ' ':
			return -1
		default: // fewer than eight bytes are left
			seen |= uint64(c)
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
