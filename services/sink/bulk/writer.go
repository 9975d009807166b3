// Package bulk stores documents in Elasticsearch by bulk requests and judges each document of a request alone: stored,
// stale, refused, or to be sent again. It owns sizes, halving and waiting; where documents come from, and what becomes of
// one that is refused, is its users' business.
package bulk

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/cenkalti/backoff/v5"
	"github.com/elastic/go-elasticsearch/v8/esapi"

	"catsvdogs/services/pipeline/elastic"
)

// Status is where a Writer says whether the index takes documents.
type Status interface {
	Ready()
	Unready(reason string)
}

// Writer stores documents. One goroutine uses it.
type Writer struct {
	Transport esapi.Transport
	MaxBytes  int      // largest bulk request, before compression; a larger document goes alone
	Adds      []string // fields that the user adds to documents: a mapping without them holds documents up and refuses none
	Logger    *slog.Logger
	Status    Status
	Metrics   *Metrics

	body []byte // of the last request, kept for its memory
}

// Store sends the items until each has a Verdict, in order and for as long as it takes. What is to be sent again is sent
// alone, after a growing pause. An error tells that ctx has ended before; then some items have no verdict.
func (w *Writer) Store(ctx context.Context, items []*Item) error {
	for _, chunk := range chunks(items, w.MaxBytes) {
		if err := w.storeChunk(ctx, chunk); err != nil {
			return err
		}
	}
	return nil
}

func (w *Writer) storeChunk(ctx context.Context, items []*Item) error {
	pause := newPause()
	for len(items) > 0 {
		began := time.Now()
		verdicts, err := w.send(ctx, items)
		w.Metrics.seconds.Observe(time.Since(began).Seconds())
		var whole *refusedWholeError
		if errors.As(err, &whole) && len(items) > 1 {
			// Halves, in order, so that two versions of a document keep theirs.
			middle := len(items) / 2
			if err := w.storeChunk(ctx, items[:middle]); err != nil {
				return err
			}
			return w.storeChunk(ctx, items[middle:])
		}
		if whole != nil {
			items[0].Verdict = Verdict{Outcome: Refused, Kind: "bulk_refused", Reason: whole.Error()}
			return nil
		}
		if err != nil {
			w.Metrics.failed.Inc()
			if err := w.wait(ctx, pause, err, len(items)); err != nil {
				return err
			}
			continue
		}
		again, reason := w.settle(items, verdicts)
		if len(again) > 0 {
			if err := w.wait(ctx, pause, fmt.Errorf("%d of %d items: %s", len(again), len(items), reason), len(again)); err != nil {
				return err
			}
		} else {
			w.Status.Ready()
		}
		items = again
	}
	return nil
}

// settle gives the items their verdicts and returns those that are to be sent again, with one of the reasons.
func (w *Writer) settle(items []*Item, verdicts []Verdict) (again []*Item, reason string) {
	for i, v := range verdicts {
		items[i].Verdict = v
		w.Metrics.verdicts.WithLabelValues(string(v.Outcome)).Inc()
		switch v.Outcome {
		case Later:
			again, reason = append(again, items[i]), v.Reason
		case FailureStore:
			w.Logger.Warn("a document went to the failure store, not to the index", "id", items[i].ID, "index", items[i].Index)
		}
	}
	return again, reason
}

func (w *Writer) wait(ctx context.Context, pause *backoff.ExponentialBackOff, cause error, items int) error {
	d := pause.NextBackOff()
	w.Status.Unready(cause.Error())
	w.Logger.Warn("the index does not take documents; they wait", "error", cause, "documents", items, "again_in", d.Round(time.Millisecond))
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return fmt.Errorf("%w while waiting for the index: %w", context.Cause(ctx), cause)
	}
}

// newPause grows from a quarter of a second to ten seconds, with jitter, for as long as it takes.
func newPause() *backoff.ExponentialBackOff {
	b := backoff.NewExponentialBackOff()
	b.InitialInterval = 250 * time.Millisecond
	b.MaxInterval = 10 * time.Second
	return b
}

// AwaitTemplate returns once the index template of this name is there; an error tells that ctx has ended before. Without
// the template Elasticsearch would guess a mapping from the first document, and guess wrong.
func (w *Writer) AwaitTemplate(ctx context.Context, name string) error {
	_, err := backoff.Retry(ctx, func() (struct{}, error) {
		_, err := elastic.Do(ctx, w.Transport, esapi.IndicesGetIndexTemplateRequest{Name: name}, 1<<20)
		var status *elastic.StatusError
		if errors.As(err, &status) && status.Status == http.StatusNotFound {
			err = fmt.Errorf("the index template %s is missing; run provision to make it", name)
		}
		if err != nil {
			w.Status.Unready(err.Error())
		}
		return struct{}{}, err
	}, backoff.WithBackOff(newPause()), backoff.WithMaxElapsedTime(0), backoff.WithNotify(func(err error, d time.Duration) {
		w.Logger.Warn("waiting for Elasticsearch", "error", err, "again_in", d.Round(time.Millisecond))
	}))
	return err
}
