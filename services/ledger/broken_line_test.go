package ledger

import "testing"

func TestTheIDOfABrokenLineIsTheOneOfItsPost(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]string{
		`{"data":{"author_id":"7","id":"12","text":"an inv`:                               "12",
		`{"data":{"entities":{"urls":[{"id":"5"}]},"edit_history_tweet_ids":["11","12"],`: "11",
		`{"data":{"edit_history_tweet_ids":["11","1`:                                      "",
		`{"data":{"id":"12`:              "",
		`{"data":{"id":12,"text":"a`:     "",
		`{"data":[{"id":"12"},`:          "",
		`{"includes":{"id":"12"},"data"`: "",
		`"id":"12"`:                      "",
		"":                               "",
	} {
		if got := idWithin([]byte(line)); got != want {
			t.Errorf("of %s it takes %q, want %q", line, got, want)
		}
	}
}
