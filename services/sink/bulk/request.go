package bulk

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"catsvdogs/services/pipeline/elastic"
)

// refusedWholeError says that the request, not a document, was refused (413, 400): fewer documents may pass.
type refusedWholeError struct{ cause error }

func (e *refusedWholeError) Error() string {
	return "the bulk request was refused as a whole: " + e.cause.Error()
}
func (e *refusedWholeError) Unwrap() error { return e.cause }

// maxAnswerBytes bounds the answer to a bulk; an item's part has some hundred bytes.
const maxAnswerBytes = 64 << 20

// send makes one attempt for all items and returns a verdict for each, in their order. An error means that nothing is
// known of any of them, except for *refusedWholeError.
func (w *Writer) send(ctx context.Context, items []*Item) ([]Verdict, error) {
	w.body = appendBody(w.body[:0], items, time.Now())
	answer, err := elastic.Do(ctx, w.Transport, esapi.BulkRequest{Body: bytes.NewReader(w.body)}, maxAnswerBytes)
	if err != nil {
		var status *elastic.StatusError
		if errors.As(err, &status) && (status.Status == http.StatusRequestEntityTooLarge || status.Status == http.StatusBadRequest) {
			return nil, &refusedWholeError{cause: err}
		}
		return nil, fmt.Errorf("send a bulk of %d documents: %w", len(items), err)
	}
	return readVerdicts(answer, items, w.Adds)
}

// appendBody appends an action and a document for each item, a line each
// (https://www.elastic.co/guide/en/elasticsearch/reference/8.19/docs-bulk.html).
func appendBody(body []byte, items []*Item, sent time.Time) []byte {
	for _, it := range items {
		body = append(body, `{"index":{"_index":`...)
		body = append(body, quote(it.Index)...)
		body = append(body, `,"_id":`...)
		body = append(body, quote(it.ID)...)
		if it.Version != nil {
			body = append(body, `,"version":`...)
			body = strconv.AppendInt(body, *it.Version, 10)
			body = append(body, `,"version_type":"external_gte"`...)
		}
		body = append(body, "}}\n"...)
		body = it.Document.AppendTo(body, sent)
		body = append(body, '\n')
	}
	return body
}

// quote returns s as a JSON string.
func quote(s string) []byte {
	b, err := json.Marshal(s)
	if err != nil { // a string always encodes
		return []byte(strconv.Quote(s))
	}
	return b
}
