package allinone

import (
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"
)

func TestARecordIsWrittenAgainWhenAllThatItsWriterGaveItIsThere(t *testing.T) {
	t.Parallel()
	record := func(key, value, header, text string) *kgo.Record {
		return &kgo.Record{Key: []byte(key), Value: []byte(value), Headers: []kgo.RecordHeader{{Key: header, Value: []byte(text)}}}
	}
	w := newWritings()
	for _, c := range []struct {
		record *kgo.Record
		again  bool
	}{
		{record("1", "text", "at", "noon"), false},
		{record("2", "text", "at", "noon"), false},
		{record("1", "texts", "at", "noon"), false},
		{record("1", "text", "by", "noon"), false},
		{record("1", "text", "at", "one"), false},
		{record("1t", "ext", "at", "noon"), false}, // the same bytes, cut elsewhere
		{&kgo.Record{Key: []byte("1"), Value: []byte("text")}, false},
		{record("1", "text", "at", "noon"), true},
		{&kgo.Record{Topic: "tweets.raw", Partition: 3, Offset: 7, Key: []byte("1"), Value: []byte("text")}, true},
		{record("1", "text", "at", "noon"), true},
	} {
		if got := w.again(c.record); got != c.again {
			t.Errorf("%+v: %t", c.record, got)
		}
	}
}
