package ledger

import (
	"fmt"

	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/services/pipeline/topic"
)

// stageIndex is in error_stage of what the index half has refused (schemas/dead-letter.v1.json).
const stageIndex = "sink-index"

// Years that a dead letter with a document is of: indices are named after its time.
const firstYear, lastYear = 2006, 2099

// takeLetter takes a record of tweets.dlq (schemas/dead-letter.v1.json); isIndexed says that there is an index to ask for its
// document.
func (b *book) takeLetter(r *kgo.Record, isIndexed bool) {
	b.letters.Count++
	origin, told := originOf(r.Headers)
	id := fmt.Sprintf("%s-%d-%d", r.Topic, r.Partition, r.Offset)
	if told {
		id = fmt.Sprintf("%s-%d-%d", origin.Topic, origin.Partition, origin.Offset)
	}
	switch year := r.Timestamp.UTC().Year(); {
	case year < firstYear || year > lastYear:
		b.letters.Odd++
	case isIndexed:
		b.letters.Record(id, placeOf(r), string(r.Key))
	}
	stage, _ := header(r.Headers, topic.HeaderErrorStage)
	switch {
	case isResolution(r):
		b.letters.Resolved++ // what was refused has come back as a record of its own
	case !told:
		b.partition(r.Topic, r.Partition).Unattributed++
	case origin.Topic == topic.Raw:
		b.note(b.Origins.Made(origin.Partition, origin.Offset, placeOf(r), string(r.Key))...)
		b.note(b.copies.Make(origin, letterSays(r))...)
	case origin.Topic == topic.Enriched && string(stage) == stageIndex:
		b.posts.Refuse(origin.Partition, origin.Offset)
		b.posts.Refused++
	}
}

// isResolution says whether a record says that a dead letter was put back: it has no value and ends with redriven_at and
// redrive_of, which no dead letter ends with.
func isResolution(r *kgo.Record) bool {
	n := len(r.Headers)
	return n >= 2 && r.Value == nil && r.Headers[n-2].Key == topic.HeaderRedrivenAt && r.Headers[n-1].Key == topic.HeaderRedriveOf
}
