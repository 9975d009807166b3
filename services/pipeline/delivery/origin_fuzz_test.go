package delivery

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/services/pipeline/topic"
)

// FuzzADeadLetterIsRestored: whatever was refused, and with headers of whatever name, comes back byte for byte.
func FuzzADeadLetterIsRestored(f *testing.F) {
	f.Add([]byte("1"), []byte("{}"), topic.HeaderErrorStage, []byte("x"), topic.HeaderOriginOffset, []byte("-1"), int32(0), int64(0), "broken")
	f.Add([]byte(nil), []byte("\xff\x00"), "", []byte(nil), "origin_topic", []byte("other"), int32(1<<31-1), int64(1<<63-1), "\x1b[31m\n\xff")
	f.Fuzz(func(t *testing.T, key, value []byte, name1 string, value1 []byte, name2 string, value2 []byte, partition int32, offset int64, detail string) {
		if partition < 0 || offset < 0 || len(key)+len(value) > 1<<16 {
			return
		}
		want := &kgo.Record{Topic: topic.Raw, Partition: partition, Offset: offset, Key: key, Value: value,
			Headers: []kgo.RecordHeader{{Key: name1, Value: value1}, {Key: name2, Value: value2}}}
		letter := DeadLetter(want, StageEnricher, &Refusal{Reason: "reason", Detail: detail})
		got, err := Restore(letter)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got, cmpopts.IgnoreUnexported(kgo.Record{}), cmpopts.EquateComparable(kgo.RecordAttrs{})); diff != "" {
			t.Errorf("in (-), out (+):\n%s", diff)
		}
	})
}

// FuzzAnOriginIsAPlaceOrAnError: of a record in tweets.dlq that anybody has written.
func FuzzAnOriginIsAPlaceOrAnError(f *testing.F) {
	f.Add("tweets.raw", "3", "12")
	f.Add("tweets.raw", "+3", "012")
	f.Add("other\n", "99999999999", "-9223372036854775809")
	f.Fuzz(func(t *testing.T, name, partition, offset string) {
		letter := &kgo.Record{}
		for i, value := range []string{"stage", "reason", "detail", name, partition, offset} {
			letter.Headers = append(letter.Headers, kgo.RecordHeader{Key: written[i], Value: []byte(value)})
		}
		at, err := Origin(letter)
		if err != nil {
			return
		}
		if at.String() != name+"/"+partition+"/"+offset || at.Partition < 0 || at.Offset < 0 || name != topic.Raw && name != topic.Enriched {
			t.Errorf("%q/%q/%q is read as %s", name, partition, offset, at)
		}
	})
}
