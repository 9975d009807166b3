package simulator_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"catsvdogs/services/simulator/world"
)

const anyCatOrDog = "#cat OR #kitten OR #dog OR #puppy"

func parsePost(t *testing.T, text string) delivered {
	t.Helper()
	var d delivered
	if err := json.Unmarshal([]byte(text), &d); err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	return d
}

type page struct {
	Data []struct {
		ID      string
		History []string  `json:"edit_history_tweet_ids"`
		Created time.Time `json:"created_at"`
		Metrics struct {
			Likes       int `json:"like_count"`
			Retweets    int `json:"retweet_count"`
			Replies     int `json:"reply_count"`
			Quotes      int `json:"quote_count"`
			Bookmarks   int `json:"bookmark_count"`
			Impressions int `json:"impression_count"`
		} `json:"public_metrics"`
	}
	Errors []struct {
		Type, Value, Detail, Message, Section string
		Resource                              string `json:"resource_id"`
	}
	Meta struct {
		Newest string `json:"newest_id"`
		Oldest string `json:"oldest_id"`
		Next   string `json:"next_token"`
		Count  int    `json:"result_count"`
		Total  int    `json:"total_tweet_count"`
	}
}

func (s *simulation) page(path string) page {
	s.t.Helper()
	resp, text := s.do("GET", path, "")
	var p page
	if err := json.Unmarshal([]byte(text), &p); err != nil || resp.StatusCode != http.StatusOK {
		s.t.Fatalf("%s: %d %.500s %v", path, resp.StatusCode, text, err)
	}
	return p
}

// search returns the ids of all pages.
func (s *simulation) search(parameters string) (ids []string) {
	s.t.Helper()
	path := "/2/tweets/search/recent?query=" + url.QueryEscape(anyCatOrDog) + "&" + parameters
	for next := ""; ; {
		p := s.page(path + next)
		for _, post := range p.Data {
			ids = append(ids, post.ID)
		}
		if p.Meta.Count != len(p.Data) || len(p.Data) > 0 && (p.Meta.Newest != p.Data[0].ID || p.Meta.Oldest != ids[len(ids)-1]) {
			s.t.Errorf("%+v of %d posts", p.Meta, len(p.Data))
		}
		if p.Meta.Next == "" {
			return ids
		}
		next = "&next_token=" + p.Meta.Next
	}
}

// lookup asks for posts, a hundred at once.
func (s *simulation) lookup(ids []string) (found, missing []string) {
	s.t.Helper()
	for some := range slices.Chunk(ids, 100) {
		p := s.page("/2/tweets?ids=" + strings.Join(some, ","))
		for _, post := range p.Data {
			found = append(found, post.ID)
		}
		for _, e := range p.Errors {
			if !strings.HasSuffix(e.Type, "/resource-not-found") || e.Resource != e.Value {
				s.t.Errorf("%+v", e)
			}
			missing = append(missing, e.Value)
		}
	}
	return found, missing
}

func TestPostsThatCameWhileNobodyWasConnectedAreFoundBySearch(t *testing.T) {
	t.Parallel()
	cfg := defaults()
	cfg.Rate = 1000
	s := simulate(t, cfg)
	s.mustAdd(catRules)
	r := s.connect("")
	r.post()
	r.close()
	gone := s.until("disconnected", func(st status) bool { return !st.Connected })
	s.until("posts for nobody", func(st status) bool { return st.Available > gone.Available+300 })
	r = s.connect("")
	first := r.post()
	given := s.page("/2/tweets?ids=" + first.Data.ID)
	if len(given.Data) != 1 {
		t.Fatalf("%+v", given)
	}
	missed := s.search("max_results=100&until_id=" + first.Data.ID)
	if len(missed) < 200 || !slices.IsSortedFunc(missed, func(a, b string) int { return strings.Compare(b, a) }) || len(slices.Compact(slices.Clone(missed))) != len(missed) {
		t.Errorf("%d posts, newest first, each once?", len(missed))
	}
	if st := s.status(); st.Found < 200 || st.Available < st.Posts+st.Found {
		t.Errorf("%+v", st)
	}
}

func TestAPauseMakesNothingNotEvenForSearch(t *testing.T) {
	t.Parallel()
	s := simulate(t, defaults())
	s.mustAdd(catRules)
	s.until("posts", func(st status) bool { return st.Available > 20 })
	paused := s.admin("POST", "pause")
	newest := s.page("/2/tweets/search/recent?query=" + url.QueryEscape(anyCatOrDog)).Meta.Newest
	for range 50 {
		if st := s.status(); st.Available != paused.Available {
			t.Fatalf("%d posts at the pause, %d later", paused.Available, st.Available)
		}
	}
	if again := s.page("/2/tweets/search/recent?query=" + url.QueryEscape(anyCatOrDog)).Meta.Newest; again != newest || newest == "" {
		t.Errorf("newest %q, then %q", newest, again)
	}
	s.admin("POST", "resume")
	s.until("posts again", func(st status) bool { return st.Available > paused.Available })
}

func TestMetricsGrowAndNeverShrink(t *testing.T) {
	t.Parallel()
	cfg := defaults()
	cfg.Posts, cfg.HalfLife = 100, 100*time.Millisecond
	s := simulate(t, cfg)
	s.mustAdd(catRules)
	r := s.connect("")
	ids := r.posts(100)
	before := map[string]int{}
	for deadline, grew := time.Now().Add(patience), 0; grew < 60; {
		for _, p := range s.page("/2/tweets?tweet.fields=public_metrics&ids=" + strings.Join(ids, ",")).Data {
			old, seen := before[p.ID]
			if p.Metrics.Likes < old || p.Metrics.Impressions < p.Metrics.Likes {
				t.Fatalf("%+v, before %d", p, old)
			}
			if seen && p.Metrics.Likes > old {
				grew++
			}
			before[p.ID] = p.Metrics.Likes
		}
		if time.Now().After(deadline) {
			t.Fatalf("only %d times a post won likes", grew)
		}
	}
}

func TestWrongQuestionsAreRefusedInXsForm(t *testing.T) {
	t.Parallel()
	cfg := defaults()
	cfg.SearchLag = 10 * time.Second
	s := simulate(t, cfg)
	s.mustAdd(catRules)
	many := strings.Repeat("1,", 100) + "1"
	for name, path := range map[string]string{
		"lookup_none": "/2/tweets", "lookup_too_many": "/2/tweets?ids=" + many, "lookup_bad_id": "/2/tweets?ids=1,x", "lookup_missing": "/2/tweets?ids=1,20",
		"lookup_one_missing": "/2/tweets/1", "search_none": "/2/tweets/search/recent", "search_bad_query": "/2/tweets/search/recent?query=has:images",
		"search_long_query":  "/2/tweets/search/recent?query=" + strings.Repeat("x", 513),
		"search_bad_size":    "/2/tweets/search/recent?query=cat&max_results=9",
		"search_bad_token":   "/2/tweets/search/recent?query=cat&next_token=x",
		"search_both_bounds": "/2/tweets/search/recent?query=cat&since_id=9223372036854775807&end_time=2037-01-01T00:00:00Z",
		"search_bad_names":   "/2/tweets/search/recent?query=cat&tweet.fields=x&color=red&sort_order=x",
		"counts_bad":         "/2/tweets/counts/recent?query=cat&granularity=week&color=red",
		"usage_bad":          "/2/usage/tweets?days=91", "connections_bad": "/2/connections?status=x&max_results=101",
		"backfill_refused": streamPath + "?backfill_minutes=2",
	} {
		resp, body := s.do("GET", path, "")
		if resp.Header.Get("x-rate-limit-remaining") == "" {
			t.Errorf("%s: no rate-limit headers", name)
		}
		if name == "search_both_bounds" && !strings.Contains(body, "Invalid use of 'since_id' or 'until_id' in conjunction with 'start_time' or 'end_time'.") {
			t.Error(body)
		}
		golden(t, name, resp, body)
	}
	if resp, body := s.do("GET", "/2/tweets/search/recent?query=cat&since_id=20", ""); resp.StatusCode != 400 || !strings.Contains(body, "'since_id' must be a tweet id created after [") {
		t.Errorf("%d %s", resp.StatusCode, body)
	}
}

func TestSearchKnowsAPostOnlyAfterItsLag(t *testing.T) {
	t.Parallel()
	cfg := defaults()
	cfg.SearchLag = time.Hour
	s := simulate(t, cfg)
	s.mustAdd(catRules)
	s.until("posts", func(st status) bool { return st.Available > 20 })
	if ids := s.search("max_results=100"); len(ids) != 0 {
		t.Errorf("%d posts are found that are seconds old", len(ids))
	}
}

func TestCountsAddUpToWhatSearchFinds(t *testing.T) {
	t.Parallel()
	cfg := defaults()
	cfg.Posts = 700
	s := simulate(t, cfg)
	s.mustAdd(catRules)
	s.connect("")
	s.until("the last post", func(st status) bool { return st.Finished })
	found := len(s.search("max_results=100"))
	for _, granularity := range []string{"minute", "hour", "day"} {
		resp, text := s.do("GET", "/2/tweets/counts/recent?granularity="+granularity+"&query="+url.QueryEscape(anyCatOrDog), "")
		var body struct {
			Data []struct {
				Start, End time.Time
				Count      int `json:"tweet_count"`
			}
			Meta struct {
				Total int `json:"total_tweet_count"`
			}
		}
		if err := json.Unmarshal([]byte(text), &body); err != nil || resp.StatusCode != http.StatusOK {
			t.Fatalf("%d %v %.300s", resp.StatusCode, err, text)
		}
		sum := 0
		for i, b := range body.Data {
			sum += b.Count
			if i > 0 && !b.Start.Equal(body.Data[i-1].End) || !b.Start.Before(b.End) {
				t.Fatalf("%s: bucket %d: %+v", granularity, i, b)
			}
		}
		if sum != found || body.Meta.Total != found || found < 500 {
			t.Errorf("%s: %d counted, total %d, search finds %d", granularity, sum, body.Meta.Total, found)
		}
	}
}

func TestUsageCountsAPostOnceADay(t *testing.T) {
	t.Parallel()
	cfg := defaults()
	cfg.Posts = 100
	s := simulate(t, cfg)
	s.mustAdd(catRules)
	r := s.connect("")
	ids := r.posts(100)
	s.lookup(ids)
	s.search("max_results=100")
	st := s.status()
	resp, text := s.do("GET", "/2/usage/tweets?usage.fields=daily_project_usage,daily_client_app_usage", "")
	var body struct {
		Data struct {
			Usage string `json:"project_usage"`
			Daily struct {
				Usage []struct{ Date, Usage string }
			} `json:"daily_project_usage"`
		}
	}
	if err := json.Unmarshal([]byte(text), &body); err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%d %s", resp.StatusCode, text)
	}
	// What was made before the connect is read by the search; each version counts.
	used, _ := strconv.Atoi(body.Data.Usage)
	if most := st.Available + st.Edits; used < 100 || int64(used) > most || body.Data.Daily.Usage[len(body.Data.Daily.Usage)-1].Usage != body.Data.Usage {
		t.Errorf("%s, at most %d", text, most)
	}
	s.lookup(ids)
	if _, again := s.do("GET", "/2/usage/tweets?usage.fields=daily_project_usage,daily_client_app_usage", ""); again != text {
		t.Errorf("%s, then %s", text, again)
	}
}

// idTime is the moment in a post's id.
func idTime(t *testing.T, id string) time.Time {
	t.Helper()
	n, err := strconv.ParseUint(id, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return world.TimeOf(n)
}

func TestAnswersUseTheWordsOfTheQuestion(t *testing.T) {
	t.Parallel()
	s := simulate(t, defaults())
	s.mustAdd(catRules)
	s.until("posts", func(st status) bool { return st.Available > 300 })
	search := "/2/tweets/search/recent?max_results=100&query=" + url.QueryEscape(anyCatOrDog)
	for query, words := range map[string][]string{
		"":                                   {"edit_history_tweet_ids"},
		"&post.fields=text":                  {"edit_history_post_ids"},
		"&expansions=referenced_tweets.id":   {"edit_history_tweet_ids", "referenced_tweets", "tweets"},
		"&expansions=referenced_posts":       {"edit_history_post_ids", "referenced_posts", "posts"},
		"&expansions=edit_history_post_ids":  {"edit_history_post_ids"},
		"&expansions=edit_history_tweet_ids": {"edit_history_tweet_ids"},
	} {
		_, text := s.do("GET", search+query, "")
		for _, word := range []string{"edit_history_tweet_ids", "edit_history_post_ids", "referenced_tweets", "referenced_posts", "tweets", "posts"} {
			if got := strings.Contains(text, `"`+word+`":`); got != slices.Contains(words, word) {
				t.Errorf("%s: %q is there: %v", query, word, got)
			}
		}
	}
	if resp, text := s.do("GET", streamPath+"?post.fields=id", ""); resp.StatusCode != http.StatusBadRequest {
		t.Errorf("the stream knows tweets only: %d %s", resp.StatusCode, text)
	}
}

func TestIncludedObjectsComeOnceForAWholePage(t *testing.T) {
	t.Parallel()
	s := simulate(t, defaults())
	s.mustAdd(catRules)
	s.until("posts", func(st status) bool { return st.Available > 500 })
	resp, text := s.do("GET", "/2/tweets/search/recent?max_results=100&query="+url.QueryEscape(anyCatOrDog)+
		"&expansions=author_id,attachments.media_keys,referenced_tweets.id,referenced_tweets.id.author_id,entities.mentions.username,in_reply_to_user_id", "")
	var body struct {
		Data []struct {
			Author      string `json:"author_id"`
			Attachments struct {
				Keys []string `json:"media_keys"`
			}
			Referenced []struct{ ID string } `json:"referenced_tweets"`
		}
		Includes struct {
			Users, Tweets []struct{ ID string }
			Media         []struct {
				Key string `json:"media_key"`
			}
		}
	}
	if err := json.Unmarshal([]byte(text), &body); err != nil || resp.StatusCode != http.StatusOK || len(body.Data) != 100 {
		t.Fatalf("%d %v %.300s", resp.StatusCode, err, text)
	}
	have := map[string]int{}
	for _, u := range body.Includes.Users {
		have["user "+u.ID]++
	}
	for _, p := range body.Includes.Tweets {
		have["post "+p.ID]++
	}
	for _, m := range body.Includes.Media {
		have["media "+m.Key]++
	}
	for what, n := range have {
		if n != 1 {
			t.Errorf("%s comes %d times", what, n)
		}
	}
	for _, p := range body.Data {
		wanted := []string{"user " + p.Author}
		for _, key := range p.Attachments.Keys {
			wanted = append(wanted, "media "+key)
		}
		for _, r := range p.Referenced {
			wanted = append(wanted, "post "+r.ID)
		}
		for _, what := range wanted {
			if have[what] == 0 {
				t.Fatalf("%s is not included", what)
			}
		}
	}
}
