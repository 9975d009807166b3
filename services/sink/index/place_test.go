package index

import (
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/services/pipeline/tweet"
)

// Whenever it is written: a later look in another index would be a second document.
func TestAPostsIndexFollowsFromItsCreation(t *testing.T) {
	t.Parallel()
	const document = `{"tweet_id":"7","created_at":"2026-01-31T23:59:59.999Z","observed_at":"2026-02-01T00:00:01Z","pipeline":{"received_at":"2026-02-01T00:00:01Z"}}`
	for period, want := range map[tweet.IndexPeriod]string{tweet.IndexMonthly: "tweets-2026.01", tweet.IndexDaily: "tweets-2026.01.31"} {
		it, err := newItem(&kgo.Record{Key: []byte("7"), Value: []byte(document)}, period)
		if err != nil {
			t.Fatal(err)
		}
		if it.Index != want || it.ID != "7" {
			t.Errorf("%s: it is %s in %s, want %s", period, it.ID, it.Index, want)
		}
	}
}
