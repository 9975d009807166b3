package bulk

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"catsvdogs/services/pipeline/tweet"
)

// Outcome says what became of one item, as it stands in metrics.
type Outcome string

// Outcomes. No item that is settled has Later or Blocked.
const (
	Stored       Outcome = "stored"        // the document stands in the index
	Stale        Outcome = "stale"         // a newer version stands there already, which is as good
	FailureStore Outcome = "failure_store" // Elasticsearch put it aside and called it a success
	Refused      Outcome = "refused"       // the same document would be refused again
	Later        Outcome = "later"         // worth another try
	Blocked      Outcome = "blocked"       // worth another try, once somebody has done something about its index
)

// Verdict is what Elasticsearch said of one item.
type Verdict struct {
	Outcome Outcome
	Status  int    // HTTP status of the item
	Kind    string // Elasticsearch's name of the error, such as document_parsing_exception; of a refusal always [a-z0-9_]{1,64}
	Reason  string // its explanation; it may quote the document
}

// readVerdicts reads the answer to a bulk of items. An answer that does not match them item by item is an error: to
// guess would be to commit something that was never stored. added is Options.Adds.
func readVerdicts(answer []byte, items []*Item, added []string) ([]Verdict, error) {
	var bulk struct {
		Items []struct {
			Index *struct {
				ID           string `json:"_id"`
				Status       int    `json:"status"`
				FailureStore string `json:"failure_store"`
				Error        *struct {
					Type   string `json:"type"`
					Reason string `json:"reason"`
					Cause  *struct {
						Reason string `json:"reason"`
					} `json:"caused_by"`
				} `json:"error"`
			} `json:"index"`
		} `json:"items"`
	}
	if err := tweet.DecodeJSON(answer, &bulk); err != nil {
		return nil, fmt.Errorf("read the answer to a bulk: %w", err)
	}
	if len(bulk.Items) != len(items) {
		return nil, fmt.Errorf("the answer to a bulk has %d items, the request had %d", len(bulk.Items), len(items))
	}
	verdicts := make([]Verdict, len(items))
	for i := range bulk.Items {
		got := bulk.Items[i].Index
		if got == nil || got.ID != items[i].ID {
			return nil, fmt.Errorf("item %d of the answer to a bulk is not for document %s", i, items[i].ID)
		}
		v := Verdict{Outcome: judge(got.Status, got.FailureStore), Status: got.Status}
		if got.Error != nil {
			v.Kind, v.Reason = got.Error.Type, got.Error.Type+": "+got.Error.Reason
			if got.Error.Cause != nil {
				v.Reason += ": " + got.Error.Cause.Reason
			}
		}
		if slices.Contains(faultsOfIndex, v.Kind) {
			v.Outcome = Blocked
		}
		if v.Kind == "security_exception" {
			v.Reason += " (check what the user or API key may do; indexing goes on by itself once it may)"
		}
		if v.Outcome == Refused && lacksOurField(v, added) {
			v.Outcome = Blocked
			v.Reason += " (the mapping is older than this sink; run provision)"
		}
		if v.Outcome == Refused && !reasonPattern(v.Kind) {
			v.Kind = "refused_" + strconv.Itoa(got.Status)
		}
		verdicts[i] = v
	}
	return verdicts, nil
}

// faultsOfIndex are errors of an item that are no fault of its document, and of no other index: it is missing, closed,
// closed for writing (as by the disk watermark), has lost its shard, or cannot be opened because the cluster has no shard
// left for it.
var faultsOfIndex = []string{
	"index_not_found_exception", "index_closed_exception", "cluster_block_exception", "unavailable_shards_exception", "validation_exception",
}

// lacksOurField says whether a strict mapping refused a field that we have added: every document would be refused, and
// none of them is at fault.
func lacksOurField(v Verdict, added []string) bool {
	return v.Kind == "strict_dynamic_mapping_exception" && slices.ContainsFunc(added, func(name string) bool {
		return strings.Contains(v.Reason, "dynamic introduction of ["+name+"] within [_doc]")
	})
}

func judge(status int, failureStore string) Outcome {
	switch {
	case status >= 200 && status < 300 && failureStore == "used":
		return FailureStore
	case status >= 200 && status < 300:
		return Stored
	case status == http.StatusConflict:
		return Stale
	case status == http.StatusTooManyRequests, status >= 500, status == http.StatusUnauthorized, status == http.StatusForbidden:
		return Later
	case status >= 400:
		return Refused
	}
	return Later
}

// reasonPattern says whether an error's name fits the error_reason header and a metric's label.
func reasonPattern(s string) bool {
	if s == "" || len(s) > 64 {
		return false
	}
	for _, r := range s {
		if (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '_' {
			return false
		}
	}
	return true
}
