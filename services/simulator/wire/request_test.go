package wire_test

import (
	"net/url"
	"strings"
	"testing"

	"catsvdogs/services/simulator/wire"
)

func TestEachMistakeInARequestIsReportedWithTheAcceptedValues(t *testing.T) {
	t.Parallel()
	tests := []struct {
		query string
		want  []string // begin of each message
	}{
		{"", nil},
		{"tweet.fields=id,text&expansions=author_id&media.fields=url&user.fields=name&place.fields=id&poll.fields=id", nil},
		{"backfill_minutes=5&start_time=2026-11-01T12:00:00Z", nil},
		{"backfill_minutes=6", []string{"The `backfill_minutes` query parameter value [6] is not between 0 and 5"}},
		{"backfill_minutes=x", []string{"The `backfill_minutes`"}},
		{"end_time=yesterday", []string{"Invalid 'end_time':'yesterday'"}},
		{"tweet.fields=", []string{"The `tweet.fields` query parameter value [] is not one of [article,"}},
		{"tweet.fields=ID", []string{"The `tweet.fields` query parameter value [ID] is not one of"}},
		{"tweet.fields=id,x,y&user.fields=z", []string{"The `tweet.fields` query parameter value [x,y] is not", "The `user.fields` query parameter value [z] is not"}},
		{"post.fields=id", []string{"The query parameter [post.fields] is not one of [backfill_minutes,"}},
	}
	for _, tt := range tests {
		t.Run(tt.query, func(t *testing.T) {
			t.Parallel()
			query, err := url.ParseQuery(tt.query)
			if err != nil {
				t.Fatal(err)
			}
			_, mistakes := wire.StreamRequest(query)
			if len(mistakes) != len(tt.want) {
				t.Fatalf("%+v, want %q", mistakes, tt.want)
			}
			for i, m := range mistakes {
				if !strings.HasPrefix(m.Message, tt.want[i]) {
					t.Errorf("%q, want %q…", m.Message, tt.want[i])
				}
			}
		})
	}
}
