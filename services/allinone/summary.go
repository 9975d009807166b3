package allinone

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"time"

	"catsvdogs/services/allinone/rehearsal"
	"catsvdogs/services/ledger/account"
	"catsvdogs/services/pipeline/topic"
)

// summary is the last line that the demo prints: what was counted of this run and, under total, of everything in the
// data folder.
type summary struct {
	counts
	LatencyMS latencies `json:"latency_ms"`
	Total     counts    `json:"total"`

	Account *verdict         `json:"account,omitempty"` // the ledger's, of everything; absent without a ledger
	Faults  map[string]int64 `json:"faults,omitempty"`  // those that were made, and how often something has met them
}

// verdict is what the ledger says in the end.
type verdict struct {
	Balanced bool   `json:"balanced"`
	Pending  int64  `json:"pending"`
	Findings int64  `json:"findings"`
	Summary  string `json:"summary"`
}

// counts holds emitted + refreshed + gone + poisoned + written_again = raw = archived_raw, raw = enriched + dead_lettered, archived_enriched = enriched
// and, where a run does not take posts of an earlier one away, indexed + deleted = posts, each counted in another place. Where faults of the
// source were made, lines are repeated, lost and asked for again. Then the account alone says how that adds up.
type counts struct {
	Emitted          int64            `json:"emitted"`                 // lines that the simulator handed out
	Posts            int64            `json:"posts"`                   // distinct posts among them
	Refreshed        int64            `json:"refreshed"`               // later looks at posts in tweets.raw
	Gone             int64            `json:"gone"`                    // records in tweets.raw that tell of a post that is gone
	Poisoned         int64            `json:"poisoned,omitempty"`      // records that were put into tweets.raw to break something
	WrittenAgain     int64            `json:"written_again,omitempty"` // records in tweets.raw that are there already: their acknowledgement was lost
	Raw              int64            `json:"raw"`                     // records in tweets.raw
	Enriched         int64            `json:"enriched"`                // committed records in tweets.enriched
	DeadLettered     int64            `json:"dead_lettered"`           // committed records in tweets.dlq
	Indexed          int64            `json:"indexed"`                 // documents in the index
	Deleted          int64            `json:"deleted"`                 // stubs of deleted posts in the index
	ArchivedRaw      int64            `json:"archived_raw"`            // lines in the archive of tweets.raw
	ArchivedEnriched int64            `json:"archived_enriched"`       // lines in the archive of tweets.enriched
	Teams            map[string]int64 `json:"teams"`                   // documents in the index by team; one may count for several
}

// latencies are in milliseconds, from the creation of a post; null when there was none.
type latencies struct {
	SourceToEnriched quantiles `json:"source_to_enriched"`
	SourceToLive     quantiles `json:"source_to_live"`
}

type quantiles struct {
	P50 *float64 `json:"p50"`
	P99 *float64 `json:"p99"`
}

func (c *counter) summary(ctx context.Context, t truth) (*summary, error) {
	s := &summary{
		counts: counts{Emitted: t.Emitted, Posts: t.Posts},
		Total:  counts{Emitted: t.TotalEmitted, Posts: t.TotalPosts},
	}
	for name, fields := range map[string][2]*int64{
		topic.Raw:        {&s.Raw, &s.Total.Raw},
		topic.Enriched:   {&s.Enriched, &s.Total.Enriched},
		topic.DeadLetter: {&s.DeadLettered, &s.Total.DeadLettered},
	} {
		*fields[0], *fields[1] = c.topics[name].run.records, c.topics[name].total.records
	}
	raw := c.topics[topic.Raw]
	s.Refreshed, s.Gone = raw.run.refreshes, raw.run.deletions
	s.Total.Refreshed, s.Total.Gone = raw.total.refreshes, raw.total.deletions
	s.WrittenAgain, s.Total.WrittenAgain = raw.run.again, raw.total.again
	s.Poisoned, s.Total.Poisoned = raw.run.poisoned, raw.total.poisoned
	for name, fields := range map[string][2]*int64{
		topic.Raw:      {&s.ArchivedRaw, &s.Total.ArchivedRaw},
		topic.Enriched: {&s.ArchivedEnriched, &s.Total.ArchivedEnriched},
	} {
		counted, err := c.archived(ctx, name)
		if err != nil {
			return nil, err
		}
		*fields[0], *fields[1] = counted.run.records, counted.total.records
	}
	if err := c.refresh(ctx); err != nil {
		return nil, err
	}
	since := func(field string) []any {
		return []any{map[string]any{"range": map[string]any{field: map[string]any{"gte": c.began.UTC().Format(time.RFC3339Nano)}}}}
	}
	for _, part := range []struct {
		counts         *counts
		posts, deleted []any // filters
	}{{&s.counts, since("@timestamp"), since(deletedAt)}, {&s.Total, nil, nil}} {
		if err := c.countDocuments(ctx, part.counts, part.posts, part.deleted); err != nil {
			return nil, err
		}
	}
	var err error
	if s.LatencyMS.SourceToEnriched, err = c.latency("catsvdogs_enricher_source_to_enriched_seconds"); err != nil {
		return nil, err
	}
	s.LatencyMS.SourceToLive, err = c.latency("catsvdogs_live_source_to_live_seconds")
	return s, err
}

func (c *counter) countDocuments(ctx context.Context, into *counts, filters, deleted []any) (err error) {
	if into.Indexed, err = c.documents(ctx, filters...); err != nil {
		return err
	}
	if into.Deleted, err = c.stubs(ctx, deleted...); err != nil {
		return err
	}
	into.Teams = map[string]int64{}
	for _, team := range c.teams {
		of := map[string]any{"term": map[string]any{"teams": team}}
		if into.Teams[team], err = c.documents(ctx, append([]any{of}, filters...)...); err != nil {
			return err
		}
	}
	return nil
}

func (c *counter) latency(histogram string) (quantiles, error) {
	seconds, err := c.process.Quantiles(histogram, 0.5, 0.99)
	if err != nil {
		return quantiles{}, err
	}
	ms := func(s float64) *float64 {
		if math.IsNaN(s) {
			return nil
		}
		rounded := math.Round(s*1e4) / 10
		return &rounded
	}
	return quantiles{P50: ms(seconds[0]), P99: ms(seconds[1])}, nil
}

func (s *summary) write(w io.Writer) error {
	line, err := json.Marshal(s)
	if err == nil {
		_, err = fmt.Fprintf(w, "%s\n", line)
	}
	if err != nil {
		return fmt.Errorf("print the summary: %w", err)
	}
	return nil
}

// tell adds what the ledger says, and which faults were made.
func (s *summary) tell(final *account.Account, faults []rehearsal.State) {
	if final != nil {
		s.Account = &verdict{Balanced: final.Balanced, Pending: final.Pending, Findings: final.FindingsAll, Summary: final.Summary}
	}
	for _, f := range faults {
		if f.Began == 0 {
			continue
		}
		if s.Faults == nil {
			s.Faults = map[string]int64{}
		}
		s.Faults[f.Name] = f.Hits
	}
}
