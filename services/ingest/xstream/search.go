package xstream

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strconv"

	"catsvdogs/services/pipeline/xapi"
)

// searchPage is how many posts a search returns at once, X's maximum.
const searchPage = 100

// page is one answer of a search, newest post first.
type page struct {
	posts []found
	next  string // token of the next page; "" for none
}

// found is a post that a search found.
type found struct {
	xapi.Post
	id uint64
}

// message is what must be known of the post's line before it is passed on.
func (f *found) message() message { return message{id: f.ID, key: []byte(f.First)} }

// text returns the post as a line like the stream's.
func (f *found) text(rules []Rule) []byte {
	matching := make([]xapi.MatchingRule, len(rules))
	for i, r := range rules {
		matching[i] = xapi.MatchingRule{ID: r.ID, Tag: r.Tag}
	}
	return f.Line(matching)
}

// searchAnswer is X's answer to GET /2/tweets/search/recent.
type searchAnswer struct {
	Data     []json.RawMessage `json:"data"`
	Includes xapi.Includes     `json:"includes"`
	Meta     *struct {
		NextToken string `json:"next_token"`
	} `json:"meta"`
	Errors []any `json:"errors"` // also beside data, about posts that are referred to and gone
}

// search asks for one page of the posts that match query, in the span, from token on. Its errors are *Failure.
func (c *client) search(ctx context.Context, query string, s span, token string) (page, error) {
	values := c.Fields() // the same fields, so that a post looks as if the stream had sent it
	values.Set("query", query)
	values.Set("since_id", s.sinceID())
	values.Set("until_id", s.untilID())
	values.Set("max_results", strconv.Itoa(searchPage))
	if token != "" {
		values.Set("next_token", token)
	}
	const doing = "search for missed posts"
	var answer searchAnswer
	if err := c.Call(ctx, doing, http.MethodGet, searchPath, values, nil, &answer); err != nil {
		return page{}, err
	}
	if answer.Meta == nil {
		// An answer cut short must not pass for one that has found nothing.
		return page{}, &Failure{Kind: xapi.HTTP, Doing: doing, Problems: xapi.ReadProblems(answer.Errors, c.Hide), Err: errors.New("the answer has no meta")}
	}
	return answer.page(s), nil
}

// page takes the posts out. One that is no post, or out of the span that was asked for, is passed over.
func (a *searchAnswer) page(s span) page {
	low, high := firstID(s.since), firstID(s.until)+1<<snowflakeShift
	p := page{next: a.Meta.NextToken}
	for _, post := range xapi.Posts(a.Data, a.Includes) {
		if id, err := strconv.ParseUint(post.ID, 10, 64); err == nil && id >= low && id < high {
			p.posts = append(p.posts, found{Post: post, id: id})
		}
	}
	slices.SortFunc(p.posts, func(a, b found) int {
		return cmp.Compare(b.id, a.id)
	})
	return p
}
