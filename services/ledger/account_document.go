package ledger

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"catsvdogs/services/ledger/account"
)

// How often the accounts of a watch are kept: one that has found something else than the one kept before at once, one of
// which only the numbers differ after keepChangedAfter, one that is the same after keepAfter. A watch of every two seconds
// would fill the index with nothing, and a dashboard must be able to tell a ledger that finds nothing new from none. They
// are less than ten seconds and a minute because a round begins a little early or late, and the next comes --every later.
const (
	keepChangedAfter = 9 * time.Second
	keepAfter        = 55 * time.Second
)

// Values of a document's record.
const (
	recordAccount = "account"
	recordFinding = "finding"
)

// accountDocument is what is kept of an account (schemas/ledger-account.v1.json).
type accountDocument struct {
	Timestamp string  `json:"@timestamp"`
	Record    string  `json:"record"`
	Round     int64   `json:"round"`
	Took      float64 `json:"took_seconds"`
	Balanced  bool    `json:"balanced"`
	Settled   bool    `json:"settled"`
	Summary   string  `json:"summary"`
	tally
}

// tally is the numbers of an account.
type tally struct {
	Findings         int64      `json:"findings"`
	Pending          int64      `json:"pending"`
	Handed           handedOver `json:"handed,omitzero"`
	Raw              int64      `json:"raw"`
	Enriched         int64      `json:"enriched"`
	DeadLetters      int64      `json:"dead_letters"`
	Indexed          int64      `json:"indexed"`
	ArchivedRaw      int64      `json:"archived_raw"`
	ArchivedEnriched int64      `json:"archived_enriched"`
}

// handedOver is a number of lines, where the source tells one. The zero value is none; a told 0 is another value.
type handedOver struct {
	isTold bool
	lines  int64
}

// MarshalJSON writes the number; omitzero leaves out the one that was not told.
func (h handedOver) MarshalJSON() ([]byte, error) { return json.Marshal(h.lines) }

// findingDocument is how many findings of a kind an account has.
type findingDocument struct {
	Timestamp string       `json:"@timestamp"`
	Record    string       `json:"record"`
	Kind      account.Kind `json:"kind"`
	Findings  int64        `json:"findings"`
}

// maxSummaryBytes bounds the sentence; it is made of numbers, and no account comes near.
const maxSummaryBytes = 1024

func tallyOf(a *account.Account) tally {
	n := tally{
		Findings: a.FindingsAll, Pending: a.Pending, Raw: a.Raw.Records, Enriched: a.Enriched.Records, DeadLetters: a.DeadLetters.Records,
		Indexed:     max(0, a.Posts.Looks-a.Posts.Refused-a.Posts.Pending-a.Posts.Findings),
		ArchivedRaw: a.Raw.Archived, ArchivedEnriched: a.Enriched.Archived,
	}
	if a.Handed != nil {
		n.Handed = handedOver{isTold: true, lines: a.Handed.Lines}
	}
	return n
}

// keptDocument is a document with its place.
type keptDocument struct {
	index, id string
	source    []byte // a line of JSON, without its end
}

// documentsOf is what is kept of an account. Place and id follow from when it was begun, so that the same account kept
// again changes nothing.
func documentsOf(a *account.Account) ([]keptDocument, error) {
	at := a.At.UTC().Truncate(time.Millisecond)
	stamp := at.Format("2006-01-02T15:04:05.000Z")
	summary := a.Summary
	if len(summary) > maxSummaryBytes {
		summary = fmt.Sprintf("%d findings, %d in flight", a.FindingsAll, a.Pending)
	}
	var kept []keptDocument
	add := func(id string, document any) error {
		source, err := json.Marshal(document)
		if err != nil {
			return fmt.Errorf("encode an account: %w", err)
		}
		kept = append(kept, keptDocument{index: accountAlias + "-" + at.Format("2006.01"), id: id, source: source})
		return nil
	}
	err := add(stamp, accountDocument{
		Timestamp: stamp, Record: recordAccount, Round: a.Round, Took: a.Took,
		Balanced: a.Balanced, Settled: a.Settled, Summary: summary, tally: tallyOf(a),
	})
	if err != nil {
		return nil, err
	}
	for _, kind := range slices.Sorted(maps.Keys(a.Counts)) {
		if a.Counts[kind] < 1 {
			continue
		}
		err := add(stamp+"-"+string(kind), findingDocument{Timestamp: stamp, Record: recordFinding, Kind: kind, Findings: a.Counts[kind]})
		if err != nil {
			return nil, err
		}
	}
	return kept, nil
}

// isDue says whether an account is to be kept, after the one that was kept before; nil is none.
func isDue(drawn, before *account.Account) bool {
	if before == nil || !maps.Equal(drawn.Counts, before.Counts) {
		return true
	}
	since := drawn.At.Sub(before.At)
	return since >= keepAfter || since >= keepChangedAfter && tallyOf(drawn) != tallyOf(before)
}
