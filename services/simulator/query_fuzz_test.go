package simulator

import (
	"net/url"
	"testing"
	"time"

	"catsvdogs/services/simulator/wire"
)

// FuzzAQueryIsUnderstoodOrRefused: of the stream, of search and of our own API. What is refused is said in words.
func FuzzAQueryIsUnderstoodOrRefused(f *testing.F) {
	f.Add("tweet.fields=id,text&expansions=attachments.media_keys&backfill_minutes=5&start_time=2026-11-23T12:00:00Z")
	f.Add("query=cat%20OR%20%22dog%22&since_id=1&until_id=9999999999999999999&end_time=9999-12-31T23:59:59-23:59")
	f.Add("at=0000-01-01T00:00:00Z&ids=1,,2,-1")
	f.Add("tweet.fields=&tweet.fields=,,,&%00=%ff")
	now := func() time.Time { return time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC) }
	s := &server{now: now}
	f.Fuzz(func(t *testing.T, raw string) {
		query, err := url.ParseQuery(raw)
		if err != nil {
			return
		}
		_, stream := wire.StreamRequest(query)
		q, search := s.readQuery(query)
		for _, m := range append(stream, search...) {
			if m.Message == "" {
				t.Errorf("%q: %q is refused without a word", raw, m.Parameter)
			}
		}
		if len(search) == 0 && (q.Rule == nil || !q.From.Before(q.To)) {
			t.Errorf("%q is understood as %+v", raw, q)
		}
		if _, ids, mistake := readEngagement(query, now()); mistake == "" && len(ids) > maxEngagementIDs {
			t.Errorf("%q asks for %d ids", raw, len(ids))
		}
	})
}
