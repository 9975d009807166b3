package wire

import (
	"strconv"
	"time"
	"unicode/utf8"

	"catsvdogs/services/simulator/world"
)

// object writes one JSON object by hand: the encoder runs for each of tens of
// thousands of posts a second, with another set of fields in each request.
type object struct {
	dst   []byte
	empty bool
}

func begin(dst []byte) object { return object{dst: append(dst, '{'), empty: true} }

func (o *object) end() []byte { return append(o.dst, '}') }

// key writes a name, which must need no escaping.
func (o *object) key(name string) {
	if !o.empty {
		o.dst = append(o.dst, ',')
	}
	o.empty = false
	o.dst = append(o.dst, '"')
	o.dst = append(o.dst, name...)
	o.dst = append(o.dst, '"', ':')
}

func (o *object) text(name, value string) {
	o.key(name)
	o.dst = appendString(o.dst, value)
}

func (o *object) number(name string, value int) {
	o.key(name)
	o.dst = strconv.AppendInt(o.dst, int64(value), 10)
}

func (o *object) boolean(name string, value bool) {
	o.key(name)
	o.dst = strconv.AppendBool(o.dst, value)
}

// id writes a number as a string, as X does: readers lose digits above 2^53.
func (o *object) id(name string, value uint64) {
	o.key(name)
	o.dst = appendID(o.dst, value)
}

func (o *object) time(name string, value time.Time) {
	o.key(name)
	o.dst = append(o.dst, '"')
	o.dst = value.UTC().AppendFormat(o.dst, TimeFormat)
	o.dst = append(o.dst, '"')
}

func (o *object) span(s world.Span) {
	o.number("start", s.Start)
	o.number("end", s.End)
}

// TimeFormat is how X writes times: RFC 3339 in UTC with milliseconds.
const TimeFormat = "2006-01-02T15:04:05.000Z"

func appendID(dst []byte, id uint64) []byte {
	dst = append(dst, '"')
	dst = strconv.AppendUint(dst, id, 10)
	return append(dst, '"')
}

const hex = "0123456789abcdef"

// appendString appends s as a JSON string (RFC 8259). Invalid UTF-8 becomes
// U+FFFD, so the result is always valid.
func appendString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	from := 0
	for i := 0; i < len(s); {
		b := s[i]
		if b < utf8.RuneSelf {
			if b >= 0x20 && b != '"' && b != '\\' {
				i++
				continue
			}
			dst = append(dst, s[from:i]...)
			switch b {
			case '"', '\\':
				dst = append(dst, '\\', b)
			case '\n':
				dst = append(dst, '\\', 'n')
			case '\t':
				dst = append(dst, '\\', 't')
			default:
				dst = append(dst, '\\', 'u', '0', '0', hex[b>>4], hex[b&15])
			}
			i++
			from = i
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && size == 1 {
			dst = append(dst, s[from:i]...)
			dst = append(dst, "\ufffd"...)
			i++
			from = i
			continue
		}
		i += size
	}
	dst = append(dst, s[from:]...)
	return append(dst, '"')
}
