package xapi

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestALookupAsksForTheStreamsFieldsOnce(t *testing.T) {
	t.Parallel()
	c := clientOf(t, func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		if r.URL.Path != lookupPath || q.Get("ids") != "12,7" || q.Get("tweet.fields") != postFields().Get("tweet.fields") || q.Get("expansions") == "" ||
			r.Header.Get("Authorization") != "Bearer "+testToken || r.UserAgent() != "catsvdogs-test/1.0" {
			t.Errorf("the request is %s with %v", r.URL, r.Header)
		}
		_, _ = w.Write([]byte(`{"data":[{"id":"12"}]}`))
	})
	got, err := c.Lookup(t.Context(), []string{"12", "7", "12"})
	if err != nil || len(got.Found) != 1 || !slices.Equal(got.Unanswered, []string{"7"}) {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestAnAnswerIsFiledUnderTheIDsThatWereAskedFor(t *testing.T) {
	t.Parallel()
	c := clientOf(t, says(200, `{
 "data":[{"text":"caf\u00e9","id":"13","edit_history_tweet_ids":["11","13"],"attachments":{"media_keys":["3_1"]},"referenced_tweets":[{"id":"5"}]},{"id":"99"},{"id":"14"},7],
 "includes":{"media":[{"media_key":"3_1","type":"photo"},{"media_key":"3_2"}],"tweets":[{"id":"5","text":"referred to"}]},
 "errors":[
  {"resource_id":"20","parameter":"ids","resource_type":"tweet","section":"data","title":"Not Found Error","value":"20","type":"https://api.twitter.com/2/problems/resource-not-found"},
  {"resource_id":"21","parameter":"ids","resource_type":"tweet","section":"data","title":"Authorization Error","type":"https://api.x.com/2/problems/not-authorized-for-resource"},
  {"value":"22","parameter":"ids","title":"Later","type":"https://api.x.com/2/problems/of-a-later-day"},
  {"resource_id":"23","parameter":"referenced_tweets.id","resource_type":"tweet","section":"includes","type":"https://api.x.com/2/problems/resource-not-found"},
  {"resource_id":"24","parameter":"ids","resource_type":"user","type":"https://api.x.com/2/problems/resource-not-found"},
  {"resource_id":"13","parameter":"ids","resource_type":"tweet","type":"https://api.x.com/2/problems/resource-not-found"},
  {"resource_id":"98","parameter":"ids","resource_type":"tweet","type":"https://api.x.com/2/problems/resource-not-found"},
  {"resource_id":"25","type":7},"soon",null]}`))
	got, err := c.Lookup(t.Context(), []string{"13", "20", "21", "22", "23", "24", "25"})
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Found) != 1 || got.Found[0].First != "11" || !slices.Equal(got.Found[0].Versions, []string{"11", "13"}) {
		t.Fatalf("found %+v", got.Found)
	}
	const line = `{"data":{"text":"caf\u00e9","id":"13","edit_history_tweet_ids":["11","13"],"attachments":{"media_keys":["3_1"]},"referenced_tweets":[{"id":"5"}]},` +
		`"includes":{"media":[{"media_key":"3_1","type":"photo"}],"tweets":[{"id":"5","text":"referred to"}]}}`
	if text := string(got.Found[0].Line(nil)); text != line {
		t.Errorf("the line is %s", text)
	}
	var missing []string
	for _, m := range got.Missing {
		missing = append(missing, fmt.Sprintf("%s %s %v", m.ID, m.Type, m.Gone()))
		if !json.Valid(m.Problem) {
			t.Errorf("the problem with %s is %q", m.ID, m.Problem)
		}
	}
	want := []string{"20 resource-not-found true", "21 not-authorized-for-resource true", "22 of-a-later-day false"}
	if diff := cmp.Diff(want, missing); diff != "" {
		t.Errorf("missing (-want +got):\n%s", diff)
	}
	if !slices.Equal(got.Unanswered, []string{"23", "24", "25"}) {
		t.Errorf("unanswered %v", got.Unanswered)
	}
}

func TestALookupThatFailsAsAWholeSaysNothingOfAnyPost(t *testing.T) {
	t.Parallel()
	reset := time.Now().Add(7 * time.Minute).Truncate(time.Second)
	for name, c := range map[string]struct {
		serve http.HandlerFunc
		kind  Kind
		says  string
	}{
		"a rate limit":     {says(429, `{"title":"Too Many Requests"}`, "x-rate-limit-reset", fmt.Sprint(reset.Unix())), RateLimited, "429"},
		"no token":         {says(401, `{"title":"Unauthorized","type":"about:blank"}`), Unauthorized, "bearer token"},
		"the wrong plan":   {says(403, `{"title":"Client Forbidden"}`), Forbidden, "the lookup of posts"},
		"no credit":        {says(402, `{"type":"https://api.x.com/2/problems/credits"}`), NoCredit, "buy credits"},
		"it is away":       {says(503, `busy`, "Retry-After", "3"), HTTP, "busy"},
		"no JSON":          {says(200, `<html>`), HTTP, "read the answer"},
		"an answer cut":    {says(200, `{"data":[{"id":"12"}`), HTTP, "read the answer"},
		"a redirect":       {says(307, ``, "Location", "https://elsewhere.example/x"), HTTP, "elsewhere.example"},
		"without an end":   {says(200, `{"data":["`+strings.Repeat("x", maxAnswerBytes)+`"]}`), HTTP, "over"},
		"the token comes":  {says(500, `no `+testToken), HTTP, "[hidden]"},
		"the line is dead": {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, Network, "look posts up"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client := clientOf(t, c.serve)
			got, err := client.Lookup(t.Context(), []string{"12"})
			var f *Failure
			if !errors.As(err, &f) || f.Kind != c.kind || !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), testToken) {
				t.Errorf("%+v, %v", got, err)
			}
			if c.kind == RateLimited && !f.RetryAt.Equal(reset) {
				t.Errorf("again at %s, want %s", f.RetryAt, reset)
			}
		})
	}
}

func TestIDsThatXWouldRefuseAreNotSent(t *testing.T) {
	t.Parallel()
	c := clientOf(t, func(http.ResponseWriter, *http.Request) { t.Error("a request came") })
	many := make([]string, MaxLookup+1)
	for i := range many {
		many[i] = fmt.Sprint(i)
	}
	for _, ids := range [][]string{nil, {""}, {"12", "x"}, {"12,13"}, {"-1"}, many} {
		if _, err := c.Lookup(t.Context(), ids); !errors.Is(err, ErrIDs) {
			t.Errorf("%d ids: %v", len(ids), err)
		}
	}
}

// FuzzEveryIDThatIsAskedForIsInOneListOnce reads any answer.
func FuzzEveryIDThatIsAskedForIsInOneListOnce(f *testing.F) {
	f.Add([]byte(`{"data":[{"id":"1"},{"id":"1"},{"id":"9"}],"errors":[{"resource_id":"2","type":"a/resource-not-found"},{"resource_id":"1"},{"value":"2"}]}`))
	f.Add([]byte(`{"data":null,"errors":[{"resource_id":"3","value":"2","parameter":"ids"}],"includes":{"tweets":[{"id":"3"}]}}`))
	f.Add([]byte(`{"title":"x"}`))
	asked := []string{"1", "2", "3", "1234567890123456789"}
	f.Fuzz(func(t *testing.T, text []byte) {
		var answer lookupAnswer
		if json.Unmarshal(text, &answer) != nil {
			return
		}
		l := answer.sort(asked, asIs)
		got := slices.Clone(l.Unanswered)
		for _, p := range l.Found {
			got = append(got, p.ID)
			if line := p.Line(nil); !json.Valid(line) || strings.ContainsAny(string(line), "\r\n") || len(p.Versions) == 0 {
				t.Fatalf("post %+v becomes %q", p, line)
			}
		}
		for _, m := range l.Missing {
			got = append(got, m.ID)
			if len(m.Problem) > maxProblemBytes || strings.ContainsAny(string(m.Problem), "\r\n") {
				t.Fatalf("missing %+v", m)
			}
		}
		slices.Sort(got)
		want := slices.Sorted(slices.Values(asked))
		if !slices.Equal(got, want) {
			t.Fatalf("asked for %v, filed %v", want, got)
		}
	})
}

func TestAuthorsAreAskedForOnlyWhereThatIsWantedAndStandWithTheirPosts(t *testing.T) {
	t.Parallel()
	for _, authors := range []bool{false, true} {
		c := clientOf(t, func(w http.ResponseWriter, r *http.Request) {
			q := r.URL.Query()
			if asked := slices.Contains(strings.Split(q.Get("expansions"), ","), "author_id"); asked != authors || (q.Get("user.fields") != "") != authors {
				t.Errorf("authors %t: the request is %s", authors, r.URL)
			}
			_, _ = w.Write([]byte(`{"data":[{"id":"12","author_id":"7"},{"id":"13","author_id":"8"}],"includes":{"users":[{"id":"8","name":"Ada","username":"ada"},{"id":"7","name":"Bo","username":"bo"}]}}`))
		})
		c.opts.Authors = authors
		got, err := c.Lookup(t.Context(), []string{"12", "13"})
		if err != nil || len(got.Found) != 2 || string(got.Found[0].Includes) != `{"users":[{"id":"7","name":"Bo","username":"bo"}]}` {
			t.Errorf("%+v, %v", got, err)
		}
	}
}
