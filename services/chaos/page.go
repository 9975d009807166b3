//go:build unix

package chaos

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

// dayCount is how many posts of a day there are, and how many of them each team has, under their names: total, cats, organic
// cats and so on.
type dayCount map[string]int64

// String is the counts in the order of their names.
func (c dayCount) String() string {
	var said []string
	for _, name := range slices.Sorted(maps.Keys(c)) {
		said = append(said, fmt.Sprintf("%s %d", name, c[name]))
	}
	return strings.Join(said, ", ")
}

// put counts a view of the posts: the promotional ones are in the one without a prefix only.
func (c dayCount) put(prefix string, total int64, teams map[string]int64) {
	c[prefix+"total"] = total
	for team, n := range teams {
		if n > 0 {
			c[prefix+team] = n
		}
	}
}

// comparePage returns when the live page counts for every day what the index does, or why it does not. The page counts for
// itself, from tweets.enriched, so of each of the two the other one is the proof.
func (s *scene) comparePage(ctx context.Context, within time.Duration) (said string, err error) {
	err = await(ctx, within, "the live page to count what the index has", func(ctx context.Context) error {
		zone, page, err := s.pageCounts(ctx)
		if err != nil {
			return err
		}
		var each []string
		for _, day := range slices.Sorted(maps.Keys(page)) {
			index, err := s.indexCounts(ctx, day, zone)
			if err != nil {
				return err
			}
			if !maps.Equal(page[day], index) {
				return fmt.Errorf("for %s the live page counts %v, and the index %v", day, page[day], index)
			}
			if index["total"] > 0 {
				each = append(each, fmt.Sprintf("%s %v", day, index))
			}
		}
		if len(each) == 0 {
			return errors.New("the page has no posts")
		}
		said = strings.Join(each, "; ")
		return nil
	})
	return said, err
}

// pageWithin is how far behind the index the page may be.
const pageWithin = 30 * time.Second

// pageCounts is what the page counts by day, and the zone of its days.
func (s *scene) pageCounts(ctx context.Context) (zone string, byDay map[string]dayCount, err error) {
	type view struct {
		Total int64
		Teams map[string]int64
	}
	var answer struct {
		Timezone string
		Progress struct{ Phase string }
		Days     []struct {
			Day            string
			Posts, Organic view
		}
	}
	if err := askJSON(ctx, http.MethodGet, s.page+"/api/v1/days", "", &answer); err != nil {
		return "", nil, err
	}
	if answer.Progress.Phase != "live" {
		return "", nil, fmt.Errorf("the page is %s", answer.Progress.Phase)
	}
	byDay = map[string]dayCount{}
	for _, d := range answer.Days {
		counts := dayCount{}
		counts.put("", d.Posts.Total, d.Posts.Teams)
		counts.put("organic ", d.Organic.Total, d.Organic.Teams)
		byDay[d.Day] = counts
	}
	return answer.Timezone, byDay, nil
}

// indexCounts is what the index has of a day.
func (s *scene) indexCounts(ctx context.Context, day, zone string) (dayCount, error) {
	begin, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return nil, fmt.Errorf("the page's day: %w", err)
	}
	const question = `{"size":0,"query":{"bool":{"filter":[{"exists":{"field":"teams"}},{"range":{"@timestamp":{"gte":%q,"lt":%q,"time_zone":%q}}}]}},
		"aggs":{"views":{"filters":{"filters":{"all":{"match_all":{}},"organic":{"term":{"promotional":false}}}},"aggs":{"teams":{"terms":{"field":"teams","size":100}}}}}}`
	var answer struct {
		Aggregations struct {
			Views struct {
				Buckets map[string]struct {
					Count int64 `json:"doc_count"`
					Teams struct {
						Buckets []struct {
							Key   string
							Count int64 `json:"doc_count"`
						}
					}
				}
			}
		}
	}
	body := fmt.Sprintf(question, day, begin.AddDate(0, 0, 1).Format(time.DateOnly), zone)
	if err := askJSON(ctx, http.MethodPost, s.index.Addr+"/tweets/_search", body, &answer); err != nil {
		return nil, err
	}
	counts := dayCount{}
	for name, prefix := range map[string]string{"all": "", "organic": "organic "} {
		view, teams := answer.Aggregations.Views.Buckets[name], map[string]int64{}
		for _, b := range view.Teams.Buckets {
			teams[b.Key] = b.Count
		}
		counts.put(prefix, view.Count, teams)
	}
	return counts, nil
}
