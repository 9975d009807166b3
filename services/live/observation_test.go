package live

import (
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/services/pipeline/delivery"
	"catsvdogs/services/pipeline/topic"
	"catsvdogs/services/pipeline/tweet"
)

func TestADeletionIsAsOldAsItsHeaderSays(t *testing.T) {
	t.Parallel()
	written := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	for header, want := range map[string]time.Time{
		"2026-11-23T11:59:58.000000001Z": time.Date(2026, 11, 23, 11, 59, 58, 1, time.UTC),
		"yesterday":                      written,
	} {
		l, err := readLook(&kgo.Record{
			Key: []byte("1"), Timestamp: written,
			Headers: []kgo.RecordHeader{{Key: topic.HeaderObservedAt, Value: []byte(header)}},
		}, tweet.DefaultWeights())
		if err != nil || !l.Deleted || l.ID != "1" || !l.ObservedAt.Equal(want) {
			t.Errorf("header %q: %+v, %v; want a deletion of 1 at %s", header, l, err, want)
		}
	}
}

func TestRecordsThatTellNothingAreRefusedWithAReason(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]string{
		"": "invalid_json", "{": "invalid_json", "[]": "invalid_json", "null": "no_id", "{}": "no_id",
		`{"tweet_id":"1"}`: "no_time", `{"tweet_id":"1","@timestamp":"2026-11-23T12:00:00Z"}`: "no_time",
	} {
		_, err := readLook(&kgo.Record{Key: []byte("1"), Value: []byte(value)}, tweet.DefaultWeights())
		if why, refused := delivery.AsRefusal(err); !refused || why.Reason != want {
			t.Errorf("%q gave %v, want a refusal for %s", value, err, want)
		}
	}
	_, err := readLook(&kgo.Record{}, tweet.DefaultWeights())
	if why, refused := delivery.AsRefusal(err); !refused || why.Reason != "no_id" {
		t.Errorf("a deletion of nothing gave %v, want a refusal for no_id", err)
	}
}

func FuzzReadLook(f *testing.F) {
	f.Add([]byte(`{"tweet_id":"1","@timestamp":"2026-11-23T12:00:00Z","observed_at":"2026-11-23T12:00:00Z","teams":["cats"]}`))
	f.Add([]byte(`{"tweet_id":1}`))
	f.Add([]byte(`null`))
	f.Fuzz(func(t *testing.T, value []byte) {
		l, err := readLook(&kgo.Record{Value: value, Key: []byte("1")}, tweet.DefaultWeights())
		if err == nil && (l.ID == "" || l.ObservedAt.IsZero() && value != nil) {
			t.Errorf("a look without id or time was let through: %+v", l)
		}
		if _, refused := delivery.AsRefusal(err); err != nil && !refused {
			t.Errorf("%v is no refusal, so it would stop the service", err)
		}
	})
}
