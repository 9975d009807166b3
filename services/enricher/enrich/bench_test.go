package enrich

import (
	"bytes"
	"testing"
	"time"

	"github.com/goccy/go-json"

	"catsvdogs/services/enricher/promotion"
	"catsvdogs/services/pipeline/tweet"
)

// BenchmarkEnrich compares, post by post in one run, all that is done to a post with the cost of its JSON alone.
//
// The library is goccy/go-json, the fastest that takes and refuses what encoding/json does: sonic's fast settings let
// broken escapes and raw control characters pass, simdjson-go and encoding/json/v2 are slower.
//
//	x_same_json    over decoding the line whole, into a struct of all that X was asked for, and encoding it again
//	x_needed_json  over decoding just what is read of it, and encoding the document
func BenchmarkEnrich(b *testing.B) {
	lines := benchLines(b)
	e := newEnricher(b)
	w := promotion.NewWindow(100_000, 24*time.Hour)
	enriched := func(line []byte) *tweet.Document {
		d, err := e.Draft(benchRecord(line), now)
		if err != nil {
			b.Fatal(err)
		}
		doc := e.Finish(&d, d.Repeats(w))
		if _, err := tweet.Encode(doc); err != nil {
			b.Fatal(err)
		}
		return doc
	}
	documents := make([]*tweet.Document, len(lines))
	bytesPerRound := 0
	for i, line := range lines {
		documents[i] = enriched(line)
		bytesPerRound += len(line)
	}
	parts := [3]func(i int){
		func(i int) { enriched(lines[i]) },
		func(i int) {
			line := new(wholeLine)
			roundTrip(b, lines[i], line, line)
		},
		func(i int) { roundTrip(b, lines[i], new(xLine), documents[i]) },
	}
	var took [3]time.Duration
	b.SetBytes(int64(bytesPerRound))
	b.ReportAllocs()
	for b.Loop() {
		for p, part := range parts {
			from := time.Now()
			for i := range lines {
				part(i)
			}
			took[p] += time.Since(from)
		}
	}
	b.ReportMetric(float64(took[0].Nanoseconds())/float64(b.N*len(lines)), "ns/post")
	b.ReportMetric(float64(took[0])/float64(took[1]), "x_same_json")
	b.ReportMetric(float64(took[0])/float64(took[2]), "x_needed_json")
}

// BenchmarkDocument is what BenchmarkEnrich takes for a post, by itself, for profiles.
func BenchmarkDocument(b *testing.B) {
	lines := benchLines(b)
	e := newEnricher(b)
	w := promotion.NewWindow(100_000, 24*time.Hour)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		d, err := e.Draft(benchRecord(lines[i%len(lines)]), now)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := tweet.Encode(e.Finish(&d, d.Repeats(w))); err != nil {
			b.Fatal(err)
		}
	}
}

// roundTrip decodes line into in and encodes out.
func roundTrip(b *testing.B, line []byte, in, out any) {
	if err := json.Unmarshal(line, in); err != nil {
		b.Fatal(err)
	}
	if _, err := json.MarshalWithOption(out, json.DisableHTMLEscape()); err != nil {
		b.Fatal(err)
	}
}

// benchLines are lines as the simulator sends them, with all fields that ingest asks for.
func benchLines(b *testing.B) [][]byte {
	b.Helper()
	return bytes.Split(bytes.TrimSpace(readFile(b, "testdata/bench.ndjson")), []byte("\n"))
}

func benchRecord(line []byte) tweet.Raw {
	r := raw(line)
	r.ObservedAt = time.Date(2026, 11, 1, 12, 0, 5, 0, time.UTC)
	return r
}

type wholeLine struct {
	Data     *wholePost `json:"data"`
	Includes struct {
		Media []struct {
			AltText         string `json:"alt_text,omitempty"`
			DurationMS      int64  `json:"duration_ms,omitempty"`
			Height          int64  `json:"height"`
			MediaKey        string `json:"media_key"`
			PreviewImageURL string `json:"preview_image_url,omitempty"`
			Type            string `json:"type"`
			URL             string `json:"url,omitempty"`
			Width           int64  `json:"width"`
		} `json:"media,omitempty"`
		Tweets []wholePost `json:"tweets,omitempty"`
		Users  []struct {
			CreatedAt     string `json:"created_at"`
			ID            string `json:"id"`
			Name          string `json:"name"`
			PublicMetrics struct {
				Followers int64 `json:"followers_count"`
				Following int64 `json:"following_count"`
				Listed    int64 `json:"listed_count"`
				Posts     int64 `json:"post_count"`
				Tweets    int64 `json:"tweet_count"`
			} `json:"public_metrics"`
			Username string `json:"username"`
			Verified bool   `json:"verified"`
		} `json:"users,omitempty"`
	} `json:"includes"`
	MatchingRules []struct {
		ID  string `json:"id"`
		Tag string `json:"tag"`
	} `json:"matching_rules"`
}

type wholePost struct {
	Attachments struct {
		MediaKeys []string `json:"media_keys,omitempty"`
	} `json:"attachments"`
	AuthorID       string   `json:"author_id"`
	ConversationID string   `json:"conversation_id"`
	CreatedAt      string   `json:"created_at"`
	EditHistory    []string `json:"edit_history_tweet_ids"`
	Entities       struct {
		Hashtags []struct {
			Start int64  `json:"start"`
			End   int64  `json:"end"`
			Tag   string `json:"tag"`
		} `json:"hashtags,omitempty"`
		Mentions []struct {
			Start    int64  `json:"start"`
			End      int64  `json:"end"`
			Username string `json:"username"`
			ID       string `json:"id"`
		} `json:"mentions,omitempty"`
		URLs []struct {
			Start       int64  `json:"start"`
			End         int64  `json:"end"`
			URL         string `json:"url"`
			ExpandedURL string `json:"expanded_url"`
			DisplayURL  string `json:"display_url"`
			MediaKey    string `json:"media_key,omitempty"`
		} `json:"urls,omitempty"`
	} `json:"entities"`
	ID                string `json:"id"`
	InReplyToUserID   string `json:"in_reply_to_user_id,omitempty"`
	Lang              string `json:"lang"`
	PaidPartnership   bool   `json:"paid_partnership"`
	PossiblySensitive bool   `json:"possibly_sensitive"`
	PublicMetrics     struct {
		Retweets    int64 `json:"retweet_count"`
		Reposts     int64 `json:"repost_count"`
		Replies     int64 `json:"reply_count"`
		Likes       int64 `json:"like_count"`
		Quotes      int64 `json:"quote_count"`
		Bookmarks   int64 `json:"bookmark_count"`
		Impressions int64 `json:"impression_count"`
	} `json:"public_metrics"`
	Referenced []struct {
		Type string `json:"type"`
		ID   string `json:"id"`
	} `json:"referenced_tweets,omitempty"`
	Text string `json:"text"`
}
