package archived

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/services/pipeline/topic"
)

// AppendLine appends a record as one line of JSON:
//
//	{"topic":"tweets.raw","partition":3,"offset":12,"timestamp":"2026-11-23T12:00:00.123Z","key":"1",
//	 "headers":[{"key":"source","value":"x"}],"value":{"data":…}}
//
// (without the line break shown here). A value that is JSON without control characters stands there verbatim, byte for
// byte; any other stands in "value_base64" instead, as do keys and header values that are no UTF-8; names of headers are UTF-8 by Kafka's
// protocol. A deleted post has "value":null.
func AppendLine(b []byte, r *kgo.Record) []byte {
	b = appendPlace(b, r)
	for i, h := range r.Headers {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendHeader(b, h)
	}
	b = append(b, `],`...)
	switch {
	case r.Value == nil:
		b = append(b, `"value":null`...)
	case standsAlone(r.Value):
		b = append(b, `"value":`...)
		b = append(b, r.Value...)
	default:
		b = appendBase64(b, "value", r.Value)
	}
	return append(b, '}', '\n')
}

// AppendStub appends what is left of a record whose content is suppressed: its place, its key and when it was observed.
//
//	{"topic":"tweets.raw","partition":3,"offset":12,"timestamp":"2026-11-23T12:00:00.123Z","key":"1",
//	 "headers":[{"key":"observed_at","value":"2026-11-23T12:00:00.1Z"}],"suppressed":true}
//
// So its offset is still in the archive once, and the same deletion finds it again.
func AppendStub(b []byte, r *kgo.Record) []byte {
	b = appendPlace(b, r)
	for _, h := range r.Headers {
		if h.Key == topic.HeaderObservedAt {
			b = appendHeader(b, h)
			break
		}
	}
	return append(b, `],"suppressed":true}`+"\n"...)
}

func appendPlace(b []byte, r *kgo.Record) []byte {
	b = append(b, `{"topic":`...)
	b = appendString(b, r.Topic)
	b = append(b, `,"partition":`...)
	b = strconv.AppendInt(b, int64(r.Partition), 10)
	b = append(b, `,"offset":`...)
	b = strconv.AppendInt(b, r.Offset, 10)
	b = append(b, `,"timestamp":"`...)
	b = appendTimestamp(b, r.Timestamp)
	b = append(b, '"', ',')
	b = appendBytes(b, "key", r.Key)
	return append(b, `,"headers":[`...)
}

func appendHeader(b []byte, h kgo.RecordHeader) []byte {
	if h.Value != nil && isPlain(h.Key) && isPlain(h.Value) {
		b = append(b, `{"key":"`...)
		b = append(b, h.Key...)
		b = append(b, `","value":"`...)
		b = append(b, h.Value...)
		return append(b, `"}`...)
	}
	b = append(b, `{"key":`...)
	b = appendString(b, h.Key)
	b = append(b, ',')
	b = appendBytes(b, "value", h.Value)
	return append(b, '}')
}

// appendTimestamp appends RFC 3339 with the milliseconds that a Kafka timestamp has. Of the layouts of package time only
// those of RFC 3339 are fast.
func appendTimestamp(b []byte, t time.Time) []byte {
	t = writable(t)
	b = t.AppendFormat(b, time.RFC3339)
	ms := t.Nanosecond() / 1e6
	return append(b[:len(b)-1], '.', byte('0'+ms/100), byte('0'+ms/10%10), byte('0'+ms%10), 'Z')
}

// Of what a Kafka timestamp can be, RFC 3339 writes the years 0 to 9999.
var (
	firstWritable = time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC)
	lastWritable  = time.Date(9999, 12, 31, 23, 59, 59, 999_000_000, time.UTC)
)

// writable returns t in UTC, or the next time that can be written: a producer may put any number there, and a line that
// nobody can read would keep all those behind it from being read.
func writable(t time.Time) time.Time {
	switch {
	case t.Before(firstWritable):
		return firstWritable
	case t.After(lastWritable):
		return lastWritable
	}
	return t.UTC()
}

func appendBytes(b []byte, name string, v []byte) []byte {
	if v != nil && !isPlain(v) && !utf8.Valid(v) {
		return appendBase64(b, name, v)
	}
	b = append(b, '"')
	b = append(b, name...)
	b = append(b, `":`...)
	if v == nil {
		return append(b, `null`...)
	}
	return appendString(b, v)
}

// isPlain says whether s is a JSON string as it stands, and is also written so by encoding/json: without control
// characters, quotes, backslashes, <, > and &, and with nothing but ASCII.
func isPlain[T string | []byte](s T) bool {
	var found uint64
	for len(s) >= 8 {
		w := uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 | uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
		found |= (w - ones*' ') | ((w | ones*4) ^ (ones * '&') - ones) | ((w | ones*2) ^ (ones * '>') - ones) | (w ^ (ones * '\\') - ones) | w
		if found&highs != 0 {
			// Beyond ASCII the tests say nothing, and it is not plain anyway.
			return false
		}
		s = s[8:]
	}
	for i := range len(s) {
		if c := s[i]; c < ' ' || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' || c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

func appendBase64(b []byte, name string, v []byte) []byte {
	b = append(b, '"')
	b = append(b, name...)
	b = append(b, `_base64":"`...)
	b = base64.StdEncoding.AppendEncode(b, v)
	return append(b, '"')
}

// appendString appends s, which is valid UTF-8 here, as a JSON string.
func appendString[T string | []byte](b []byte, s T) []byte {
	if isPlain(s) {
		b = append(b, '"')
		b = append(b, s...)
		return append(b, '"')
	}
	quoted, err := json.Marshal(string(s))
	if err != nil { // a string always encodes
		return strconv.AppendQuote(b, string(s))
	}
	return append(b, quoted...)
}

// ErrLine is wrapped by the errors of ParseLine.
var ErrLine = errors.New("line of the archive")

// Line is one record of the archive.
type Line struct {
	// Record has topic, partition, offset, timestamp (milliseconds, of the years 0 to 9999), key, headers and value, byte for byte; of a
	// suppressed one no value and at most one header, observed_at.
	*kgo.Record
	// Suppressed says that the record's content was taken away because its post has been deleted.
	Suppressed bool
}

// ParseLine reads a line of an archive object back into the record that it was made of.
func ParseLine(line []byte) (Line, error) {
	type text struct {
		Text   *string `json:"value"`
		Base64 []byte  `json:"value_base64"`
	}
	var l struct {
		Topic     string     `json:"topic"`
		Partition int32      `json:"partition"`
		Offset    int64      `json:"offset"`
		Timestamp *time.Time `json:"timestamp"`
		Key       *string    `json:"key"`
		KeyBase64 []byte     `json:"key_base64"`
		Headers   []struct {
			Key string `json:"key"`
			text
		} `json:"headers"`
		Value       json.RawMessage `json:"value"`
		ValueBase64 []byte          `json:"value_base64"`
		Suppressed  bool            `json:"suppressed"`
	}
	if err := json.Unmarshal(line, &l); err != nil {
		return Line{}, fmt.Errorf("%w: %w", ErrLine, err)
	}
	if l.Topic == "" || l.Timestamp == nil || l.Partition < 0 || l.Offset < 0 {
		return Line{}, fmt.Errorf("%w: topic, partition, offset and timestamp must be there", ErrLine)
	}
	either := func(s *string, b []byte) []byte {
		if s != nil {
			return []byte(*s)
		}
		return b
	}
	r := &kgo.Record{
		Topic: l.Topic, Partition: l.Partition, Offset: l.Offset, Timestamp: *l.Timestamp,
		Key: either(l.Key, l.KeyBase64), Value: l.ValueBase64,
	}
	if len(l.Value) > 0 && !bytes.Equal(l.Value, []byte("null")) {
		r.Value = l.Value
	}
	if l.Suppressed && r.Value != nil {
		return Line{}, fmt.Errorf("%w: it is suppressed and has a value", ErrLine)
	}
	for _, h := range l.Headers {
		r.Headers = append(r.Headers, kgo.RecordHeader{Key: h.Key, Value: either(h.Text, h.Base64)})
	}
	return Line{Record: r, Suppressed: l.Suppressed}, nil
}
