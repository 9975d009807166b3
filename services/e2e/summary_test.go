package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"testing"

	"catsvdogs/services/allinone"
	"catsvdogs/services/pipeline/config"
)

// summary is the demo's last line as a user reads it; it is written down again here, so that a change of the line is
// seen.
type summary struct {
	counts
	LatencyMS map[string]struct{ P50, P99 *float64 } `json:"latency_ms"`
	Total     counts
	Account   *struct {
		Balanced          bool
		Pending, Findings int64
		Summary           string
	}
	Faults map[string]int64
}

type counts struct {
	Emitted, Posts, Raw, Enriched int64
	DeadLettered                  int64 `json:"dead_lettered"`
	Indexed, Deleted              int64
	Refreshed, Gone, Poisoned     int64
	WrittenAgain                  int64 `json:"written_again"`
	ArchivedRaw                   int64 `json:"archived_raw"`
	ArchivedEnriched              int64 `json:"archived_enriched"`
	Teams                         map[string]int64
}

// balanced fails the test when a record was lost, doubled or let in.
func (c counts) balanced(t *testing.T, what string) {
	t.Helper()
	for _, equal := range []struct {
		what string
		a, b int64
	}{
		{"emitted + refreshed + gone + poisoned + written_again = raw", c.Emitted + c.Refreshed + c.Gone + c.Poisoned + c.WrittenAgain, c.Raw},
		{"raw = archived_raw", c.Raw, c.ArchivedRaw},
		{"raw = enriched + dead_lettered", c.Raw, c.Enriched + c.DeadLettered},
		{"enriched = archived_enriched", c.Enriched, c.ArchivedEnriched},
		{"posts = indexed + deleted", c.Posts, c.Indexed + c.Deleted},
	} {
		if equal.a != equal.b {
			t.Errorf("%s: %s does not hold: %+v", what, equal.what, c)
		}
	}
}

// run runs the demo in this process until it ends or ctx does, and returns what it prints.
func run(t *testing.T, ctx context.Context, cfg allinone.Config) summary { //nolint:revive // a test's context comes second
	t.Helper()
	var stdout bytes.Buffer
	malformed, deleted := cfg.Malformed, cfg.Deleted // Defaults takes 0 for not given
	cfg.Stdout, cfg.Stderr = &stdout, t.Output()
	if cfg.HTTP == "" {
		cfg.HTTP = "127.0.0.1:0"
	}
	if cfg.Contest == "" {
		cfg.Contest = "../../contest.yaml"
	}
	if err := config.Defaults(&cfg); err != nil {
		t.Fatal(err)
	}
	cfg.Open, cfg.Malformed, cfg.Deleted = false, malformed, deleted
	cfg.Kafka.KafkaBrokers, cfg.Elasticsearch.ElasticsearchURL, cfg.S3.S3Endpoint = nil, "", ""
	if err := allinone.Run(ctx, cfg); err != nil {
		t.Fatal(err)
	}
	s := parse(t, stdout.Bytes())
	if s.Account == nil || !s.Account.Balanced || s.Account.Pending > 0 {
		t.Errorf("the ledger's account is not balanced: %+v", s.Account)
	}
	return s
}

// parse reads the last line of the demo's output.
func parse(t *testing.T, stdout []byte) summary {
	t.Helper()
	lines := bytes.Split(bytes.TrimSpace(stdout), []byte("\n"))
	var s summary
	d := json.NewDecoder(bytes.NewReader(lines[len(lines)-1]))
	d.DisallowUnknownFields()
	if err := d.Decode(&s); err != nil {
		t.Fatalf("the last line is no summary: %v\n%s", err, stdout)
	}
	return s
}
