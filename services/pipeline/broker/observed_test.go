package broker

import (
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/services/pipeline/topic"
)

func TestARecordIsOfTheTimeThatItsLastReadableHeaderSays(t *testing.T) {
	t.Parallel()
	written := time.UnixMilli(1780481730123)
	for name, test := range map[string]struct {
		headers []string
		written time.Time
		want    string
	}{
		"one":                       {headers: []string{"2026-06-03T10:15:30.5Z"}, want: "2026-06-03T10:15:30.5Z"},
		"the last of two":           {headers: []string{"2026-06-03T10:15:30Z", "2026-06-03T11:15:30Z"}, want: "2026-06-03T11:15:30Z"},
		"none":                      {want: "2026-06-03T10:15:30.123Z"},
		"no time":                   {headers: []string{"now"}, want: "2026-06-03T10:15:30.123Z"},
		"the year 10000 in UTC":     {headers: []string{"9999-12-31T23:59:59-23:59"}, want: "2026-06-03T10:15:30.123Z"},
		"before 1970":               {headers: []string{"1969-12-31T23:59:59Z"}, want: "2026-06-03T10:15:30.123Z"},
		"written before 1970":       {written: time.UnixMilli(-5), want: "1970-01-01T00:00:00Z"},
		"written in the year 10000": {written: time.UnixMilli(253402300800000), want: "9999-12-31T23:59:59.999999999Z"},
		"written at the last time":  {written: time.UnixMilli(1<<63 - 1), want: "9999-12-31T23:59:59.999999999Z"},
	} {
		r := &kgo.Record{Timestamp: written}
		if !test.written.IsZero() {
			r.Timestamp = test.written
		}
		for _, value := range test.headers {
			r.Headers = append(r.Headers, kgo.RecordHeader{Key: topic.HeaderObservedAt, Value: []byte(value)})
		}
		if got := ObservedAt(r).UTC().Format(time.RFC3339Nano); got != test.want {
			t.Errorf("%s: %s, want %s", name, got, test.want)
		}
	}
}
