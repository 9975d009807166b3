package ledger

import (
	"encoding/hex"
	"encoding/json"

	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/services/ledger/account"
	"catsvdogs/services/pipeline/topic"
)

// takeRaw takes a record of tweets.raw (schemas/raw-tweet.v1.json).
func (b *book) takeRaw(r *kgo.Record, hasTruth bool) {
	b.Origins.Record(r.Partition, r.Offset, string(r.Key), r.Timestamp)
	b.note(b.copies.Record(placeOf(r), string(r.Key), b.contest.lineSays(r))...)
	if hasTruth {
		if a, ok := arrivalOf(r); ok {
			b.handed.Arrive(a)
		}
	}
}

// sourceSimulator is the source of what the simulator has handed over.
const sourceSimulator = "simulator"

// arrivalOf says what a record claims to have come from the simulator; false for records of other sources.
func arrivalOf(r *kgo.Record) (account.Arrival, bool) {
	if source, _ := header(r.Headers, topic.HeaderSource); string(source) != sourceSimulator {
		return account.Arrival{}, false
	}
	kind, _ := header(r.Headers, topic.HeaderKind)
	a := account.Arrival{
		Place: account.Place{Topic: r.Topic, Partition: r.Partition, Offset: r.Offset}, Digest: digest(r.Value),
		Key: string(r.Key), Kind: string(kind), Observed: observedOf(r),
	}
	if whole, ok := header(r.Headers, topic.HeaderTruncatedSHA256); ok { // the value is the line's first part
		if sum, err := hex.DecodeString(string(whole)); err == nil && len(sum) == 32 {
			a.Digest = account.Digest(sum[:16])
		}
	}
	var line struct {
		Data struct {
			ID string `json:"id"`
		} `json:"data"`
	}
	if json.Unmarshal(r.Value, &line) == nil {
		a.ID = line.Data.ID
	} else if a.IsBroken = true; len(r.Key) == 0 {
		a.Within = idWithin(r.Value)
	}
	return a, true
}
