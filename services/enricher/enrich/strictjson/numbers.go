package strictjson

import (
	"bytes"
	"math"
	"strconv"
)

// maxExact is up to which integers a number keeps all its digits with every reader of JSON (RFC 8259, section 6).
const maxExact = 1<<53 - 1

// Integer reads an integer of any size up to 2^53-1 either way in any spelling: 5, 5.0, 50e-1 or "5". It says false for
// every other value, which is no mismatch: what to do about it is up to the caller.
func (r *Reader) Integer() (int64, bool) {
	number := r.value()
	if r.err == nil && number[0] == '"' {
		if number = text(number); !number.IsValid() { // strconv takes more than JSON: 05, +5, NaN
			return 0, false
		}
	}
	if r.err != nil || number.Kind() != '0' {
		return 0, false
	}
	if n, err := strconv.ParseInt(string(number), 10, 54); err == nil && n != -maxExact-1 {
		return n, true
	}
	f, err := strconv.ParseFloat(string(number), 64)
	if err != nil || f != math.Trunc(f) || math.Abs(f) > maxExact {
		return 0, false
	}
	return int64(f), true
}

// ID reads a name that sources write as a string or, where it has digits only, as a number: the text of either. Anything
// else is a mismatch.
func (r *Reader) ID() string {
	value := r.value()
	switch {
	case r.err != nil:
		return ""
	case value[0] == '"':
		return string(text(value))
	case value.Kind() == '0' && !bytes.ContainsAny(value, "-.eE"):
		return string(value)
	default:
		r.mismatch(value, "an id")
		return ""
	}
}
