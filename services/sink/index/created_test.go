package index

import (
	"fmt"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/services/pipeline/delivery"
	"catsvdogs/services/pipeline/topic"
	"catsvdogs/services/pipeline/tweet"
)

func TestNoIndexIsOpenedForATimeOfNoPost(t *testing.T) {
	t.Parallel()
	const observed = "2026-06-03T10:15:30Z"
	for name, test := range map[string]struct {
		created, observed string
		want              string // index
	}{
		"a post":                          {"2026-05-28T16:43:19Z", observed, "tweets-2026.05"},
		"the first post":                  {"2006-03-21T00:00:00Z", observed, "tweets-2006.03"},
		"before it":                       {"2006-03-20T23:59:59Z", observed, ""},
		"the year 0":                      {"0000-01-01T00:00:00Z", observed, ""},
		"a clock that is ahead":           {"2026-06-03T11:15:30Z", observed, "tweets-2026.06"},
		"after it was seen":               {"2026-06-03T11:15:31Z", observed, ""},
		"a far time, seen then":           {"9999-01-01T00:00:00Z", "9999-01-02T00:00:00Z", ""},
		"the year 10000 in UTC, seen too": {"9999-12-31T23:59:59-23:59", "9999-12-31T23:59:59-23:59", ""},
		"seen before 1970":                {"2026-05-28T16:43:19Z", "1969-12-31T23:59:59Z", ""},
	} {
		item, err := newItem(&kgo.Record{Topic: topic.Enriched, Value: fmt.Appendf(nil, `{"tweet_id":"1","created_at":%q,"observed_at":%q}`, test.created, test.observed)}, tweet.IndexMonthly)
		if _, refused := delivery.AsRefusal(err); refused != (test.want == "") {
			t.Errorf("%s: %v", name, err)
		} else if !refused && item.Index != test.want {
			t.Errorf("%s is in %s, want %s", name, item.Index, test.want)
		}
	}
	// An id of X of the year 2080, and its deletion of today.
	deletion := &kgo.Record{Topic: topic.Enriched, Key: []byte("9223372036854775807"), Headers: []kgo.RecordHeader{{Key: topic.HeaderObservedAt, Value: []byte(observed)}}}
	if item, err := newItem(deletion, tweet.IndexMonthly); err == nil {
		t.Errorf("a deletion opens %s", item.Index)
	}
}
