package index

import (
	"bytes"
	"encoding/json"
	"errors"
	"strconv"
	"time"
)

// Fields that the index half adds to each document; they stand in no record of Kafka.
const (
	fieldIndexedAt = "indexed_at" // when the bulk request that stored the document was made, RFC 3339, ms, UTC
	fieldIndexMS   = "index_ms"   // indexed_at - pipeline.received_at, in ms
)

var addedFields = []string{fieldIndexedAt, fieldIndexMS}

// stamped is a document that gets the added fields when it is sent.
//
// index_ms is absent when the record does not say when it was received, as a stub does not. It is below zero when the
// clock of ingest is ahead of ours: like arrival_ms it shows clocks that differ rather than hide them.
type stamped struct {
	json       []byte    // one object with at least one field, on one line, that ends with its brace
	receivedAt time.Time // zero when it is not known
}

// newStamped takes over a document that has been decoded as an object before. It makes one line of several, because a
// bulk request is read by lines; the pipeline's own documents have one.
func newStamped(document []byte, receivedAt time.Time) (stamped, error) {
	document = bytes.TrimSpace(document)
	if bytes.ContainsAny(document, "\r\n") {
		var line bytes.Buffer
		if err := json.Compact(&line, document); err != nil {
			return stamped{}, err
		}
		document = line.Bytes()
	}
	if len(document) < len(`{"":0}`) || document[0] != '{' || document[len(document)-1] != '}' {
		return stamped{}, errors.New("the document is not one JSON object with fields")
	}
	return stamped{json: document, receivedAt: receivedAt}, nil
}

// millisUTC is RFC 3339 with milliseconds, for times in UTC.
const millisUTC = "2006-01-02T15:04:05.000Z"

// AppendTo appends the document with the added fields before its last brace. The rest stays as it is, byte for byte.
func (d stamped) AppendTo(line []byte, sent time.Time) []byte {
	line = append(line, d.json[:len(d.json)-1]...)
	line = append(line, `,"`+fieldIndexedAt+`":"`...)
	line = sent.UTC().AppendFormat(line, millisUTC)
	line = append(line, '"')
	if !d.receivedAt.IsZero() {
		line = append(line, `,"`+fieldIndexMS+`":`...)
		line = strconv.AppendInt(line, sent.UnixMilli()-d.receivedAt.UnixMilli(), 10)
	}
	return append(line, '}')
}

// Size counts the added fields as well.
func (d stamped) Size() int { return len(d.json) + 80 }
