package bulk

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"catsvdogs/services/pipeline/elastic"
)

// refusedWholeError says that the request, not a document, was refused (413, 400): fewer documents may pass.
type refusedWholeError struct {
	tooLarge bool
	named    string // what Elasticsearch itself says is wrong; "" when it is not its own words
	cause    error
}

func (e *refusedWholeError) Error() string {
	return "the bulk request was refused as a whole: " + e.cause.Error()
}
func (e *refusedWholeError) Unwrap() error { return e.cause }

// blames says whether the document of this id is at fault. A 400 may come from anything between here and Elasticsearch, and
// may be about anything; only Elasticsearch's own words, with the id in them as it writes names, are about a document.
func (e *refusedWholeError) blames(id string) bool {
	return e.tooLarge || strings.Contains(e.named, "["+id+"]")
}

// reasonOf returns Elasticsearch's own explanation of an error of a whole request, "" for what is not of its form.
func reasonOf(body string) string {
	var answer struct {
		Error struct {
			Type   string `json:"type"`
			Reason string `json:"reason"`
		} `json:"error"`
	}
	if err := json.Unmarshal([]byte(body), &answer); err != nil || answer.Error.Type == "" {
		return ""
	}
	return answer.Error.Reason
}

// maxAnswerBytes bounds the answer to a bulk; an item's part has some hundred bytes.
const maxAnswerBytes = 64 << 20

// send makes one attempt for all items and returns a verdict for each, in their order. An error means that nothing is
// known of any of them, except for *refusedWholeError.
func (w *Writer) send(ctx context.Context, items []*Item) ([]Verdict, error) {
	answer, err := elastic.Do(ctx, w.transport, esapi.BulkRequest{Body: &body{items: items, sent: time.Now()}}, maxAnswerBytes)
	if err != nil {
		var status *elastic.StatusError
		if errors.As(err, &status) {
			switch status.Status {
			case http.StatusRequestEntityTooLarge, http.StatusBadRequest:
				return nil, &refusedWholeError{
					tooLarge: status.Status == http.StatusRequestEntityTooLarge, named: reasonOf(status.Body), cause: err,
				}
			case http.StatusUnauthorized, http.StatusForbidden:
				return nil, &lockedOutError{cause: status}
			}
		}
		return nil, fmt.Errorf("send a bulk of %d documents: %w", len(items), err)
	}
	return readVerdicts(answer, items, w.options.Adds)
}

// body is the body of a bulk request. The transport compresses it as it is written, so that the plain form of all that
// is under way is never in memory.
type body struct {
	items []*Item
	sent  time.Time
	line  []byte // what Read has begun and not finished
}

// writeBytes is about how much is given to the compressor at once; a document at a time costs it more.
const writeBytes = 32 << 10

// WriteTo writes an action and a document for each item.
func (b *body) WriteTo(w io.Writer) (int64, error) {
	written := int64(0)
	for {
		for len(b.items) > 0 && len(b.line) < writeBytes {
			b.line = appendItem(b.line, b.items[0], b.sent)
			b.items = b.items[1:]
		}
		if len(b.line) == 0 {
			return written, nil
		}
		n, err := w.Write(b.line)
		written += int64(n)
		b.line = b.line[:0]
		if err != nil {
			return written, err
		}
	}
}

// Read is WriteTo for a transport that does not compress.
func (b *body) Read(p []byte) (int, error) {
	if len(b.line) == 0 {
		if len(b.items) == 0 {
			return 0, io.EOF
		}
		b.line = appendItem(nil, b.items[0], b.sent)
		b.items = b.items[1:]
	}
	n := copy(p, b.line)
	b.line = b.line[n:]
	return n, nil
}

// appendItem appends an action and a document, a line each
// (https://www.elastic.co/guide/en/elasticsearch/reference/8.19/docs-bulk.html).
func appendItem(line []byte, it *Item, sent time.Time) []byte {
	line = append(line, `{"index":{"_index":`...)
	line = appendString(line, it.Index)
	line = append(line, `,"_id":`...)
	line = appendString(line, it.ID)
	if it.Version != nil {
		line = append(line, `,"version":`...)
		line = strconv.AppendInt(line, *it.Version, 10)
		if it.Above {
			line = append(line, `,"version_type":"external"`...)
		} else {
			line = append(line, `,"version_type":"external_gte"`...)
		}
	}
	line = append(line, "}}\n"...)
	line = it.Document.AppendTo(line, sent)
	return append(line, '\n')
}

// appendString appends s as a JSON string.
func appendString(line []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < 0x20 || c > 0x7e || c == '"' || c == '\\' {
			quoted, err := json.Marshal(s)
			if err != nil { // a string always encodes
				return strconv.AppendQuote(line, s)
			}
			return append(line, quoted...)
		}
	}
	line = append(line, '"')
	line = append(line, s...)
	return append(line, '"')
}
