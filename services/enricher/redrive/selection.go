package redrive

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/services/pipeline/delivery"
	"catsvdogs/services/pipeline/topic"
)

// selection says which dead letters a person asks for. The zero value asks for every one that a fix may heal.
type selection struct {
	reasons, stages []string  // none for any
	from, to        time.Time // of the dead letter itself; to is excluded, zero has no end
}

func (s *selection) holds(stage, reason string, at time.Time) bool {
	if len(s.reasons) == 0 && isUnhealable(reason) || len(s.reasons) > 0 && !slices.Contains(s.reasons, reason) {
		return false
	}
	if len(s.stages) > 0 && !slices.Contains(s.stages, stage) {
		return false
	}
	return !at.Before(s.from) && (s.to.IsZero() || at.Before(s.to))
}

// verdict is what becomes of a dead letter. Each has exactly one.
type verdict int

const (
	notSelected verdict = iota
	already             // has a resolution
	quarantined         // was put back too often
	unusable            // cannot become what it was
	goesBack
)

// Why a dead letter cannot go back, as it is counted.
const (
	noDeadLetter   = "not a dead letter"
	foreignOrigin  = "foreign origin"
	invalidOrigin  = "invalid origin"
	noKey          = "no key for a compacted topic"
	recordTooLarge = "too large"
)

// judge decides about a record of tweets.dlq that is no resolution. reason is the dead letter's, "" when it is none; why
// is only of what is unusable.
func (r *run) judge(letter *kgo.Record) (v verdict, reason, why string) {
	stage, reason, err := delivery.Why(letter)
	switch {
	case !r.selection.holds(stage, reason, letter.Timestamp):
		return notSelected, reason, ""
	case err != nil:
		return unusable, reason, noDeadLetter
	case r.resolved.has(letter.Partition, letter.Offset):
		return already, reason, ""
	}
	origin, err := delivery.Origin(letter)
	switch {
	case errors.Is(err, delivery.ErrForeignOrigin):
		return unusable, reason, foreignOrigin
	case err != nil:
		return unusable, reason, invalidOrigin
	case origin.Topic == topic.Enriched && letter.Key == nil:
		// A compacted topic takes none without a key (INVALID_RECORD), and with it the whole transaction would fail.
		return unusable, reason, noKey
	case size(letter) > topic.MaxRecordBytes-sizeMargin:
		return unusable, reason, recordTooLarge
	case delivery.Attempt(letter) >= r.cfg.MaxAttempts:
		return quarantined, reason, ""
	}
	return goesBack, reason, ""
}

// sizeMargin is more than the framing of a batch and of the headers that are added. What the enricher or sink has written
// fits: a dead letter has more headers than what it becomes.
const sizeMargin = 1 << 10

// recordName tells a person which record is meant.
func recordName(r *kgo.Record) string {
	return fmt.Sprintf("%s/%d/%d", topic.DeadLetter, r.Partition, r.Offset)
}

func size(r *kgo.Record) int {
	n := len(r.Key) + len(r.Value)
	for _, h := range r.Headers {
		n += len(h.Key) + len(h.Value) + headerFraming
	}
	return n
}

// headerFraming is the most that the lengths of a header take (two varints).
const headerFraming = 10
