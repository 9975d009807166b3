package xstream

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strconv"

	"catsvdogs/services/pipeline/tweet"
)

// searchPage is how many posts a search returns at once, X's maximum.
const searchPage = 100

// page is one answer of a search, newest post first.
type page struct {
	posts []found
	next  string // token of the next page; "" for none
}

// searchAnswer is X's answer to GET /2/tweets/search/recent.
type searchAnswer struct {
	Data     []json.RawMessage `json:"data"`
	Includes struct {
		Media  []json.RawMessage `json:"media"`
		Tweets []json.RawMessage `json:"tweets"`
	} `json:"includes"`
	Meta *struct {
		NextToken string `json:"next_token"`
	} `json:"meta"`
	Errors []any `json:"errors"` // also beside data, about posts that are referred to and gone
}

// search asks for one page of the posts that match query, in the span, from token on. Its errors are *Failure.
func (c *client) search(ctx context.Context, query string, s span, token string) (page, error) {
	values := maps.Clone(streamQuery) // the same fields, so that a post looks as if the stream had sent it
	values.Set("query", query)
	values.Set("since_id", s.sinceID())
	values.Set("until_id", s.untilID())
	values.Set("max_results", strconv.Itoa(searchPage))
	if token != "" {
		values.Set("next_token", token)
	}
	const doing = "search for missed posts"
	var answer searchAnswer
	if err := c.call(ctx, doing, http.MethodGet, searchPath, values, nil, &answer); err != nil {
		return page{}, err
	}
	if answer.Meta == nil {
		// An answer cut short must not pass for one that has found nothing.
		return page{}, &Failure{Kind: HTTP, Doing: doing, Problems: problemList(answer.Errors, c.hide), Err: errors.New("the answer has no meta")}
	}
	return answer.page(s), nil
}

// page takes the posts out. One that is no post, or out of the span that was asked for, is passed over.
func (a *searchAnswer) page(s span) page {
	media := index(a.Includes.Media, "media_key")
	tweets := index(a.Includes.Tweets, "id")
	low, high := firstID(s.since), firstID(s.until)+1<<snowflakeShift
	p := page{next: a.Meta.NextToken}
	for _, data := range a.Data {
		var refs references
		if json.Unmarshal(data, &refs) != nil || !tweet.ValidXID(refs.ID) {
			continue
		}
		id, err := strconv.ParseUint(refs.ID, 10, 64)
		if err != nil || id < low || id >= high {
			continue
		}
		key := firstVersion(refs.ID, refs.History)
		p.posts = append(p.posts, found{
			id: id, message: message{id: refs.ID, key: []byte(key)}, data: data, includes: refs.includes(media, tweets),
		})
	}
	slices.SortFunc(p.posts, func(a, b found) int {
		return cmp.Compare(b.id, a.id)
	})
	return p
}
