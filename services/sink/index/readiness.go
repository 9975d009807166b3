package index

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"catsvdogs/services/pipeline/elastic"
	"catsvdogs/services/pipeline/tweet"
	"catsvdogs/services/sink/bulk"
)

// noDocument is what /readyz says while everything works and no post is there to be seen.
const noDocument = "no document has arrived yet"

// readiness joins two conditions: the half works, and, where that is asked for, a post has arrived in the index. Use it from any
// goroutine.
type readiness struct {
	shown bulk.Status

	mu      sync.Mutex
	waiting bool   // for the first post
	reason  string // why the half does not work; "" when it does
}

func newReadiness(shown bulk.Status, waitForDocuments bool) *readiness {
	return &readiness{shown: shown, waiting: waitForDocuments, reason: "starting"}
}

// Ready says that the half works.
func (r *readiness) Ready() { r.set("") }

// Unready says why it does not.
func (r *readiness) Unready(reason string) { r.set(reason) }

func (r *readiness) set(reason string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.reason = reason
	r.show()
}

// arrived says that the index holds a post. It is never taken back.
func (r *readiness) arrived() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.waiting {
		r.waiting = false
		r.show()
	}
}

func (r *readiness) show() {
	switch {
	case r.reason != "":
		r.shown.Unready(r.reason)
	case r.waiting:
		r.shown.Unready(noDocument)
	default:
		r.shown.Ready()
	}
}

func (r *readiness) done() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return !r.waiting
}

// lookEvery is how often the alias is asked for posts, in vain so far.
const lookEvery = 2 * time.Second

// look asks the alias until it holds a post that was indexed from now on, or ctx ends: it may be stored by another replica,
// whose partitions never become ours. What an earlier life has stored says nothing about this one.
func (r *readiness) look(ctx context.Context, transport esapi.Transport, log *slog.Logger) {
	began := time.Now()
	for !r.done() {
		n, err := countPosts(ctx, transport, began)
		if err != nil {
			log.Debug("the index does not say whether it holds a post", "error", err)
		}
		if n > 0 {
			r.arrived()
			return
		}
		select {
		case <-time.After(lookEvery):
		case <-ctx.Done():
			return
		}
	}
}

// countPosts counts what the alias shows that was indexed since then, stubs left out; 0 when there is no index yet.
func countPosts(ctx context.Context, transport esapi.Transport, since time.Time) (int64, error) {
	query := `{"query":{"range":{"` + fieldIndexedAt + `":{"gte":"` + since.UTC().Format(millisUTC) + `"}}}}`
	answer, err := elastic.Do(ctx, transport, esapi.CountRequest{Index: []string{tweet.IndexAlias}, Body: strings.NewReader(query)}, 1<<20)
	var status *elastic.StatusError
	if errors.As(err, &status) && status.Status == http.StatusNotFound {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("count the posts in the index: %w", err)
	}
	var counted struct {
		Count int64 `json:"count"`
	}
	if err := json.Unmarshal(answer, &counted); err != nil {
		return 0, fmt.Errorf("count the posts in the index: %w", err)
	}
	return counted.Count, nil
}
