package xstream

import (
	"encoding/json"
	"time"

	"catsvdogs/services/pipeline/xapi"
)

// Reason says why a gap could not be filled. It is also the label in metrics.
type Reason string

// The reasons.
const (
	TooOld        Reason = "too_old"        // recent search goes back seven days
	NotSearchable Reason = "not_searchable" // the rule is too long for a query, or has an operator that search lacks
	Refused       Reason = "refused"        // X does not take the search
	NoBudget      Reason = "no_budget"      // reading had ended, or would have to, to stay within the budget
	GaveUp        Reason = "gave_up"        // the search has failed for too long, or never ends
	UnknownPast   Reason = "unknown_past"   // nothing tells where the stream was left
)

// GapEvent is the value of a record of tweet.KindGap: posts of this rule that were created in this time may be missing.
type GapEvent struct {
	From    time.Time `json:"from"`
	To      time.Time `json:"to"`
	SinceID string    `json:"since_id"` // ids of missing posts are larger
	UntilID string    `json:"until_id"` // and smaller than this
	Rule    string    `json:"rule"`     // value of the rule; "" for all
	Reason  Reason    `json:"reason"`
	Detail  string    `json:"detail,omitempty"` // for people
}

// newGapEvent describes what is left of a span.
func newGapEvent(s span, rule string, why Reason, detail string) GapEvent {
	return GapEvent{
		From: s.since.UTC(), To: s.until.UTC(), SinceID: s.sinceID(), UntilID: s.untilID(),
		Rule: rule, Reason: why, Detail: xapi.Printable(detail),
	}
}

// encode returns the event as one line of JSON.
func (e GapEvent) encode() []byte {
	b, err := json.Marshal(e)
	if err != nil {
		// Only a year of five digits cannot be encoded, and times here are those of ids and of the clock.
		return []byte(`{"reason":"` + e.Reason + `"}`)
	}
	return b
}
