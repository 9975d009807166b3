package refresher

import (
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/services/pipeline/topic"
)

// FuzzAnOriginIsAPlaceOrNone: of a record that anybody may have written.
func FuzzAnOriginIsAPlaceOrNone(f *testing.F) {
	f.Add([]byte("3"), []byte("12"))
	f.Add([]byte("-1"), []byte("9223372036854775808"))
	f.Add([]byte("99999999999"), []byte("\x00"))
	f.Fuzz(func(t *testing.T, partition, offset []byte) {
		at := originOf(&kgo.Record{Headers: []kgo.RecordHeader{{Key: topic.HeaderOriginPartition, Value: partition}, {Key: topic.HeaderOriginOffset, Value: offset}}})
		if at.partition < 0 || at.offset < -1 {
			t.Errorf("%q, %q give %+v", partition, offset, at)
		}
	})
}
