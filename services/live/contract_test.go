package live

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/tmaxmax/go-sse"
	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/services/pipeline/tweet"
)

// described returns the schema of that name in openapi.yaml. A state that has a member which is not described there
// does not validate.
func described(t testing.TB, name string) *jsonschema.Schema {
	t.Helper()
	b, err := os.ReadFile("openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	asJSON, err := yaml.YAMLToJSON(b)
	if err != nil {
		t.Fatal(err)
	}
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(asJSON))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("openapi.json", document); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("openapi.json#/components/schemas/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

func validates(t *testing.T, what string, schema *jsonschema.Schema, body []byte) {
	t.Helper()
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	if err == nil {
		err = schema.Validate(value)
	}
	if err != nil {
		t.Errorf("%s is not as openapi.yaml describes it: %v", what, err)
	}
	if holdsNull(value) {
		t.Errorf("%s holds a null, which a merge patch takes for a removal", what)
	}
}

func holdsNull(value any) bool {
	switch v := value.(type) {
	case nil:
		return true
	case []any:
		return slices.ContainsFunc(v, holdsNull)
	case map[string]any:
		return slices.ContainsFunc(slices.Collect(maps.Values(v)), holdsNull)
	}
	return false
}

func TestTheExampleIsAsDescribed(t *testing.T) {
	t.Parallel()
	b, err := os.ReadFile("testdata/state.example.json")
	if err != nil {
		t.Fatal(err)
	}
	validates(t, "testdata/state.example.json", described(t, "State"), b)
	var s State
	decoder := json.NewDecoder(bytes.NewReader(b))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&s); err != nil {
		t.Errorf("the example does not fit State: %v", err)
	}
}

const hostile = `<script>alert("1 & 2")</script><img src=x onerror=alert(1)> ` + "\u202e\u2028\r\ndata: x\r\n\r\nevent: snapshot"

// popularDocument is a post with everything that the page shows of one.
func popularDocument(t *testing.T, id string, arrived time.Time, change func(*tweet.Document)) *kgo.Record {
	t.Helper()
	seven := int64(7)
	d := tweet.Document{
		TweetID: id, Timestamp: arrived, CreatedAt: arrived.Add(-20 * time.Millisecond), ObservedAt: arrived,
		Source: tweet.SourceX, URL: "https://x.com/i/status/" + id, Text: "Invented #cat", Lang: "en", AuthorID: "42",
		Hashtags: []string{"cat", "caturday"}, Teams: []string{"cats"}, Media: []string{"image"}, Categories: []string{"cats with images"},
		Metrics: tweet.Metrics{Retweets: 3, Likes: 5, Bookmarks: &seven}, Popularity: 2.3026,
		Sentiment: tweet.Sentiment{Score: 0.5, Label: "positive", Model: "vader"},
	}
	change(&d)
	value, err := tweet.Encode(&d)
	if err != nil {
		t.Fatal(err)
	}
	return &kgo.Record{Key: []byte(id), Value: value, Timestamp: arrived}
}

func TestWhatIsServedIsAsDescribedAndHostileTextStaysData(t *testing.T) {
	t.Parallel()
	c := startCluster(t)
	now := moment()
	yesterday := now.AddDate(0, 0, -1)
	c.produce(t, kgo.TryCommit,
		popularDocument(t, "1", now, func(d *tweet.Document) { d.Text = hostile + strings.Repeat("🐈", 1000) }),
		popularDocument(t, "2", now, func(d *tweet.Document) { d.Promotional, d.Popularity, d.URL = true, 3, "javascript:alert(1)" }),
		popularDocument(t, "3", now, func(d *tweet.Document) {
			d.Lang, d.AuthorID, d.Source = `en" onload="x`, "<b>", tweet.SourceSimulator
			d.Hashtags = []string{"__proto__", "<b>", "tail\u202eliat", strings.Repeat("x", 1000), "猫"}
		}),
		popularDocument(t, "__proto__", now, func(*tweet.Document) {}),
		popularDocument(t, `4"><script>`, now, func(*tweet.Document) {}),
		popularDocument(t, "5", yesterday, func(*tweet.Document) {}),
		popularDocument(t, "6", now, func(d *tweet.Document) { d.Popularity = 0 }),
	)
	r := start(t, c.brokers)
	eventually(t, "the days are caught up with", func() bool { return r.state(t).Progress.Phase == PhaseLive })

	schema := described(t, "State")
	body := r.body(t, "/api/v1/contest")
	validates(t, "today", schema, []byte(body))
	if strings.ContainsAny(body, "<>&\u2028\r\n") {
		t.Errorf("the answer holds characters that are to be escaped:\n%s", body)
	}
	s := r.state(t)
	if s.Posts.Total != 6 || s.Organic.Posts.Total != 5 || s.Sentiment["cats"].Positive != 6 {
		t.Errorf("%d posts, %d without promotional ones; want 6 and 5: a post that cannot be shown counts all the same", s.Posts.Total, s.Organic.Posts.Total)
	}
	if !slices.Equal(s.Top.Day, []string{"2", "1", "3"}) || !slices.Equal(s.Organic.Top.Hour, []string{"1", "3"}) || len(s.TopPosts) != 3 {
		t.Errorf("top posts of the day %v, of the hour without promotional ones %v, %d posts", s.Top.Day, s.Organic.Top.Hour, len(s.TopPosts))
	}
	if p := s.TopPosts["1"]; !strings.HasPrefix(p.Text, hostile) || !p.Cut || len([]rune(p.Text)) != maxTextRunes || p.URL == "" || *p.Metrics.Bookmarks != 7 {
		t.Errorf("a hostile text was changed or not cut: %+v", p)
	}
	if p := s.TopPosts["3"]; p.Lang != "" || p.AuthorID != "" || p.URL != "" || !p.Simulated {
		t.Errorf("hostile members or the address of a simulated post were kept: %+v", p)
	}
	if s.TopPosts["2"].URL != "" {
		t.Errorf("the address %q was kept", s.TopPosts["2"].URL)
	}
	tags := []string{}
	for _, h := range s.Hashtags {
		tags = append(tags, h.Tag)
	}
	if !slices.Equal(tags, []string{"cat", "caturday", "__proto__", "猫"}) || s.Hashtags[0].Team != "cats" || s.Hashtags[1].Team != "" {
		t.Errorf("hashtags %+v", s.Hashtags)
	}

	past := r.body(t, "/api/v1/contest?day="+yesterday.Format(time.DateOnly))
	validates(t, "yesterday", schema, []byte(past))
	if err := json.Unmarshal([]byte(past), &s); err != nil || s.Today || s.Posts.Total != 1 || s.Headline.Kind != "final" {
		t.Errorf("yesterday: %d posts, headline %q, %v", s.Posts.Total, s.Headline.Text, err)
	}
	days := r.body(t, "/api/v1/days")
	validates(t, "the list of days", described(t, "Days"), []byte(days))
	var list Days
	if err := json.Unmarshal([]byte(days), &list); err != nil || len(list.Days) != 3 || list.Days[1].Posts.Leader != "cats" || list.Days[2].Posts.Leader != "" {
		t.Errorf("days: %+v, %v", list, err)
	}

	for e, err := range sse.Read(get(t, r.url+"/events").Body, nil) {
		if err != nil {
			t.Fatal(err)
		}
		validates(t, "the first event", schema, []byte(e.Data))
		if e.Type != "snapshot" || !strings.HasPrefix(e.LastEventID, epochOf(t, body)+"-") {
			t.Errorf("the first event is a %s with id %s", e.Type, e.LastEventID)
		}
		break
	}
}

// epochOf reads the epoch of a state.
func epochOf(t *testing.T, body string) string {
	t.Helper()
	var s State
	if err := json.Unmarshal([]byte(body), &s); err != nil {
		t.Fatal(err)
	}
	return s.Epoch
}

func TestADayThatIsNotKeptIsAProblem(t *testing.T) {
	t.Parallel()
	r := start(t, []string{"127.0.0.1:1"})
	for day, want := range map[string]int{
		"2020-01-01": http.StatusNotFound, "yesterday": http.StatusBadRequest, "2026-02-30": http.StatusBadRequest,
		"%3Cscript%3E": http.StatusBadRequest, time.Now().UTC().Format(time.DateOnly): http.StatusOK,
	} {
		resp := get(t, r.url+"/api/v1/contest?day="+day)
		body, err := io.ReadAll(resp.Body)
		if err != nil || resp.StatusCode != want || bytes.ContainsAny(body, "<>") {
			t.Errorf("%s gave %s, %v, want %d:\n%s", day, resp.Status, err, want, body)
		}
		if want != http.StatusOK && (resp.Header.Get("Content-Type") != "application/problem+json" || !json.Valid(body)) {
			t.Errorf("%s gave %s: %s", day, resp.Header.Get("Content-Type"), body)
		}
	}
}

func TestAHeartbeatIsAsDescribed(t *testing.T) {
	t.Parallel()
	lines := strings.Split(string(beat(time.Now())), "\n")
	if lines[0] != "event: heartbeat" || len(lines) != 4 {
		t.Fatalf("heartbeat %q", lines)
	}
	validates(t, "a heartbeat", described(t, "Heartbeat"), []byte(strings.TrimPrefix(lines[1], "data: ")))
}
