package index

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/cenkalti/backoff/v5"
	"github.com/elastic/go-elasticsearch/v8/esapi"

	"catsvdogs/services/pipeline/broker"
	"catsvdogs/services/pipeline/elastic"
	"catsvdogs/services/pipeline/topic"
	"catsvdogs/services/pipeline/tweet"
)

// Outcomes of one item, as they stand in metrics.
const (
	outcomeStored       = "stored"        // the document stands in the index
	outcomeStale        = "stale"         // a newer version stands there already, which is as good
	outcomeFailureStore = "failure_store" // Elasticsearch put it aside and called it a success
	outcomeRefused      = "refused"       // the same document would be refused again
	outcomeLater        = "later"         // worth another try
)

// verdict is what Elasticsearch said of one item.
type verdict struct {
	outcome string
	kind    string // Elasticsearch's name of the error, such as document_parsing_exception
	reason  string // its explanation
}

// refusedWholeError says that the request, not a document, was refused (413, 400): fewer documents may pass.
type refusedWholeError struct{ cause error }

func (e *refusedWholeError) Error() string {
	return "the bulk request was refused as a whole: " + e.cause.Error()
}
func (e *refusedWholeError) Unwrap() error { return e.cause }

// bulker sends bulk requests. It is used by one goroutine.
type bulker struct {
	transport esapi.Transport
	body      bytes.Buffer
}

// maxAnswerBytes bounds the answer to a bulk; an item's part has some hundred bytes.
const maxAnswerBytes = 64 << 20

// send makes one attempt for all items and returns a verdict for each, in their order. An error means that nothing is
// known of any of them, except for *refusedWholeError.
func (b *bulker) send(ctx context.Context, items []*item) ([]verdict, error) {
	b.body.Reset()
	for _, it := range items {
		// Writing to a buffer does not fail.
		_, _ = fmt.Fprintf(&b.body, `{"index":{"_index":%s,"_id":%s,"version":%d,"version_type":"external_gte"}}`+"\n",
			quote(it.index), quote(it.id), it.version)
		b.body.Write(it.source)
		b.body.WriteByte('\n')
	}
	answer, err := elastic.Do(ctx, b.transport, esapi.BulkRequest{Body: bytes.NewReader(b.body.Bytes())}, maxAnswerBytes)
	if err != nil {
		var status *elastic.StatusError
		if errors.As(err, &status) && (status.Status == http.StatusRequestEntityTooLarge || status.Status == http.StatusBadRequest) {
			return nil, &refusedWholeError{cause: err}
		}
		return nil, fmt.Errorf("send a bulk of %d documents: %w", len(items), err)
	}
	return readVerdicts(answer, items)
}

// quote returns s as a JSON string.
func quote(s string) []byte {
	b, err := json.Marshal(s)
	if err != nil { // a string always encodes
		return []byte(strconv.Quote(s))
	}
	return b
}

// readVerdicts reads the answer to a bulk of items. An answer that does not match them item by item is an error: to
// guess would be to commit something that was never stored.
func readVerdicts(answer []byte, items []*item) ([]verdict, error) {
	var bulk struct {
		Items []map[string]struct {
			Index        string `json:"_index"`
			ID           string `json:"_id"`
			Status       int    `json:"status"`
			FailureStore string `json:"failure_store"`
			Error        *struct {
				Type   string `json:"type"`
				Reason string `json:"reason"`
				Cause  *struct {
					Reason string `json:"reason"`
				} `json:"caused_by"`
			} `json:"error"`
		} `json:"items"`
	}
	if err := json.Unmarshal(answer, &bulk); err != nil {
		return nil, fmt.Errorf("read the answer to a bulk: %w", err)
	}
	if len(bulk.Items) != len(items) {
		return nil, fmt.Errorf("the answer to a bulk has %d items, the request had %d", len(bulk.Items), len(items))
	}
	verdicts := make([]verdict, len(items))
	for i, actions := range bulk.Items {
		got, ok := actions["index"]
		if !ok || got.ID != items[i].id {
			return nil, fmt.Errorf("item %d of the answer to a bulk is not for document %s", i, items[i].id)
		}
		v := verdict{outcome: judge(got.Status, got.FailureStore)}
		if got.Error != nil {
			v.kind, v.reason = got.Error.Type, got.Error.Type+": "+got.Error.Reason
			if got.Error.Cause != nil {
				v.reason += ": " + got.Error.Cause.Reason
			}
		}
		if slices.Contains(ownFaults, v.kind) {
			v.outcome = outcomeLater
		}
		if v.outcome == outcomeRefused && !reasonPattern(v.kind) {
			v.kind = "refused_" + strconv.Itoa(got.Status)
		}
		verdicts[i] = v
	}
	return verdicts, nil
}

// ownFaults are errors of an item that are no fault of its document: the index is missing, closed, closed for writing
// (as by the disk watermark), or cannot be opened because the cluster has no shard left for it.
var ownFaults = []string{"index_not_found_exception", "index_closed_exception", "cluster_block_exception", "validation_exception"}

func judge(status int, failureStore string) string {
	switch {
	case status >= 200 && status < 300 && failureStore == "used":
		return outcomeFailureStore
	case status >= 200 && status < 300:
		return outcomeStored
	case status == http.StatusConflict:
		return outcomeStale
	case status == http.StatusTooManyRequests, status >= 500, status == http.StatusUnauthorized, status == http.StatusForbidden:
		return outcomeLater
	case status >= 400:
		return outcomeRefused
	}
	return outcomeLater
}

// reasonPattern says whether an error's name fits the error_reason header.
func reasonPattern(s string) bool {
	if s == "" || len(s) > 64 {
		return false
	}
	for _, r := range s {
		if (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '_' {
			return false
		}
	}
	return true
}

// newPause grows from a quarter of a second to ten seconds, with jitter, for as long as it takes.
func newPause() *backoff.ExponentialBackOff {
	b := backoff.NewExponentialBackOff()
	b.InitialInterval = 250 * time.Millisecond
	b.MaxInterval = 10 * time.Second
	return b
}

// waitForServers returns once the topics and the index template are there. Without the template Elasticsearch would
// guess a mapping from the first document, and guess wrong.
func (x *indexer) waitForServers(ctx context.Context) error {
	if err := broker.WaitForTopics(ctx, x.client, x.tel.Logger, topic.Enriched, topic.DeadLetter); err != nil {
		return err
	}
	_, err := backoff.Retry(ctx, func() (struct{}, error) {
		_, err := elastic.Do(ctx, x.bulk.transport, esapi.IndicesGetIndexTemplateRequest{Name: tweet.IndexAlias}, 1<<20)
		var status *elastic.StatusError
		if errors.As(err, &status) && status.Status == http.StatusNotFound {
			err = fmt.Errorf("the index template %s is missing; run provision to make it", tweet.IndexAlias)
		}
		if err != nil {
			x.tel.Unready(err.Error())
		}
		return struct{}{}, err
	}, backoff.WithBackOff(newPause()), backoff.WithMaxElapsedTime(0), backoff.WithNotify(func(err error, d time.Duration) {
		x.tel.Logger.Warn("waiting for Elasticsearch", "error", err, "again_in", d.Round(time.Millisecond))
	}))
	return err
}
