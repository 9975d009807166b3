package live

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/services/pipeline/tweet"
)

// ask sends a request with headers, name after name and value.
func ask(t *testing.T, method, url string, header ...string) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	transport := &http.Transport{DisableKeepAlives: true}
	resp, err := transport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(body)
}

func TestTheAPIAnswersInItsOwnWords(t *testing.T) {
	t.Parallel()
	r := start(t, []string{"127.0.0.1:1"})
	problem := described(t, "Problem")
	for _, test := range []struct {
		method, path string
		status       int
	}{
		{"GET", "/api/v1/nothing", 404}, {"GET", "/api/", 404}, {"POST", "/api/v1/contest", 405},
		{"DELETE", "/api/v1/days", 405}, {"GET", "/api/v1/contest?day=2026-13-01", 400}, {"GET", "/api/v1/contest?day=2020-01-01", 404},
	} {
		resp, body := ask(t, test.method, r.url+test.path)
		if resp.StatusCode != test.status || resp.Header.Get("Content-Type") != "application/problem+json" || resp.Header.Get("Access-Control-Allow-Origin") != "*" {
			t.Errorf("%s %s: %s, %v", test.method, test.path, resp.Status, resp.Header)
		}
		validates(t, test.path, problem, []byte(body))
		if test.status == 405 && resp.Header.Get("Allow") == "" {
			t.Errorf("%s %s: what is allowed is not said", test.method, test.path)
		}
	}
	resp, _ := ask(t, "OPTIONS", r.url+"/api/v1/contest", "Origin", "https://example.org", "Access-Control-Request-Method", "GET", "Access-Control-Request-Headers", "if-none-match")
	if resp.StatusCode != 204 || resp.Header.Get("Access-Control-Allow-Origin") != "*" || !strings.Contains(resp.Header.Get("Access-Control-Allow-Methods"), "GET") || resp.Header.Get("Access-Control-Allow-Headers") != "If-None-Match" {
		t.Errorf("a browser that asks first: %s, %v", resp.Status, resp.Header)
	}
	want, err := os.ReadFile("openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if resp, body := ask(t, "GET", r.url+"/api/v1/openapi.yaml"); resp.Header.Get("Content-Type") != "application/yaml" || body != string(want) {
		t.Errorf("the description: %s, %s, %d bytes", resp.Status, resp.Header.Get("Content-Type"), len(body))
	}
}

func TestADayThatIsOverIsSentAgainOnlyWhenItHasChanged(t *testing.T) {
	t.Parallel()
	c := startCluster(t)
	now := moment()
	yesterday := now.AddDate(0, 0, -1)
	// Yesterday had the best minute of all days, which is part of what is told of each.
	c.produce(t, kgo.TryCommit, document(t, "1", yesterday, now, "cats with images"), document(t, "1b", yesterday, now, "cats with images"),
		document(t, "1c", yesterday, now, "cats with images"), document(t, "2", now, now, "cats with images"))
	r := start(t, c.brokers)
	eventually(t, "the days are caught up with", func() bool { return r.state(t).Progress.Phase == PhaseLive })
	url := r.url + "/api/v1/contest?day=" + yesterday.Format(time.DateOnly)
	resp, body := ask(t, "GET", url)
	tag := resp.Header.Get("ETag")
	if tag == "" || resp.Header.Get("Cache-Control") != "no-cache" {
		t.Fatalf("%s, %v", resp.Status, resp.Header)
	}
	c.produce(t, kgo.TryCommit, document(t, "3", now, now, "dogs with images"))
	eventually(t, "today goes on", func() bool { return r.state(t).Posts.Total == 2 })
	<-time.After(keptFor)
	if resp, _ := ask(t, "GET", url, "If-None-Match", `W/"x", `+tag); resp.StatusCode != http.StatusNotModified {
		t.Errorf("a day that has not changed gave %s with %s, want 304 for %s", resp.Status, resp.Header.Get("ETag"), tag)
	}
	c.produce(t, kgo.TryCommit, &kgo.Record{Key: []byte("1"), Timestamp: now.Add(time.Second)})
	eventually(t, "the deletion shows", func() bool {
		resp, _ := ask(t, "GET", url, "If-None-Match", tag)
		return resp.StatusCode == http.StatusOK
	})
	if resp, _ := ask(t, "GET", r.url+"/api/v1/contest?day="+now.Format(time.DateOnly)); resp.Header.Get("ETag") != "" || resp.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("today: %v, want it to be asked for each time", resp.Header)
	}
	var s State
	if err := json.Unmarshal([]byte(body), &s); err != nil || s.Coverage.Day != "partial" || s.Coverage.From == "" {
		t.Errorf("yesterday, when the first post came, is covered %+v, %v; want in part", s.Coverage, err)
	}
	compressed, _ := ask(t, "GET", url, "Accept-Encoding", "gzip")
	if compressed.Header.Get("Content-Encoding") != "gzip" || compressed.ContentLength > int64(len(body)/4) {
		t.Errorf("who accepts gzip gets %d bytes as %q, of %d", compressed.ContentLength, compressed.Header.Get("Content-Encoding"), len(body))
	}
}

func TestADayBeforeTheLogIsNotCalledADayWithoutPosts(t *testing.T) {
	t.Parallel()
	c := startCluster(t)
	now := moment()
	c.produce(t, kgo.TryCommit, document(t, "1", now, now, "cats with images"))
	r := start(t, c.brokers)
	eventually(t, "the day is caught up with", func() bool { return r.state(t).Progress.Phase == PhaseLive })
	yesterday := now.AddDate(0, 0, -1).Format(time.DateOnly)
	var s State
	_, body := ask(t, "GET", r.url+"/api/v1/contest?day="+yesterday)
	if err := json.Unmarshal([]byte(body), &s); err != nil || s.Coverage.Day != "none" || s.Headline.Kind != "no_numbers" {
		t.Errorf("yesterday is covered %+v, headline %q, %v; want none, and no claim", s.Coverage, s.Headline.Text, err)
	}
	if today := r.state(t); today.Coverage.Day != "partial" {
		t.Errorf("today, when the first post came, is covered %+v", today.Coverage)
	}
	var list Days
	_, days := ask(t, "GET", r.url+"/api/v1/days")
	if err := json.Unmarshal([]byte(days), &list); err != nil || len(list.Days) != 3 || list.Days[2].Coverage.Day != "none" {
		t.Errorf("%s, %v", days, err)
	}
	if bytes.Contains([]byte(days), []byte("null")) {
		t.Errorf("a null in %s", days)
	}
}

func TestTheShareOfPopularityOfALookIsOnThePage(t *testing.T) {
	t.Parallel()
	c := startCluster(t)
	now := moment()
	growth := 12.5
	refreshed := now.Add(time.Second)
	c.produce(t, kgo.TryCommit, popularDocument(t, "1", now, func(*tweet.Document) {}), popularDocument(t, "1", now, func(d *tweet.Document) {
		d.ObservedAt, d.RefreshedAt, d.Growth, d.Metrics.Likes, d.Popularity = refreshed, &refreshed, &growth, 15, 2.9
		d.AuthorName, d.AuthorUsername, d.VersionID = "Invented \u202e<b>", "invented", "77"
	}))
	r := start(t, c.brokers)
	eventually(t, "the day is caught up with", func() bool { return r.state(t).Progress.Phase == PhaseLive })
	body := r.body(t, "/api/v1/contest")
	validates(t, "today", described(t, "State"), []byte(body))
	s := r.state(t)
	// 3 retweets, 15 likes and 7 bookmarks at half the weight.
	if p := s.Popularity["cats"]; p.Engagement != 14 || p.Growth == nil || *p.Growth != 12.5 || s.Posts.Total != 1 {
		t.Errorf("cats: %+v, %d posts; want an engagement of 14, growing by 12.5 an hour, of one post", p, s.Posts.Total)
	}
	if p := s.TopPosts["1"]; p.RefreshedAt != instant(refreshed) || p.Growth == nil || p.AuthorName != "Invented \u202e<b>" || p.Username != "invented" || p.VersionID != "77" {
		t.Errorf("the post: %+v", p)
	}
	if s.Popular.Text != "Cats lead in popularity: 100.0 % to 0.0 %; cats grow fastest: +13 an hour." {
		t.Errorf("headline %q", s.Popular.Text)
	}
}
