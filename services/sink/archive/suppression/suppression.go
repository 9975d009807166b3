// Package suppression is the list of deleted posts beside the archive: which records are deletions, what the list says of
// them, and which of the archive's records a deletion takes away. It owns no uploading and no rewriting.
//
// A deletion takes away what was observed of the post up to the deletion, as it does in the index: what was observed
// later is there again, because the source has shown it again.
package suppression

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"
	"unicode/utf8"

	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/services/pipeline/broker"
	"catsvdogs/services/pipeline/topic"
	"catsvdogs/services/pipeline/tweet"
)

// ContentType is what HTTP calls a part of the list.
const ContentType = "application/x-ndjson"

// Of returns the deletion that a record is: a null in tweets.enriched, or a raw record of kind delete. Without a key it
// deletes nothing. The bool is false for every other record.
func Of(r *kgo.Record) (Entry, bool) {
	if len(r.Key) == 0 || !isDeletion(r) {
		return Entry{}, false
	}
	return Entry{
		Key: r.Key, ObservedAt: broker.ObservedAt(r).UTC(),
		Topic: r.Topic, Partition: r.Partition, Offset: r.Offset,
	}, true
}

func isDeletion(r *kgo.Record) bool {
	if r.Topic == topic.Enriched {
		return r.Value == nil
	}
	deletes := false
	for _, h := range r.Headers { // the last of several counts, as in tweet.ParseRaw
		if h.Key == topic.HeaderKind {
			deletes = string(h.Value) == string(tweet.KindDelete)
		}
	}
	return deletes
}

// Entry is one deletion, and where it stands in the log.
type Entry struct {
	Key        []byte
	ObservedAt time.Time
	Topic      string
	Partition  int32
	Offset     int64
}

type line struct {
	Key        string    `json:"key,omitempty"`
	KeyBase64  []byte    `json:"key_base64,omitempty"` // of a key that is no UTF-8
	ObservedAt time.Time `json:"observed_at"`
	Topic      string    `json:"topic"`
	Partition  int32     `json:"partition"`
	Offset     int64     `json:"offset"`
}

// Append appends the entry as a line of JSON.
func (e Entry) Append(b []byte) ([]byte, error) {
	l := line{ObservedAt: e.ObservedAt, Topic: e.Topic, Partition: e.Partition, Offset: e.Offset}
	if utf8.Valid(e.Key) {
		l.Key = string(e.Key)
	} else {
		l.KeyBase64 = e.Key
	}
	text, err := json.Marshal(l)
	if err != nil { // a header may hold a year that JSON's times cannot
		return b, fmt.Errorf("list the deletion of %.40q: %w", e.Key, err)
	}
	return append(append(b, text...), '\n'), nil
}

// errEntry is wrapped by the errors of Parse.
var errEntry = errors.New("line of the suppression list")

// Parse reads a line.
func Parse(text []byte) (Entry, error) {
	var l line
	if err := json.Unmarshal(text, &l); err != nil {
		return Entry{}, fmt.Errorf("%w: %w", errEntry, err)
	}
	e := Entry{Key: l.KeyBase64, ObservedAt: l.ObservedAt, Topic: l.Topic, Partition: l.Partition, Offset: l.Offset}
	if l.Key != "" {
		e.Key = []byte(l.Key)
	}
	if len(e.Key) == 0 || e.ObservedAt.IsZero() {
		return Entry{}, fmt.Errorf("%w: key and observed_at must be there", errEntry)
	}
	return e, nil
}

// maxEntryBytes bounds a line of the list: a key, its place and little more.
const maxEntryBytes = 8 << 20

// Read passes each entry of a part of the list to each.
func Read(list io.Reader, each func(Entry)) error {
	lines := bufio.NewScanner(list)
	lines.Buffer(nil, maxEntryBytes)
	for lines.Scan() {
		e, err := Parse(lines.Bytes())
		if err != nil {
			return err
		}
		each(e)
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("read the list: %w", err)
	}
	return nil
}
