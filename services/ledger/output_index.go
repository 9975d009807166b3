package ledger

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"
	"github.com/prometheus/client_golang/prometheus"

	"catsvdogs/services/ledger/account"
	"catsvdogs/services/pipeline/elastic"
)

// accountAlias reads all accounts that are kept, starts the names of their indices, of a month each, and names their
// template (schemas/index/ledger.json).
const accountAlias = "catsvdogs-ledger"

const (
	// keepWait bounds the writing of what is to be kept: the watch goes on whether it works or not.
	keepWait = 10 * time.Second
	// maxWaiting bounds the documents that wait for an index that takes none; the oldest are given up.
	maxWaiting = 1000
)

// keeper keeps accounts in the index, for whoever looks at them later. It is beside the point of a ledger, so nothing of
// it ends a watch. One goroutine at a time may use it.
type keeper struct {
	index   esapi.Transport
	logger  *slog.Logger
	before  *account.Account // the last one that was to be kept
	waiting []keptDocument   // oldest first
	failing bool             // said in the log

	failed    prometheus.Counter
	documents *prometheus.CounterVec
}

func newKeeper(index esapi.Transport, logger *slog.Logger, r prometheus.Registerer) *keeper {
	k := &keeper{
		index: index, logger: logger,
		failed: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "catsvdogs_ledger_failed_keeps_total", Help: "Times that accounts could not be written into the index; what was to be written waits.",
		}),
		documents: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "catsvdogs_ledger_account_documents_total", Help: "Documents of accounts, by what became of them: stored, refused by the index, or given up because too many waited.",
		}, []string{"outcome"}),
	}
	r.MustRegister(k.failed, k.documents)
	for _, outcome := range []string{"stored", "refused", "given_up"} {
		k.documents.WithLabelValues(outcome)
	}
	return k
}

// keep writes an account, if it is due, and what is left over from before. What fails is told and tried again with the next.
func (k *keeper) keep(ctx context.Context, drawn *account.Account) {
	if isDue(drawn, k.before) {
		made, err := documentsOf(drawn)
		if err != nil {
			k.tell(err)
			return
		}
		k.before, k.waiting = drawn, append(k.waiting, made...)
		if over := len(k.waiting) - maxWaiting; over > 0 {
			k.waiting = k.waiting[over:]
			k.documents.WithLabelValues("given_up").Add(float64(over))
		}
	}
	if len(k.waiting) == 0 {
		return
	}
	bounded, cancel := context.WithTimeout(ctx, keepWait)
	defer cancel()
	err := k.findTemplate(bounded)
	if err == nil {
		err = k.store(bounded)
	}
	if ctx.Err() == nil { // otherwise it is only that the watch ends
		k.tell(err)
	}
}

// tell logs when keeping begins to fail and when it works again, not each time.
func (k *keeper) tell(err error) {
	switch {
	case err != nil:
		k.failed.Inc()
		if !k.failing {
			k.logger.Warn("accounts are not kept in the index; the ledger goes on and tries again with each account", "error", err)
		}
	case k.failing:
		k.logger.Info("accounts are kept in the index again")
	}
	k.failing = err != nil
}

// findTemplate says why the index template cannot be relied on: without it Elasticsearch would open an index with a mapping
// that it guesses, behind no alias.
func (k *keeper) findTemplate(ctx context.Context) error {
	_, err := elastic.Do(ctx, k.index, esapi.IndicesGetIndexTemplateRequest{Name: accountAlias}, 1<<20)
	if answer, ok := errors.AsType[*elastic.StatusError](err); ok && answer.Status == http.StatusNotFound {
		return fmt.Errorf("the index template %s is missing; run provision to make it", accountAlias)
	}
	if err != nil {
		return fmt.Errorf("look for the index template %s: %w", accountAlias, err)
	}
	return nil
}

// store writes what waits. What the index has taken or will never take does not wait any more.
func (k *keeper) store(ctx context.Context) error {
	var body bytes.Buffer
	for _, d := range k.waiting {
		action, err := json.Marshal(map[string]any{"index": map[string]string{"_index": d.index, "_id": d.id}})
		if err != nil {
			return fmt.Errorf("keep accounts: %w", err)
		}
		body.Write(append(action, '\n'))
		body.Write(append(bytes.Clone(d.source), '\n'))
	}
	answer, err := elastic.Do(ctx, k.index, esapi.BulkRequest{Body: &body, Header: http.Header{"Content-Type": {"application/x-ndjson"}}}, 16<<20)
	if err != nil {
		return fmt.Errorf("keep accounts: %w", err)
	}
	outcomes, err := outcomesOf(answer, len(k.waiting))
	if err != nil {
		return fmt.Errorf("keep accounts: %w", err)
	}
	var left []keptDocument
	var reason error
	for i, outcome := range outcomes {
		switch {
		case outcome.Status < 300:
			k.documents.WithLabelValues("stored").Inc()
			continue
		case outcome.Status < 500 && outcome.Status != http.StatusTooManyRequests && outcome.Status != http.StatusForbidden && outcome.Status != http.StatusUnauthorized:
			k.documents.WithLabelValues("refused").Inc()
		default: // it is the server's or the user's fault, and not the document's
			left = append(left, k.waiting[i])
		}
		if reason == nil {
			reason = fmt.Errorf("keep accounts: the index answered %d to %s: %.500s", outcome.Status, k.waiting[i].id, outcome.Error)
		}
	}
	k.waiting = left
	return reason
}

// outcome is what became of a document of a bulk request.
type outcome struct {
	Status int             `json:"status"`
	Error  json.RawMessage `json:"error"`
}

// outcomesOf reads the answer to a bulk request of n documents. An answer of another number, or that says less than what
// became of each, is an error.
func outcomesOf(answer []byte, n int) ([]outcome, error) {
	var said struct {
		Items []struct {
			Index outcome `json:"index"`
		} `json:"items"`
	}
	if err := json.Unmarshal(answer, &said); err != nil {
		return nil, fmt.Errorf("read the answer: %w", err)
	}
	if len(said.Items) != n {
		return nil, fmt.Errorf("the answer is about %d documents and not %d", len(said.Items), n)
	}
	var out []outcome
	for _, item := range said.Items {
		if item.Index.Status < 200 || item.Index.Status > 599 {
			return nil, fmt.Errorf("the answer says %d of a document", item.Index.Status)
		}
		out = append(out, item.Index)
	}
	return out, nil
}
