// Package strictjson reads JSON value by value, for input whose meaning must not depend on how a library guesses. Libraries
// that fill structs take "TEXT" for "text", put two objects of one name together into one, and give a whole line up
// because a count was written as 5.0. Here
//
//   - a name is the same name or another one (RFC 8259, section 8.3), and of several of one name the last one counts;
//   - the whole input is checked, also what nobody asks for: it is one JSON value (RFC 8259) or an error;
//   - the caller says what it expects, and learns of something else without losing the rest.
//
// It neither fills structs nor writes. Half a surrogate pair, which RFC 8259 allows and Unicode does not, becomes U+FFFD.
// Time is linear in the input, and nesting is bounded, as in encoding/json.
//
// The syntax is read by jsontext, which is encoding/json/jsontext from Go 1.27 on; what is here is what to expect and what
// a number is. go-faster/jx is about 5% faster, but loses a whole surrogate pair that comes after half a one.
package strictjson
