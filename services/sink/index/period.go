package index

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"catsvdogs/services/pipeline/elastic"
	"catsvdogs/services/pipeline/tweet"
)

// keepsPeriod says that the alias has indices of the other period. A post's index follows from the period: with another one
// a later look at a post would be a second document, and its deletion a stub beside a post that stays.
func (x *indexer) keepsPeriod(ctx context.Context) error {
	answer, err := elastic.Do(ctx, x.transport, esapi.IndicesGetAliasRequest{Name: []string{tweet.IndexAlias}}, 16<<20)
	var status *elastic.StatusError
	if errors.As(err, &status) && (status.Status == http.StatusNotFound || status.Status == http.StatusForbidden) {
		return nil // there is no index yet, or we may write and not look
	}
	if err != nil {
		return fmt.Errorf("look which indices there are: %w", err)
	}
	var indices map[string]json.RawMessage
	if err := json.Unmarshal(answer, &indices); err != nil {
		return fmt.Errorf("look which indices there are: %w", err)
	}
	var others []string
	for name := range indices {
		if period, ok := periodOf(name); ok && period != x.cfg.Period {
			others = append(others, name)
		}
	}
	if len(others) == 0 {
		return nil
	}
	slices.Sort(others)
	other := tweet.IndexMonthly
	if x.cfg.Period == tweet.IndexMonthly {
		other = tweet.IndexDaily
	}
	return fmt.Errorf("--index-period is %s, and the alias %s has indices of a %s (%d, the first is %s): posts would be stored twice, and deleted ones stay; "+
		"go back to --index-period=%s, or stop every sink, remove these indices and replay the archive (or run sink reindex, when Kafka has all)",
		x.cfg.Period, tweet.IndexAlias, other, len(others), others[0], other)
}

// periodOf is what an index covers by its name; false for one that is not named as ours are.
func periodOf(name string) (tweet.IndexPeriod, bool) {
	date, found := strings.CutPrefix(name, tweet.IndexAlias+"-")
	if !found {
		return "", false
	}
	for _, period := range []tweet.IndexPeriod{tweet.IndexDaily, tweet.IndexMonthly} {
		layout := strings.TrimPrefix(tweet.IndexName(layoutDate, period), tweet.IndexAlias+"-")
		if at, err := time.Parse(layout, date); err == nil && tweet.IndexName(at, period) == name {
			return period, true
		}
	}
	return "", false
}

// layoutDate is the date that Go's layouts show.
var layoutDate = time.Date(2006, 1, 2, 15, 4, 5, 0, time.UTC)
