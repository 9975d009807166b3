package strictjson

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/go-json-experiment/json/jsontext"
)

// Reader reads one JSON text from its beginning to its end. Each value must be read by exactly one call: Object or Array
// with all that is in it, a method for what is no container, or Skip. After an error every call returns at once, and says
// that there is no more.
//
//	for r.Object() … r.Member()   { switch string(r.Name()) { … default: r.Skip() } }
//	for r.Array() … r.Element()   { … }
//
// null is what is not there: nothing of its kind, but no mismatch either.
//
// The zero value reads nothing; Reset gives it what to read.
type Reader struct {
	in     bytes.Buffer // the decoder reads this one in place
	tokens jsontext.Decoder
	name   []byte
	err    error
	odd    error
}

// NewReader returns a reader of b, as Reset says.
func NewReader(b []byte) *Reader {
	r := new(Reader)
	r.Reset(b)
	return r
}

// Reset begins to read b, which must be valid UTF-8 and must not change meanwhile. Strings are copied out of it. To read one text
// after the other with one reader allocates less than one reader each: it keeps its room, within bounds.
func (r *Reader) Reset(b []byte) {
	r.in, r.name, r.err, r.odd = *bytes.NewBuffer(b), nil, nil, nil
	r.tokens.Reset(&r.in, jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true)) // the latter for half pairs
}

// End returns why the input is no JSON text, nil when it is one. It is for when the value has been read.
func (r *Reader) End() error {
	if r.err == nil {
		if _, err := r.tokens.ReadToken(); err == nil {
			r.fail(errors.New("something follows the value"))
		} else if !errors.Is(err, io.EOF) {
			r.fail(err)
		}
	}
	return r.err
}

// Mismatch tells of the first value that was of another type than asked for; nil when there was none.
func (r *Reader) Mismatch() error { return r.odd }

// Object goes into an object, whose members Member reads, and says false for any other value, which it reads.
func (r *Reader) Object() bool { return r.open('{', "an object") }

// Array goes into an array, whose elements Element reads, and says false for any other value, which it reads.
func (r *Reader) Array() bool { return r.open('[', "an array") }

func (r *Reader) open(bracket jsontext.Kind, what string) bool {
	if r.tokens.PeekKind() != bracket {
		r.mismatch(r.value(), what)
		return false
	}
	return r.bracket()
}

// Member goes on to the next member of the object, whose value is to be read then, and says false at the object's end.
func (r *Reader) Member() bool {
	if !r.more('}') {
		return false
	}
	r.name = text(r.value())
	return r.err == nil
}

// Name is that of the member, which must not be changed.
func (r *Reader) Name() []byte { return r.name }

// Element goes on to the next element of the array, which is to be read then, and says false at the array's end.
func (r *Reader) Element() bool { return r.more(']') }

func (r *Reader) more(end jsontext.Kind) bool {
	if r.err == nil && r.tokens.PeekKind() == end {
		r.bracket()
		return false
	}
	return r.err == nil
}

// String reads a string; "" for any other value.
func (r *Reader) String() string {
	value := r.value()
	if r.err != nil || value[0] != '"' {
		r.mismatch(value, "a string")
		return ""
	}
	return string(text(value))
}

// Bool reads true or false; false for any other value.
func (r *Reader) Bool() bool {
	value := r.value()
	if r.err != nil || value[0] != 't' && value[0] != 'f' {
		r.mismatch(value, "true or false")
		return false
	}
	return value[0] == 't'
}

// Null reads null if that is what comes, and says whether it was.
func (r *Reader) Null() bool {
	if r.tokens.PeekKind() != 'n' {
		return false
	}
	r.Skip()
	return true
}

// Skip reads a value of any type.
func (r *Reader) Skip() { r.value() }

// bracket reads one that begins or ends a container.
func (r *Reader) bracket() bool {
	if r.err == nil {
		if _, err := r.tokens.ReadToken(); err != nil {
			r.fail(err)
		}
	}
	return r.err == nil
}

// value reads a value as it is written, of at least one byte; after an error it is nothing.
func (r *Reader) value() jsontext.Value {
	if r.err != nil {
		return nil
	}
	value, err := r.tokens.ReadValue()
	if err != nil {
		r.fail(err)
		return nil
	}
	return value
}

// mismatch notes that the value just read is not what was wanted.
func (r *Reader) mismatch(value jsontext.Value, want string) {
	if r.odd == nil && r.err == nil && value[0] != 'n' {
		r.odd = fmt.Errorf("at byte %d there is %.20q, not %s", r.tokens.InputOffset()-int64(len(value)), value, want)
	}
}

// fail tells the byte, not the path through the nesting that the decoder tells: that would repeat names from outside.
func (r *Reader) fail(err error) {
	at := r.tokens.InputOffset()
	if syntax, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
		at, err = syntax.ByteOffset, syntax.Err
	}
	r.err = fmt.Errorf("not JSON at byte %d: %w", at, err)
}

// text is what a string means.
func text(s jsontext.Value) []byte {
	if len(s) >= 2 && bytes.IndexByte(s, '\\') < 0 {
		return s[1 : len(s)-1]
	}
	meant, _ := jsontext.AppendUnquote(nil, []byte(s)) // its only error with a string of the decoder's is half a pair
	return meant
}
