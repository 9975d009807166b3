//go:build unix

package e2e

import (
	"math/rand/v2"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"catsvdogs/services/pipeline/contest"
	"catsvdogs/services/pipeline/rule"
	"catsvdogs/services/pipeline/tweet"
	"catsvdogs/services/simulator/fault"
	"catsvdogs/services/simulator/wire"
	"catsvdogs/services/simulator/world"
)

// rawCorpus is what the enricher is tried with: its golden files, what its fuzz test has found interesting on this
// machine, lines of the simulator, broken ones among them, and mutants of all of these.
func rawCorpus(t *testing.T, c *contest.Contest) []tweet.Raw {
	t.Helper()
	var corpus []tweet.Raw
	add := func(value []byte, schema string) {
		raw := tweet.Raw{Value: value, Source: tweet.SourceX, Schema: schema, Kind: tweet.KindStream, ObservedAt: enrichedMoment}
		if schema == tweet.SchemaBluesky {
			raw.Source = tweet.SourceBluesky
		}
		corpus = append(corpus, raw)
	}
	for pattern, schema := range map[string]string{"*.line.json": tweet.SchemaX, "*.event.json": tweet.SchemaBluesky} {
		files := glob(t, filepath.Join("../enricher/enrich/testdata", pattern))
		if len(files) == 0 {
			t.Fatalf("no golden files %s", pattern)
		}
		for _, file := range files {
			b, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			add(b, schema)
		}
	}
	for _, value := range foundByFuzzing(t) {
		add(value, tweet.SchemaX)
		add(value, tweet.SchemaBluesky)
	}
	for _, line := range simulated(t, c, 500) {
		add(line, tweet.SchemaX)
	}
	originals := len(corpus)
	m := mutator{rand.New(rand.NewPCG(1, 2))}
	for range mutants {
		from := corpus[m.IntN(originals)]
		add([]byte(m.mutate(string(from.Value))), from.Schema)
	}
	return corpus
}

func glob(t *testing.T, pattern string) []string {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// foundByFuzzing are the values in the corpus of the enricher's fuzz tests: those that are kept with the code, and those
// of make fuzz on this machine. There may be none.
func foundByFuzzing(t *testing.T) (values [][]byte) {
	t.Helper()
	folders := []string{"../enricher/enrich/testdata/fuzz"}
	if cache, err := exec.CommandContext(t.Context(), "go", "env", "GOCACHE").Output(); err == nil {
		folders = append(folders, filepath.Join(strings.TrimSpace(string(cache)), "fuzz/catsvdogs/services/enricher/enrich"))
	}
	for _, folder := range folders {
		for _, file := range glob(t, filepath.Join(folder, "Fuzz*", "*")) { // beside them there are those of packages below
			b, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for line := range strings.Lines(string(b)) {
				quoted, ok := strings.CutPrefix(strings.TrimSpace(line), "[]byte(")
				if value, err := strconv.Unquote(strings.TrimSuffix(quoted, ")")); ok && err == nil {
					values = append(values, []byte(value))
				}
			}
		}
	}
	return values
}

// simulated are lines of the simulator, every tenth broken.
func simulated(t *testing.T, c *contest.Contest, n int) (lines [][]byte) {
	t.Helper()
	var rules []*rule.Rule
	var matching [][]byte
	for i, r := range c.StreamRules() {
		parsed, err := rule.Parse(r.Value)
		if err != nil {
			t.Fatal(err)
		}
		rules, matching = append(rules, parsed), append(matching, wire.Rule(strconv.Itoa(i), r.Tag))
	}
	fields, mistakes := wire.StreamRequest(url.Values{
		"tweet.fields": {"attachments,author_id,created_at,edit_history_tweet_ids,entities,lang,paid_partnership,public_metrics,referenced_tweets"},
		"expansions":   {"attachments.media_keys"}, "media.fields": {"type"},
	})
	if len(mistakes) > 0 {
		t.Fatal(mistakes)
	}
	w, faults := world.New(3, 1000, enrichedMoment.AddDate(0, 0, -1)), fault.New(3, 0.1)
	w.SetRules(rules)
	for len(lines) < n {
		if faults.Strikes() {
			if broken := faults.Append(nil, w.Due()); len(broken) < 64<<10 {
				lines = append(lines, broken)
			}
		}
		if p := w.Next(); p != nil {
			lines = append(lines, wire.AppendPost(nil, p, fields, matching))
		}
	}
	return lines
}
