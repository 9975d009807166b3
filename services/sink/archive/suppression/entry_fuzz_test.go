package suppression

import (
	"bytes"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/services/pipeline/topic"
)

// FuzzEveryDeletionCanBeListed: one that cannot would hold up its partition's archive for good.
func FuzzEveryDeletionCanBeListed(f *testing.F) {
	f.Add([]byte("1"), "2026-06-03T10:15:30Z", int64(0))
	f.Add([]byte{0xff}, "9999-12-31T23:59:59-23:59", int64(253402300800000))
	f.Add([]byte("\x00\n"), "0000-01-01T00:00:00+23:59", int64(-62167219200001))
	f.Add([]byte("1"), "", int64(1<<63-1))
	f.Fuzz(func(t *testing.T, key []byte, observed string, ms int64) {
		r := &kgo.Record{Topic: topic.Enriched, Partition: 3, Offset: 12, Key: key, Timestamp: time.UnixMilli(ms),
			Headers: []kgo.RecordHeader{{Key: topic.HeaderObservedAt, Value: []byte(observed)}}}
		e, ok := Of(r)
		if !ok {
			if len(key) > 0 {
				t.Fatal("it is no deletion any more")
			}
			return
		}
		line, err := e.Append(nil)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Count(line, []byte("\n")) != 1 {
			t.Errorf("it is not one line: %q", line)
		}
		if again, err := Parse(line); err != nil || !cmp.Equal(again, e) {
			t.Errorf("%+v is listed as %s, and read as %+v, %v", e, line, again, err)
		}
	})
}

// FuzzAListIsReadOrRefused: of what lies in the bucket.
func FuzzAListIsReadOrRefused(f *testing.F) {
	f.Add([]byte(`{"key":"1","observed_at":"2026-06-03T10:15:30Z","topic":"tweets.raw","partition":3,"offset":12}` + "\n"))
	f.Add([]byte(`{"key":"","key_base64":"/w==","observed_at":"0001-01-01T00:00:00+00:01"}` + "\n\n"))
	f.Fuzz(func(t *testing.T, list []byte) {
		err := Read(bytes.NewReader(list), func(e Entry) {
			if len(e.Key) == 0 || e.ObservedAt.IsZero() {
				t.Errorf("%q holds %+v", list, e)
			}
		})
		if err == nil && len(bytes.TrimSpace(list)) > 0 && list[0] != '{' && list[0] > ' ' {
			t.Errorf("%q is taken for a list", list)
		}
	})
}
