package bulk

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"catsvdogs/services/pipeline/elastic"
)

// lockedOutError says that Elasticsearch does not let us in: no document is at fault, and somebody has to do something.
type lockedOutError struct{ cause *elastic.StatusError }

func (e *lockedOutError) Error() string {
	return fmt.Sprintf("Elasticsearch does not let this sink in (%d): check user and password, or API key, and what they may do; "+
		"indexing goes on by itself once it does: %.300s", e.cause.Status, e.cause.Body)
}
func (e *lockedOutError) Unwrap() error { return e.cause }

// AwaitTemplate returns once the index template of the options' name is there; an error tells that ctx has ended before.
// Without the template Elasticsearch would guess a mapping from the first document, and guess wrong.
func (w *Writer) AwaitTemplate(ctx context.Context) error {
	p := newPause()
	for {
		err := w.findTemplate(ctx)
		if err == nil {
			return nil
		}
		w.options.Status.Unready(err.Error())
		if err := w.wait(ctx, p, err, 0); err != nil {
			return err
		}
	}
}

// findTemplate says why the index template cannot be relied on.
func (w *Writer) findTemplate(ctx context.Context) error {
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
	return err
}
