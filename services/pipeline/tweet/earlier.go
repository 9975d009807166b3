package tweet

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// headerEarlier holds what earlier looks at the post told, as an Earlier in JSON; headerCounts the counts of a post whose
// source does not put them into it, as Metrics in JSON. Both are on records of KindRefresh only.
const (
	headerEarlier = "earlier"
	headerCounts  = "counts"
)

// Earlier is what the looks before this one told of a post and what the enricher, which is stateless, has to be told again.
type Earlier struct {
	ArrivedAt    time.Time `json:"arrived_at"`              // of the first look: @timestamp of the document
	ArrivalMS    int64     `json:"arrival_ms"`              // of the first look, as the document's pipeline has it
	ObservedAt   time.Time `json:"observed_at"`             // of the last one
	Observations int       `json:"observations"`            // 1 or more, the last one included
	Metrics      Metrics   `json:"metrics"`                 // of the last one
	Repeated     bool      `json:"repeated_text,omitempty"` // one of them took the text for a repeated one
}

var errEarlier = errors.New("there is no such look")

// parseEarlier reads a header. It refuses what no look can have told: a document would be wrong for good.
func parseEarlier(header []byte) (*Earlier, error) {
	e := new(Earlier)
	if err := json.Unmarshal(header, e); err != nil {
		return nil, err
	}
	if e.ArrivedAt.IsZero() || e.ObservedAt.IsZero() || e.Observations < 1 {
		return nil, fmt.Errorf("%w: arrived_at, observed_at and observations must be there", errEarlier)
	}
	if !Observable(e.ArrivedAt).Equal(e.ArrivedAt) || !Observable(e.ObservedAt).Equal(e.ObservedAt) {
		return nil, fmt.Errorf("%w: %w", errEarlier, errUnobservable)
	}
	return e, nil
}
