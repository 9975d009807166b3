package deadletters

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/services/pipeline/delivery"
	"catsvdogs/services/pipeline/topic"
	"catsvdogs/services/sink/bulk"
)

const (
	indexPrefix = "dead-letters-" // starts every index of dead letters; the index template matches on it
	indexAlias  = "dead-letters"  // reads all of them, and names the template
)

// document is one dead letter as schemas/index/dead-letters-mapping.json maps it: its headers, and how many bytes were
// refused. A header that is missing or cannot be read has no field, because a foreign record in the topic must neither
// stop the others nor pretend.
type document struct {
	Timestamp       time.Time  `json:"@timestamp"` // when it was refused
	ObservedAt      *time.Time `json:"observed_at,omitempty"`
	Source          string     `json:"source,omitempty"`
	ErrorStage      string     `json:"error_stage,omitempty"`
	ErrorReason     string     `json:"error_reason,omitempty"`
	ErrorDetail     string     `json:"error_detail,omitempty"`
	OriginTopic     string     `json:"origin_topic,omitempty"`
	OriginPartition *int32     `json:"origin_partition,omitempty"`
	OriginOffset    *int64     `json:"origin_offset,omitempty"`
	SizeBytes       *int       `json:"size_bytes,omitempty"`

	// Of one that was put back (delivery.Resolution): when, how often its record had been before, and where it stood.
	RedrivenAt     *time.Time `json:"redriven_at,omitempty"`
	RedriveAttempt *int       `json:"redrive_attempt,omitempty"`
	RedriveOf      string     `json:"redrive_of,omitempty"`
}

// Years that a dead letter may be of. Indices are named after its time, so one from any year would open indices without
// end.
const firstYear, lastYear = 2006, 2099

// newItem makes an item of a record of tweets.dlq. An error says why the record cannot have a document.
func newItem(r *kgo.Record) (*bulk.Item, error) {
	at := r.Timestamp.UTC().Truncate(time.Millisecond)
	if at.Year() < firstYear || at.Year() > lastYear {
		return nil, fmt.Errorf("%s is not a time of this product", at.Format(time.RFC3339))
	}
	d := document{Timestamp: at}
	for _, h := range r.Headers { // of two with one name the later one is the dead letter's, the other its origin's
		d.set(h.Key, string(h.Value))
	}
	if _, resolution := delivery.Resolved(r); !resolution {
		d.SizeBytes, d.RedrivenAt = new(len(r.Value)), nil // a refused record may claim what it likes
	} // a resolution has the headers of its dead letter, and takes its document's place; what was refused it does not have
	line, err := json.Marshal(d)
	if err != nil {
		return nil, fmt.Errorf("encode: %w", err)
	}
	return &bulk.Item{Index: indexPrefix + at.Format("2006.01"), ID: d.id(r), Document: bulk.Line(line)}, nil
}

// id is the place of what was refused, so that the same refusal is one document however often it is written; the dead
// letter's own place when it does not tell.
func (d *document) id(r *kgo.Record) string {
	if d.OriginTopic == "" || d.OriginPartition == nil || d.OriginOffset == nil {
		return place(topic.DeadLetter, r.Partition, r.Offset)
	}
	return place(d.OriginTopic, *d.OriginPartition, *d.OriginOffset)
}

func place(topicName string, partition int32, offset int64) string {
	return fmt.Sprintf("%s-%d-%d", topicName, partition, offset)
}

// maxNameBytes bounds a header that is a name.
const maxNameBytes = 256

// topicName is what Kafka allows.
var topicName = regexp.MustCompile(`^[a-zA-Z0-9._-]{1,249}$`)

func (d *document) set(header, value string) {
	switch header {
	case topic.HeaderObservedAt:
		d.ObservedAt = moment(value)
	case topic.HeaderSource:
		d.Source = name(value)
	case topic.HeaderErrorStage:
		d.ErrorStage = name(value)
	case topic.HeaderErrorReason:
		d.ErrorReason = name(value)
	case topic.HeaderErrorDetail:
		d.ErrorDetail = detail(value)
	case topic.HeaderOriginTopic:
		d.OriginTopic = ""
		if topicName.MatchString(value) {
			d.OriginTopic = value
		}
	case topic.HeaderOriginPartition:
		d.OriginPartition = nil
		if n, err := strconv.ParseInt(value, 10, 32); err == nil && n >= 0 {
			d.OriginPartition = new(int32(n))
		}
	case topic.HeaderRedrivenAt:
		d.RedrivenAt = moment(value)
	case topic.HeaderRedriveAttempt:
		d.RedriveAttempt = nil
		if n, err := strconv.ParseUint(value, 10, 31); err == nil {
			d.RedriveAttempt = new(int(n))
		}
	case topic.HeaderRedriveOf:
		d.RedriveOf = name(value)
	case topic.HeaderOriginOffset:
		d.OriginOffset = nil
		if n, err := strconv.ParseInt(value, 10, 64); err == nil && n >= 0 {
			d.OriginOffset = &n
		}
	}
}

// moment returns the time that value says, if it is one of this product's years; otherwise nil.
func moment(value string) *time.Time {
	t, err := time.Parse(time.RFC3339Nano, value)
	if err != nil || t.Year() < firstYear || t.Year() > lastYear {
		return nil
	}
	return new(t.UTC().Truncate(time.Millisecond))
}

// name returns value if it can be one, otherwise "".
func name(value string) string {
	if len(value) > maxNameBytes || !utf8.ValidString(value) {
		return ""
	}
	return value
}

// detail returns an explanation as a dead letter has it, without what Elasticsearch quotes of a refused document.
func detail(value string) string { return delivery.BoundedDetail(withoutQuote(value)) }

// quotes begin what Elasticsearch 8.19 repeats of a document that it could not parse: a field's value, the JSON around a
// syntax error, the start of a term that is too long.
var quotes = []string{"Preview of field's value", "at [Source:", "The prefix of the first immense term"}

// withoutQuote cuts an explanation of Elasticsearch before what it repeats of the document: that may be text of a post.
func withoutQuote(reason string) string {
	for _, quote := range quotes {
		reason, _, _ = strings.Cut(reason, quote)
	}
	return strings.TrimSpace(reason)
}
