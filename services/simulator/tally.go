package simulator

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"catsvdogs/services/simulator/chronicle"
	"catsvdogs/services/simulator/wire"
	"catsvdogs/services/simulator/world"
)

// spans are the granularities of counts.
var spans = map[string]time.Duration{"minute": time.Minute, "hour": time.Hour, "day": 24 * time.Hour}

// bucket is one span of a count. X's two vocabularies name the number in two
// ways, and a request for counts has no field that would say which is meant; so
// both are there unless search_count.fields names one.
type bucket struct {
	Start  string `json:"start"`
	End    string `json:"end"`
	Tweets *int   `json:"tweet_count,omitempty"`
	Posts  *int   `json:"post_count,omitempty"`
}

type tallyMeta struct {
	Tweets *int `json:"total_tweet_count,omitempty"`
	Posts  *int `json:"total_post_count,omitempty"`
}

// countPosts is GET /2/tweets/counts/recent: how many posts match a query, by
// minute, hour or day, oldest first. The first and the last span are cut where
// the question begins and ends. There is always one page.
func (s *server) countPosts(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	known := []string{"start", "end", "tweet_count", "post_count"}
	checks := map[string]func(string) []wire.Mistake{
		"granularity": oneOf(query, []string{"minute", "hour", "day"}), "search_count.fields": oneOf(query, known),
		"next_token":       func(string) []wire.Mistake { _, wrong := readNext(query); return wrong },
		"pagination_token": func(string) []wire.Mistake { _, wrong := readNext(query); return wrong },
	}
	for _, name := range queryParameters {
		checks[name] = func(string) []wire.Mistake { return nil } // readQuery looks at them
	}
	mistakes := checkQuery(query, checks)
	q, wrong := s.readQuery(query)
	if mistakes = append(mistakes, wrong...); len(mistakes) > 0 {
		writeProblem(w, fromMistakes(mistakes))
		return
	}
	granularity := time.Hour
	if g := query.Get("granularity"); g != "" {
		granularity = spans[g]
	}
	from, to := bounds(q)
	tally := make([]int, 1+int(to.Sub(from.Truncate(granularity))/granularity))
	total := 0
	err := s.chronicle.Tally(r.Context(), q, s.now(), func(at time.Time) {
		if i := int(at.Sub(from.Truncate(granularity)) / granularity); 0 <= i && i < len(tally) {
			tally[i]++
			total++
		}
	})
	if err != nil {
		return // the client has gone
	}
	tweets, posts := countNames(query)
	body := struct {
		Data []bucket  `json:"data"`
		Meta tallyMeta `json:"meta"`
	}{Data: []bucket{}, Meta: tallyMeta{named(tweets, total), named(posts, total)}}
	for i, n := range tally {
		start := from.Truncate(granularity).Add(time.Duration(i) * granularity)
		end := earlier(start.Add(granularity), to)
		start = later(start, from)
		if start.Before(end) {
			body.Data = append(body.Data, bucket{
				start.UTC().Format(wire.TimeFormat), end.UTC().Format(wire.TimeFormat), named(tweets, n), named(posts, n),
			})
		}
	}
	writeJSON(w, http.StatusOK, body)
}

// bounds are the times that a query speaks of, in whole seconds as X has them.
func bounds(q chronicle.Query) (from, to time.Time) {
	from, to = q.From, q.To
	if q.Since != 0 {
		from = later(from, world.TimeOf(q.Since))
	}
	if q.Until != 0 {
		to = earlier(to, world.TimeOf(q.Until))
	}
	from, to = from.Truncate(time.Second), to.Add(time.Second-time.Nanosecond).Truncate(time.Second)
	return from, later(from, to)
}

// countNames says which names the number has.
func countNames(query url.Values) (tweets, posts bool) {
	fields := query.Get("search_count.fields")
	tweets, posts = strings.Contains(fields, "tweet_count"), strings.Contains(fields, "post_count")
	if !tweets && !posts {
		return true, true
	}
	return tweets, posts
}

func named(wanted bool, n int) *int {
	if !wanted {
		return nil
	}
	return &n
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

func later(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}
