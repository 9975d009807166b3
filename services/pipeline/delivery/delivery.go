// Package delivery says what happens to a record that cannot go on: the classes of failure, the dead letter, and how a
// dead letter becomes the record again that was refused. The loops of the stages decide by them; adapters only report.
// It owns no connection: which dead letters go back, and when, is decided by who reads tweets.dlq.
package delivery

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/services/pipeline/topic"
)

// Stages that refuse records, as they stand in the error_stage header.
const (
	StageEnricher  = "enricher"
	StageSinkIndex = "sink-index"
)

// maxDetailBytes bounds the error_detail header, so that a hostile record cannot blow its own dead letter up.
const maxDetailBytes = 1024

// Refusal is the error of a record that will never go through: the same bytes would be refused again. It goes to the
// dead-letter topic; everything else is worth another try.
type Refusal struct {
	Reason string // short name that is counted by, [a-z0-9_]{1,64}, such as invalid_json
	Detail string // a sentence for a person
}

// Error returns reason and detail.
func (r *Refusal) Error() string { return r.Reason + ": " + r.Detail }

// Refuse returns a *Refusal.
func Refuse(reason, format string, args ...any) error {
	return &Refusal{Reason: reason, Detail: fmt.Sprintf(format, args...)}
}

// AsRefusal returns the refusal in err's chain, if there is one.
func AsRefusal(err error) (*Refusal, bool) {
	var r *Refusal
	ok := errors.As(err, &r)
	return r, ok
}

// maxDeadLetterBytes is what a record may have for its dead letter to fit into a batch; brokers count compressed bytes, so
// they may have taken a larger one from somebody else. keptBytes is what is kept of its value then, as of a line that is
// too long.
const (
	maxDeadLetterBytes = topic.MaxRecordBytes - 128<<10
	keptBytes          = 64 << 10
)

// DeadLetter makes the record for tweets.dlq: the origin's key, value and headers, byte for byte, and why and where it
// was refused (schemas/dead-letter.v1.json). Of a record that would not fit only the beginning of the value is kept, with
// the length and the hash of the whole as of a line that is too long (schemas/raw-tweet.v1.json), and none of its headers;
// a key over 64 KiB is left out. A dead letter that no broker takes would stop its partition for good.
func DeadLetter(origin *kgo.Record, stage string, why *Refusal) *kgo.Record {
	key, value, kept := origin.Key, origin.Value, origin.Headers
	if len(key)+len(value)+bytesOf(kept) > maxDeadLetterBytes {
		sum := sha256.Sum256(value)
		kept = []kgo.RecordHeader{
			{Key: topic.HeaderTruncatedLength, Value: strconv.AppendInt(nil, int64(len(value)), 10)},
			{Key: topic.HeaderTruncatedSHA256, Value: hex.AppendEncode(nil, sum[:])},
		}
		value = value[:min(len(value), keptBytes)]
		if len(key) > keptBytes {
			key = nil
		}
	}
	headers := make([]kgo.RecordHeader, 0, len(kept)+6)
	headers = append(headers, kept...)
	add := func(key, value string) {
		headers = append(headers, kgo.RecordHeader{Key: key, Value: []byte(value)})
	}
	add(topic.HeaderErrorStage, stage)
	add(topic.HeaderErrorReason, why.Reason)
	add(topic.HeaderErrorDetail, BoundedDetail(why.Detail))
	add(topic.HeaderOriginTopic, origin.Topic)
	add(topic.HeaderOriginPartition, strconv.Itoa(int(origin.Partition)))
	add(topic.HeaderOriginOffset, strconv.FormatInt(origin.Offset, 10))
	return &kgo.Record{Topic: topic.DeadLetter, Key: key, Value: value, Headers: headers}
}

// BoundedDetail makes a detail valid UTF-8 of at most 1024 bytes, as schemas/dead-letter.v1.json has it; what is cut off shows
// as an ellipsis.
func BoundedDetail(detail string) string {
	detail = strings.ToValidUTF8(detail, "\uFFFD")
	if len(detail) <= maxDetailBytes {
		return detail
	}
	cut := maxDetailBytes - len("…")
	for cut > 0 && !utf8.RuneStart(detail[cut]) {
		cut--
	}
	return detail[:cut] + "…"
}
