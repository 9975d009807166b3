package delivery

import (
	"errors"
	"fmt"
	"slices"

	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/services/pipeline/topic"
)

// Errors about a record of tweets.dlq that cannot become what it was.
var (
	// ErrNoDeadLetter says that the record does not end with the headers of a dead letter, each of them, in their order.
	ErrNoDeadLetter = errors.New("not a dead letter")
	// ErrForeignOrigin says that the record claims to come from a topic whose records nobody here refuses.
	ErrForeignOrigin = errors.New("the origin is not a topic of posts")
	// ErrInvalidOrigin says that origin_partition or origin_offset is no such number.
	ErrInvalidOrigin = errors.New("the origin is no place in Kafka")
)

// written are the headers that DeadLetter puts behind the origin's, in its order. Only the last of them are the dead
// letter's: the refused record may have had headers of the same names, and those are part of what is to be restored.
var written = [...]string{
	topic.HeaderErrorStage, topic.HeaderErrorReason, topic.HeaderErrorDetail,
	topic.HeaderOriginTopic, topic.HeaderOriginPartition, topic.HeaderOriginOffset,
}

// split returns the headers of the refused record, and those that DeadLetter has put behind them.
func split(headers []kgo.RecordHeader) (origin, own []kgo.RecordHeader, err error) {
	n := len(headers) - len(written)
	if n < 0 {
		return nil, nil, ErrNoDeadLetter
	}
	for i, key := range written {
		if headers[n+i].Key != key {
			return nil, nil, ErrNoDeadLetter
		}
	}
	return headers[:n:n], headers[n:], nil
}

// Why returns the stage that refused the record and its reason, as they stand in the headers: whoever may write to
// tweets.dlq may have put anything there. The error is ErrNoDeadLetter.
func Why(letter *kgo.Record) (stage, reason string, err error) {
	_, own, err := split(letter.Headers)
	if err != nil {
		return "", "", err
	}
	return string(own[0].Value), string(own[1].Value), nil
}

// Origin returns where the refused record stood. The topic is tweets.raw or tweets.enriched; no partition is too large,
// because the topic may have been made anew with fewer. The error wraps ErrNoDeadLetter, ErrForeignOrigin or
// ErrInvalidOrigin.
func Origin(letter *kgo.Record) (Place, error) {
	_, own, err := split(letter.Headers)
	if err != nil {
		return Place{}, err
	}
	name := string(own[3].Value)
	if name != topic.Raw && name != topic.Enriched {
		return Place{}, fmt.Errorf("%w: %.80q", ErrForeignOrigin, name)
	}
	place, err := newPlace(name, string(own[4].Value), string(own[5].Value))
	if err != nil {
		return Place{}, fmt.Errorf("%w: %w", ErrInvalidOrigin, err)
	}
	return place, nil
}

// Restore is DeadLetter backwards: it returns the refused record with its topic, partition, offset, key, value and
// headers, byte for byte. Its time is not known any more. Key and value are shared with letter. The errors are those of
// Origin.
func Restore(letter *kgo.Record) (*kgo.Record, error) {
	place, err := Origin(letter)
	if err != nil {
		return nil, err
	}
	headers, _, err := split(letter.Headers)
	if err != nil {
		return nil, err
	}
	return &kgo.Record{
		Topic: place.Topic, Partition: place.Partition, Offset: place.Offset,
		Key: letter.Key, Value: letter.Value, Headers: slices.Clone(headers),
	}, nil
}
