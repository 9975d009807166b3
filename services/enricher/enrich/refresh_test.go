package enrich

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"catsvdogs/services/pipeline/delivery"
	"catsvdogs/services/pipeline/tweet"
)

func TestALaterLookChangesTheCountsAndNotWhereThePostStands(t *testing.T) {
	t.Parallel()
	e := newEnricher(t)
	arrived, _ := tweet.SnowflakeTime("2062112000000000000")
	first := tweet.Raw{
		Source: tweet.SourceX, Schema: tweet.SchemaX, Kind: tweet.KindStream, ObservedAt: arrived,
		Value: []byte(`{"data":{"id":"2062112000000000000","text":"my #cat","public_metrics":{"like_count":1,"retweet_count":0,"reply_count":0,"quote_count":0}},"matching_rules":[{"id":"1","tag":"cats with images"}]}`),
	}
	before, err := e.Enrich(first, arrived)
	if err != nil {
		t.Fatal(err)
	}
	again := first
	again.Kind, again.ObservedAt, again.MatchedRules = tweet.KindRefresh, arrived.Add(15*time.Minute), before.MatchedRules
	again.Value = []byte(`{"data":{"id":"2062112000000000000","text":"my #cat","public_metrics":{"like_count":21,"retweet_count":5,"reply_count":0,"quote_count":0}}}`)
	again.Earlier = &tweet.Earlier{
		ArrivedAt: before.Timestamp, ArrivalMS: before.Pipeline.ArrivalMS, ObservedAt: before.ObservedAt, Observations: before.Observations, Metrics: before.Metrics, Repeated: true,
	}
	after, err := e.Enrich(again, again.ObservedAt)
	if err != nil {
		t.Fatal(err)
	}
	want := *before
	growth := 60.0 // (20 likes of 0.5 and 5 retweets) in a quarter of an hour
	want.ObservedAt, want.RefreshedAt, want.Growth = again.ObservedAt, &again.ObservedAt, &growth
	want.Observations, want.Metrics, want.Popularity = 2, tweet.Metrics{Likes: 21, Retweets: 5}, 2.8034
	want.Promotional, want.PromotionalReasons, want.PromotionalScore = true, after.PromotionalReasons, after.PromotionalScore
	want.Pipeline.ReceivedAt, want.Pipeline.EnrichedAt = again.ObservedAt, again.ObservedAt
	if diff := cmp.Diff(&want, after); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"repeated_text"}, after.PromotionalReasons); diff != "" {
		t.Errorf("what an earlier look has found is forgotten:\n%s", diff)
	}
	again.Earlier = nil
	_, err = e.Enrich(again, again.ObservedAt)
	if why, refused := delivery.AsRefusal(err); !refused || why.Reason != "earlier_missing" {
		t.Errorf("without what earlier looks told: %v", err)
	}
}

func TestACountThatTheSourceDoesNotGiveComesFromTheHeader(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 6, 3, 10, 15, 30, 0, time.UTC)
	raw := tweet.Raw{
		Source: tweet.SourceBluesky, Schema: tweet.SchemaBluesky, Kind: tweet.KindRefresh, ObservedAt: at.Add(time.Hour),
		Value:   []byte(`{"did":"did:plc:aaaaaaaaaaaaaaaaaaaaaaaa","time_us":1780481730000000,"kind":"commit","commit":{"rev":"3","operation":"create","collection":"app.bsky.feed.post","rkey":"3mneywdtvok2a","record":{"$type":"app.bsky.feed.post","text":"my cat","createdAt":"2026-06-03T10:15:30Z"}}}`),
		Earlier: &tweet.Earlier{ArrivedAt: at, ObservedAt: at, Observations: 1}, Counts: &tweet.Metrics{Likes: 6, Retweets: 2},
		MatchedRules: []tweet.MatchedRule{{ID: "1", Tag: "cats with images"}},
	}
	doc, err := newEnricher(t).Enrich(raw, raw.ObservedAt)
	if err != nil {
		t.Fatal(err)
	}
	if doc.Metrics.Likes != 6 || doc.Metrics.Retweets != 2 || doc.Popularity == 0 || doc.Growth == nil || *doc.Growth != 5 {
		t.Errorf("%+v", doc)
	}
}

func TestALineOfTheStreamIsAsOldAsItsVersionHoweverLateItComes(t *testing.T) {
	t.Parallel()
	e := newEnricher(t)
	line := func(id string, after time.Duration) *tweet.Document {
		t.Helper()
		doc, err := e.Enrich(tweet.Raw{
			Source: tweet.SourceX, Schema: tweet.SchemaX, Kind: tweet.KindStream, ObservedAt: observed.Add(after),
			Value: []byte(`{"data":{"id":"` + id + `","text":"my #cat","edit_history_tweet_ids":["2062112000000000000","2062112003355443200"]},"matching_rules":[{"id":"1","tag":"cats with images"}]}`),
		}, now)
		if err != nil {
			t.Fatal(err)
		}
		return doc
	}
	first, edited := line("2062112000000000000", 0), line("2062112003355443200", time.Minute)
	if again := line("2062112000000000000", time.Hour); !again.ObservedAt.Equal(first.ObservedAt) || !again.ObservedAt.Before(edited.ObservedAt) {
		t.Errorf("first at %s, edited at %s, the first once more at %s", first.ObservedAt, edited.ObservedAt, again.ObservedAt)
	}
	if created, _ := tweet.SnowflakeTime("2062112000000000000"); !first.ObservedAt.Equal(created) || !first.Pipeline.ReceivedAt.After(created) {
		t.Errorf("observed at %s, received at %s, created at %s", first.ObservedAt, first.Pipeline.ReceivedAt, created)
	}
}
