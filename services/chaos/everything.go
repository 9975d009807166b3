//go:build unix

package chaos

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"catsvdogs/services/pipeline/contest"
)

// searchPage is the most posts that one answer of a search has.
const searchPage = 100

var errSearch = errors.New("the source's search")

// searchEverything has the source tell by its search of every post since the run began that a rule of the contest asks for,
// and returns how many that are. The truth writes down what it gives out, so the account then wants all of it in tweets.raw:
// also what no stream has delivered, because nobody was connected. What was deleted since the source does not tell of, nor
// of reposts, so nobody could have made up for those.
func (s *scene) searchEverything(ctx context.Context) (posts int, err error) {
	wanted, err := contest.Load(s.cfg.Contest)
	if err != nil {
		return 0, err
	}
	for _, rule := range wanted.StreamRules() {
		query := url.Values{"query": {rule.Value}, "max_results": {strconv.Itoa(searchPage)}, "start_time": {s.watchedSince.UTC().Format(time.RFC3339)}}
		for more := true; more; {
			n, next, err := s.search(ctx, query)
			if err != nil {
				return posts, err
			}
			posts += n
			query.Set("next_token", next)
			more = next != ""
		}
	}
	return posts, nil
}

// search returns how many posts one page has, and the token of the next one.
func (s *scene) search(ctx context.Context, query url.Values) (posts int, next string, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.simulator+"/2/tweets/search/recent?"+query.Encode(), nil)
	if err != nil {
		return 0, "", fmt.Errorf("%w: %w", errSearch, err)
	}
	req.Header.Set("Authorization", "Bearer any")
	resp, err := asking.Do(req)
	if err != nil {
		return 0, "", fmt.Errorf("%w: %w", errSearch, err)
	}
	defer func() { _ = resp.Body.Close() }() // its connection is not kept
	text, err := io.ReadAll(io.LimitReader(resp.Body, 16<<20))
	var answer struct {
		Data []json.RawMessage
		Meta *struct {
			Next string `json:"next_token"`
		}
	}
	if err == nil {
		err = json.Unmarshal(text, &answer)
	}
	if err != nil || resp.StatusCode != http.StatusOK || answer.Meta == nil {
		return 0, "", fmt.Errorf("%w: it answers %d: %.200s, %w", errSearch, resp.StatusCode, text, err)
	}
	return len(answer.Data), answer.Meta.Next, nil
}
