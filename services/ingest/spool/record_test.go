package spool

import (
	"bytes"
	"errors"
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"catsvdogs/services/pipeline/tweet"
)

// fill puts something into every field, so that one that is added to a type is filled without this test knowing.
func fill(t *testing.T, v reflect.Value) {
	t.Helper()
	if at, ok := v.Addr().Interface().(*time.Time); ok {
		*at = time.Date(2026, 11, 23, 12, 0, 0, 123456789, time.UTC)
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString("made up, \u00e9")
	case reflect.Int, reflect.Int64:
		v.SetInt(7)
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Uint8:
		v.SetUint(0xfe)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range 2 {
			fill(t, v.Index(i))
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(t, v.Elem())
	case reflect.Struct:
		for i := range v.NumField() {
			fill(t, v.Field(i))
		}
	default:
		t.Fatalf("%s is a kind of field that this test does not fill", v.Type())
	}
}

func TestNoFieldOfARecordIsForgotten(t *testing.T) {
	t.Parallel()
	var full tweet.Raw
	fill(t, reflect.ValueOf(&full).Elem())
	bare := tweet.Raw{Source: "x", Schema: "s", ObservedAt: time.Unix(1, 0).UTC(), Kind: tweet.KindGap, MatchedRules: []tweet.MatchedRule{}}
	for _, want := range []tweet.Raw{full, bare} {
		r, err := parseRecord(appendRecord(nil, &Record{Key: want.Key, Value: want.Value, Headers: want.Headers(), Time: want.ObservedAt}))
		if err != nil || !r.Time.Equal(want.ObservedAt) {
			t.Fatalf("time %s, %v", r.Time, err)
		}
		got, err := tweet.ParseRaw(r.Key, r.Value, func(yield func(tweet.Header) bool) {
			for _, h := range r.Headers {
				if !yield(h) {
					return
				}
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("in (-), out (+):\n%s", diff)
		}
	}
}

// FuzzARecordThatIsReadIsTheOneThatWasWritten: whatever bytes are on disk, they are refused or are a record.
func FuzzARecordThatIsReadIsTheOneThatWasWritten(f *testing.F) {
	for _, r := range []Record{
		{}, {Key: []byte{}, Value: []byte("{}"), Time: time.Unix(1, 2)},
		{Key: []byte("1"), Headers: []tweet.Header{{Key: "a", Value: nil}, {Key: "", Value: []byte{0xff}}}},
	} {
		f.Add(appendRecord(nil, &r))
	}
	f.Add([]byte("\x00\x00\x00\x00\x00\x00\x00\x00\x00\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := parseRecord(b)
		if err != nil {
			if !errors.Is(err, errDamaged) {
				t.Fatal(err)
			}
			return
		}
		again, err := parseRecord(appendRecord(nil, &r))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(r, again); diff != "" {
			t.Error(diff)
		}
	})
}

func FuzzAFrameIsReadWholeOrNotAtAll(f *testing.F) {
	frame := append(make([]byte, frameHeader), "a record"...)
	sealFrame(frame)
	f.Add(frame, uint16(0))
	f.Add(frame, uint16(77))
	f.Add(make([]byte, 20), uint16(0))
	f.Add([]byte{0xff, 0xff, 0xff, 0xff, 1, 2, 3, 4, 5}, uint16(0))
	f.Fuzz(func(t *testing.T, b []byte, flip uint16) {
		payload, err := readFrame(bytes.NewReader(b), nil)
		if err != nil {
			return
		}
		// What was read is a frame; with one bit flipped it is none.
		size := frameHeader + len(payload)
		broken := bytes.Clone(b[:size])
		bit := int(flip) % (8 * size)
		broken[bit/8] ^= 1 << (bit % 8)
		if _, err := readFrame(bytes.NewReader(broken), nil); err == nil {
			t.Errorf("%x with bit %d flipped is read", b[:size], bit)
		}
	})
}
