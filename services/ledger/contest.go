package ledger

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"os"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
)

// contest is what of a contest file decides what a document says (schemas/contest.v1.json). A nil one decides nothing.
type contest struct {
	team    map[string]string // by the tag of a rule
	weights map[string]float64
}

// maxContestBytes bounds the file; the largest sensible one has a few kilobytes.
const maxContestBytes = 1 << 20

var errContest = errors.New("no contest")

// readContest reads a contest file that the services have taken; "" is none.
func readContest(path string) (*contest, error) {
	if path == "" {
		return nil, nil
	}
	text, err := os.ReadFile(path)
	if err == nil && len(text) > maxContestBytes {
		err = fmt.Errorf("%w: it is over %d bytes", errContest, maxContestBytes)
	}
	var file struct {
		Teams []struct {
			ID   string `yaml:"id"`
			Name string `yaml:"name"`
		} `yaml:"teams"`
		Rules []struct {
			Tag string `yaml:"tag"`
		} `yaml:"rules"`
		Popularity map[string]float64 `yaml:"popularity"`
	}
	if err == nil {
		err = yaml.Unmarshal(text, &file)
	}
	if err == nil && (len(file.Teams) == 0 || len(file.Rules) == 0) {
		err = fmt.Errorf("%w: it has no teams or no rules", errContest)
	}
	if err != nil {
		return nil, fmt.Errorf("read --contest=%s: %w", path, err)
	}
	c := &contest{team: map[string]string{}, weights: map[string]float64{"retweets": 1, "replies": 1, "likes": 0.5, "quotes": 1, "bookmarks": 0.5}}
	for _, rule := range file.Rules {
		for _, team := range file.Teams {
			c.team[strings.ReplaceAll(rule.Tag, "{team}", strings.ToLower(team.Name))] = team.ID
		}
	}
	for name, weight := range file.Popularity {
		c.weights[name] = weight
	}
	return c, nil
}

// popularity is ln(1 + E) to four decimals (schemas/enriched-tweet.v1.json).
func (c *contest) popularity(counts map[string]int64) float64 {
	sum := 0.0
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		sum += c.weights[name] * float64(counts[name])
	}
	return math.Round(math.Log1p(sum)*1e4) / 1e4
}
