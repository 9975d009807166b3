package bulk

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"catsvdogs/services/pipeline/elastic"
)

const (
	// templateFor is how long the index template is taken to be there still. A bulk opens the indices that are missing, and
	// Elasticsearch has no way to open one only if its template is there, so this is how long there is to do harm.
	templateFor = 250 * time.Millisecond
	// indexFor is how long an index is taken to have its alias still.
	indexFor = 30 * time.Second
)

// ground is what bulks stand on: the index template, and the alias of the indices that are there. Use it from any goroutine.
type ground struct {
	mu         sync.Mutex
	templateAt time.Time            // when the template was last seen
	indexAt    map[string]time.Time // when an index was last seen to be sound, or not there
}

// lockedOutError says that Elasticsearch does not let us in: no document is at fault, and somebody has to do something.
type lockedOutError struct{ cause *elastic.StatusError }

func (e *lockedOutError) Error() string {
	return fmt.Sprintf("Elasticsearch does not let this sink in (%d): check user and password, or API key, and what they may do; "+
		"indexing goes on by itself once it does: %.300s", e.cause.Status, e.cause.Body)
}
func (e *lockedOutError) Unwrap() error { return e.cause }

// AwaitTemplate returns once the index template of the options' name is there; an error tells that ctx has ended before.
// Without the template Elasticsearch would guess a mapping from the first document, and guess wrong.
func (w *Writer) AwaitTemplate(ctx context.Context) error { return w.Await(ctx, w.findTemplate) }

// Await returns once what is asked for is there. Until then it asks again and again and says what is missing; an error tells
// that ctx has ended before.
func (w *Writer) Await(ctx context.Context, ask func(context.Context) error) error {
	p := newPause()
	for {
		err := ask(ctx)
		if err == nil {
			return nil
		}
		w.options.Status.Unready(err.Error())
		if err := w.wait(ctx, p, err, 0); err != nil {
			return err
		}
	}
}

// trust looks for the index template where there is doubt: a server that was away may come back empty, and a template may be
// removed under our feet.
func (s *storing) trust(ctx context.Context) error {
	s.ground.mu.Lock()
	recent := time.Since(s.ground.templateAt) < templateFor
	s.ground.mu.Unlock()
	if !s.doubt && recent {
		return nil
	}
	s.doubt = true
	if err := s.findTemplate(ctx); err != nil {
		return err
	}
	s.doubt = false
	return nil
}

// findTemplate says why the index template cannot be relied on.
func (w *Writer) findTemplate(ctx context.Context) error {
	began := time.Now()
	_, err := elastic.Do(ctx, w.transport, esapi.IndicesGetIndexTemplateRequest{Name: w.options.Template}, 1<<20)
	var status *elastic.StatusError
	if errors.As(err, &status) {
		switch status.Status {
		case http.StatusNotFound:
			return fmt.Errorf("the index template %s is missing; run provision to make it, and indexing goes on by itself", w.options.Template)
		case http.StatusUnauthorized, http.StatusForbidden:
			return &lockedOutError{cause: status}
		}
	}
	if err != nil {
		return err
	}
	w.ground.mu.Lock()
	defer w.ground.mu.Unlock()
	w.ground.templateAt = began
	return nil
}

// withoutStrays puts items aside whose index is there and has not the alias that the template gives it: it was opened while
// the template was missing, its mapping is a guess, and nobody reads it. An error says that it is not known.
func (s *storing) withoutStrays(ctx context.Context, items []*Item) ([]*Item, error) {
	strays := map[string]bool{}
	for _, it := range items {
		if _, asked := strays[it.Index]; asked {
			continue
		}
		stray, err := s.isStray(ctx, it.Index)
		if err != nil {
			return nil, err
		}
		strays[it.Index] = stray
	}
	var sound, aside []*Item
	var verdicts []Verdict
	for _, it := range items {
		if !strays[it.Index] {
			sound = append(sound, it)
			continue
		}
		aside = append(aside, it)
		verdicts = append(verdicts, Verdict{Outcome: Blocked, Kind: "index_without_alias", Reason: fmt.Sprintf(
			"it was opened while the index template was missing, has not the alias %s, and its mapping is a guess; stop every sink, remove it, run sink reindex, start them again",
			s.options.Template)})
	}
	if len(aside) > 0 {
		s.settle(aside, verdicts)
	}
	return sound, nil
}

func (w *Writer) isStray(ctx context.Context, index string) (bool, error) {
	w.ground.mu.Lock()
	recent := time.Since(w.ground.indexAt[index]) < indexFor
	w.ground.mu.Unlock()
	if recent {
		return false, nil
	}
	answer, err := elastic.Do(ctx, w.transport, esapi.IndicesGetRequest{Index: []string{index}, IgnoreUnavailable: new(true)}, 16<<20)
	var status *elastic.StatusError
	switch {
	case errors.As(err, &status) && (status.Status == http.StatusNotFound || status.Status == http.StatusForbidden):
		// It is not there, or we may write it and not look at it.
	case err != nil:
		return false, fmt.Errorf("look at the index %s: %w", index, err)
	default:
		stray, err := lacksAlias(answer, index, w.options.Template)
		if err != nil {
			return false, fmt.Errorf("look at the index %s: %w", index, err)
		}
		if stray {
			return true, nil
		}
	}
	w.ground.mu.Lock()
	defer w.ground.mu.Unlock()
	if w.ground.indexAt == nil || len(w.ground.indexAt) > 10_000 {
		w.ground.indexAt = map[string]time.Time{}
	}
	w.ground.indexAt[index] = time.Now()
	return false, nil
}

// lacksAlias says whether an answer that describes indices has this one, without the alias.
func lacksAlias(answer []byte, index, alias string) (bool, error) {
	var found map[string]json.RawMessage
	if err := json.Unmarshal(answer, &found); err != nil {
		return false, err
	}
	if found[index] == nil {
		return false, nil
	}
	var x struct {
		Aliases map[string]json.RawMessage `json:"aliases"`
	}
	if err := json.Unmarshal(found[index], &x); err != nil {
		return false, err
	}
	return x.Aliases[alias] == nil, nil
}
