package ingest

import (
	"encoding/json"
	"testing"

	"catsvdogs/services/pipeline/tweet"
)

// FuzzALineOfAFileHasAKeyOrNone: whatever stands in a file, a key is one that a post of X can have, and what is to be judged is
// a post.
func FuzzALineOfAFileHasAKeyOrNone(f *testing.F) {
	f.Add([]byte(`{"data":{"id":"1","text":"a cat","edit_history_tweet_ids":["1"],"entities":{"hashtags":[{"tag":"Cat"}]},"referenced_tweets":[{"type":"quoted","id":"2"}]},"includes":{"tweets":[{"id":"2"}]}}`))
	f.Add([]byte(`{"data":{"delete":{"tweet":{"id":"1"}}}}`))
	f.Add([]byte(`{"delete":{"status":{"id":7,"id_str":"7"}}}`))
	f.Add([]byte(`{"data":{"id":"-1","edit_history_tweet_ids":[""]}}`))
	f.Fuzz(func(t *testing.T, line []byte) {
		m := readLine(line)
		if m.key != nil && !tweet.ValidXID(string(m.key)) {
			t.Errorf("%q has the key %q", line, m.key)
		}
		if m.deleted && (m.judge || m.key == nil) {
			t.Errorf("%q is a deletion of nothing, or one to be judged", line)
		}
		if m.judge && !json.Valid(line) {
			t.Errorf("%q is judged and is no JSON", line)
		}
	})
}

// FuzzAStateIsReadOrRefused: whatever an earlier process, or somebody else, has left in ingest.state.
func FuzzAStateIsReadOrRefused(f *testing.F) {
	f.Add([]byte(`{"version":1,"at":"2026-11-23T12:00:00Z","stream":{},"billed":{"at":"2026-11-23T12:00:00Z","day":7}}`))
	f.Add([]byte(`{"version":1,"billed":{"day":-9223372036854775808,"month":9223372036854775807,"month_others":9223372036854775807}}`))
	f.Add([]byte(`{"version":1e0,"stream":{"Pace":1e308}}`))
	f.Fuzz(func(t *testing.T, value []byte) {
		s, err := parseState(value)
		if err != nil {
			return
		}
		if b := s.Billed; s.Version != stateVersion || min(b.Day, b.DayOthers, b.Month, b.MonthOthers, b.Month+b.MonthOthers) < 0 {
			t.Errorf("%q gives %+v", value, s)
		}
		// It is written again at once, and what cannot be written would be lost.
		if _, err := json.Marshal(s); err != nil {
			t.Errorf("%q cannot be written again: %v", value, err)
		}
	})
}
