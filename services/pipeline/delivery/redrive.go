package delivery

import (
	"slices"
	"strconv"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/services/pipeline/topic"
)

// maxAttempt bounds redrive_attempt, which has at most 6 digits (schemas/dead-letter.v1.json).
const maxAttempt = 999_999

// maxResolutionBytes bounds the headers that a resolution takes over. Those of a refused record may fill a whole batch,
// and a resolution that no broker takes would keep every other dead letter from being put back, too.
const maxResolutionBytes = 64 << 10

// Attempt returns how often the record that letter is of had been put back before it was refused again: 0 to 999,999.
// It is what Redriven has put last among the refused record's headers; anything else there counts as 0.
//
// The count is that of one record. A post that was put back into tweets.raw and is then refused on its way out of
// tweets.enriched is another record, which has never been put back.
func Attempt(letter *kgo.Record) int {
	origin, _, err := split(letter.Headers)
	if err != nil {
		return 0
	}
	n, _ := attempt(origin)
	return n
}

// attempt reads the two headers of Redriven from the end of a record's; rest is what stands before them.
func attempt(headers []kgo.RecordHeader) (n int, rest []kgo.RecordHeader) {
	last := len(headers) - 2
	if last < 0 || headers[last].Key != topic.HeaderRedriveAttempt || headers[last+1].Key != topic.HeaderRedriveOf {
		return 0, headers
	}
	n, err := strconv.Atoi(string(headers[last].Value))
	if err != nil || n < 1 || n > maxAttempt || strconv.Itoa(n) != string(headers[last].Value) {
		return 0, headers
	}
	return n, headers[:last]
}

// Redriven returns the record that puts letter, a record of tweets.dlq that has its partition and offset, back: the refused
// record as Restore gives it, and behind its headers redrive_attempt, which is one more than Attempt, and redrive_of, the
// place of letter. Those of an earlier attempt are replaced. The errors are those of Origin.
func Redriven(letter *kgo.Record) (*kgo.Record, error) {
	r, err := Restore(letter)
	if err != nil {
		return nil, err
	}
	n, headers := attempt(r.Headers)
	headers = append(headers,
		kgo.RecordHeader{Key: topic.HeaderRedriveAttempt, Value: strconv.AppendInt(nil, int64(min(n+1, maxAttempt)), 10)},
		kgo.RecordHeader{Key: topic.HeaderRedriveOf, Value: []byte(placeOf(letter).String())})
	r.Headers = headers
	return r, nil
}

// Resolution returns the record that says, in the partition of letter and with its key, that letter has been put back: its
// headers and behind them redriven_at and redrive_of. It has no value, and the time of letter, so that whoever files by time
// finds both in one place; in the log it stands behind letter, so retention never takes it first. Of headers that are over
// 64 KiB only the dead letter's own are taken over. letter is a dead letter that has its partition and offset.
func Resolution(letter *kgo.Record, at time.Time) *kgo.Record {
	headers := letter.Headers
	if _, own, err := split(headers); err == nil && bytesOf(headers) > maxResolutionBytes {
		headers = own
	}
	headers = append(slices.Clone(headers),
		kgo.RecordHeader{Key: topic.HeaderRedrivenAt, Value: []byte(at.UTC().Format(time.RFC3339Nano))},
		kgo.RecordHeader{Key: topic.HeaderRedriveOf, Value: []byte(placeOf(letter).String())})
	return &kgo.Record{Topic: topic.DeadLetter, Partition: letter.Partition, Key: letter.Key, Headers: headers, Timestamp: letter.Timestamp}
}

// Resolved returns the place of the dead letter that has been put back when r, a record of tweets.dlq, is a resolution of
// one before it in its partition. A dead letter never passes for a resolution, whatever its origin's headers are, because
// it ends with other headers.
func Resolved(r *kgo.Record) (Place, bool) {
	last := len(r.Headers) - 2
	if last < 0 || r.Value != nil || r.Headers[last].Key != topic.HeaderRedrivenAt || r.Headers[last+1].Key != topic.HeaderRedriveOf {
		return Place{}, false
	}
	p, err := ParsePlace(string(r.Headers[last+1].Value))
	if err != nil || p.Topic != topic.DeadLetter || p.Partition != r.Partition || p.Offset >= r.Offset {
		return Place{}, false
	}
	return p, true
}

func placeOf(r *kgo.Record) Place {
	return Place{Topic: topic.DeadLetter, Partition: r.Partition, Offset: r.Offset}
}

// headerFraming is the most that a header takes beside its key and value: two lengths, as varints of 32 bits. Of headers
// without either a record can have millions.
const headerFraming = 10

func bytesOf(headers []kgo.RecordHeader) int {
	n := headerFraming * len(headers)
	for _, h := range headers {
		n += len(h.Key) + len(h.Value)
	}
	return n
}
