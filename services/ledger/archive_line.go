package ledger

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/services/ledger/account"
)

var errLine = errors.New("no line of the archive")

// text is a string of a line that may not be UTF-8: then it stands in base64 under another name.
type text struct {
	Text   *string `json:"value"`
	Base64 []byte  `json:"value_base64"`
}

func either(s *string, b []byte) []byte {
	if s != nil {
		return []byte(*s)
	}
	return b
}

// parseLine reads a line of an object, a JSON object with topic, partition, offset, timestamp, key, headers and value. A
// value that is JSON stands there as it is, any other, as keys and headers that are no UTF-8, in base64. A line with
// "suppressed" has lost its value.
func parseLine(line []byte) (r *kgo.Record, suppressed bool, err error) {
	var l struct {
		Topic     string    `json:"topic"`
		Partition int32     `json:"partition"`
		Offset    int64     `json:"offset"`
		Timestamp time.Time `json:"timestamp"`
		Key       *string   `json:"key"`
		KeyBase64 []byte    `json:"key_base64"`
		Headers   []struct {
			Key string `json:"key"`
			text
		} `json:"headers"`
		Value       json.RawMessage `json:"value"`
		ValueBase64 []byte          `json:"value_base64"`
		Suppressed  bool            `json:"suppressed"`
	}
	if err := json.Unmarshal(line, &l); err != nil {
		return nil, false, fmt.Errorf("%w: %w", errLine, err)
	}
	if l.Topic == "" || l.Timestamp.IsZero() || l.Partition < 0 || l.Offset < 0 {
		return nil, false, fmt.Errorf("%w: topic, partition, offset and timestamp must be there", errLine)
	}
	r = &kgo.Record{
		Topic: l.Topic, Partition: l.Partition, Offset: l.Offset, Timestamp: l.Timestamp,
		Key: either(l.Key, l.KeyBase64), Value: l.ValueBase64,
	}
	if len(l.Value) > 0 && !bytes.Equal(l.Value, []byte("null")) {
		r.Value = l.Value
	}
	if l.Suppressed && r.Value != nil {
		return nil, false, fmt.Errorf("%w: it is suppressed and has a value", errLine)
	}
	for _, h := range l.Headers {
		r.Headers = append(r.Headers, kgo.RecordHeader{Key: h.Key, Value: either(h.Text, h.Base64)})
	}
	return r, l.Suppressed, nil
}

// stampOfLine is what of a line is compared with its record.
func stampOfLine(r *kgo.Record, suppressed bool) account.Stamp {
	s := stampOf(r)
	s.Suppressed = suppressed
	return s
}
