package account

import (
	"fmt"
	"strings"
	"time"
)

// Account is what the ledger states: the whole of it is what GET /account answers.
type Account struct {
	At    time.Time `json:"at"`
	Round int64     `json:"round"`
	Took  float64   `json:"took_seconds"`
	// Parts is what of Took which part of the round has taken: progress, truth, topics, archive, archive_again, index.
	Parts map[string]float64 `json:"took_by_part_seconds,omitempty"`

	// Balanced says that nothing is wrong. Settled says that nothing is pending either.
	Balanced bool   `json:"balanced"`
	Settled  bool   `json:"settled"`
	Pending  int64  `json:"pending"`
	Summary  string `json:"summary"` // a sentence

	Handed      *HandedSum     `json:"handed,omitempty"` // only where the truth is given
	Raw         TopicSum       `json:"raw"`
	Enriched    TopicSum       `json:"enriched"`
	DeadLetters TopicSum       `json:"dead_letters"`
	Posts       PostsSum       `json:"posts"`
	Again       AgainSum       `json:"judged_again"`
	Partitions  []Partition    `json:"partitions"`
	FindingsAll int64          `json:"findings_total"`
	Counts      map[Kind]int64 `json:"findings_by_kind"`
	Findings    []Finding      `json:"findings"` // the first of them
	Notes       []string       `json:"notes,omitempty"`
}

// HandedSum is what the source handed over.
type HandedSum struct {
	Lines        int64 `json:"lines"`
	Arrived      int64 `json:"arrived"` // simulated records in tweets.raw
	Cut          int64 `json:"cut"`     // lines that need not have been read
	Pending      int64 `json:"pending"`
	Lost         int64 `json:"lost"`
	Invented     int64 `json:"invented"`
	Pieces       int64 `json:"pieces,omitempty"`       // records that are a beginning of a line, by the ends of connections
	Unattributed int64 `json:"unattributed,omitempty"` // such records where no connection ended
	Unmatchable  int64 `json:"unmatchable,omitempty"`  // lines with neither id nor digest, or too many to remember
}

// TopicSum adds the partitions of a topic up. Of tweets.dlq, Pending are those that have no document yet.
type TopicSum struct {
	Records  int64 `json:"records"`
	Archived int64 `json:"archived"`
	Pending  int64 `json:"pending"`
	Findings int64 `json:"findings"`
}

// PostsSum is what the index has of the posts.
type PostsSum struct {
	Looks      int64 `json:"looks"`      // that were read
	Remembered int64 `json:"remembered"` // posts
	Judged     int64 `json:"judged"`     // that were held against the index, as often as they were
	Pending    int64 `json:"pending"`    // that the index half has not come to
	Refused    int64 `json:"refused"`    // looks that the index has refused
	Findings   int64 `json:"findings"`
}

// AgainSum is what a watch has judged before and has judged again since it began.
type AgainSum struct {
	Posts   int64 `json:"posts"`
	Objects int64 `json:"objects"` // of the archive
}

// Partition is what was found of a partition: offsets From to To, To excluded.
type Partition struct {
	Topic     string `json:"topic"`
	Partition int32  `json:"partition"`
	From      int64  `json:"from_offset"`
	To        int64  `json:"to_offset"`
	Dropped   int64  `json:"dropped"` // offsets before From that Kafka no longer has
	Records   int64  `json:"records"`

	Pending      int64 `json:"pending"`      // that somebody has not come to yet
	Compacted    int64 `json:"compacted"`    // of tweets.raw: those of which compaction has taken away what was made
	Unattributed int64 `json:"unattributed"` // that do not say what they were made of
	Archive      Sum   `json:"archive"`
	ArchivedTo   int64 `json:"archived_to"` // where the archive is judged to; -1 for tweets.dlq
	Behind       int64 `json:"behind"`      // offsets that the archive has not come to yet

	Gaps    int64 `json:"gaps"`
	Doubles int64 `json:"doubles"`
	Others  int64 `json:"other_findings"`

	// Digest is the start of a chain over what was read: audits that have read the same records have the same.
	Digest string `json:"digest,omitempty"`
}

// Count takes findings of the partition.
func (p *Partition) Count(k Kind, n int64) {
	switch k {
	case Gap, EnrichGap, IndexMissing, LetterMissing:
		p.Gaps += n
	case Double, EnrichDouble, IndexDouble, LetterDouble:
		p.Doubles += n
	default:
		p.Others += n
	}
}

// Close adds everything up and says it in a sentence.
func (a *Account) Close() {
	a.Pending = a.DeadLetters.Pending
	for _, p := range a.Partitions {
		sum := &a.Raw
		switch p.Topic {
		case "tweets.enriched":
			sum = &a.Enriched
		case "tweets.dlq":
			sum = &a.DeadLetters
		}
		sum.Records += p.Records
		sum.Archived += p.Archive.Records
		sum.Pending += p.Pending + p.Behind
		sum.Findings += p.Gaps + p.Doubles + p.Others
		a.Pending += p.Pending + p.Behind
	}
	a.Pending += a.Posts.Pending
	if a.Handed != nil {
		a.Pending += a.Handed.Pending
	}
	a.Balanced, a.Settled = a.FindingsAll == 0, a.Pending == 0
	a.Retell()
}

// Retell says it in a sentence again, after something was changed.
func (a *Account) Retell() { a.Summary = a.sentence() }

func (a *Account) sentence() string {
	var said []string
	if a.Handed != nil {
		said = append(said, fmt.Sprintf("handed over %d", a.Handed.Lines))
	}
	said = append(said,
		fmt.Sprintf("raw %d", a.Raw.Records), fmt.Sprintf("enriched %d", a.Enriched.Records), fmt.Sprintf("dead letters %d", a.DeadLetters.Records),
		fmt.Sprintf("posts %d", a.Posts.Remembered), fmt.Sprintf("archived %d", a.Raw.Archived+a.Enriched.Archived))
	verdict := "balanced"
	switch {
	case !a.Balanced:
		verdict = fmt.Sprintf("%d findings", a.FindingsAll)
	case !a.Settled:
		verdict = fmt.Sprintf("balanced, %d in flight", a.Pending)
	}
	return strings.Join(said, " · ") + " — " + verdict
}
