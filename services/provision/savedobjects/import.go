package savedobjects

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"mime/multipart"
	"net/http"
	"strings"
)

// ErrConflict is wrapped when an object is there that was not to be overwritten.
var ErrConflict = errors.New("it is there already")

// ErrElsewhere is wrapped when an object could be stored only under another id, because another space has the id.
var ErrElsewhere = errors.New("another space of this Kibana has an object with its id")

// ImportError is an import that Kibana answered with 200 and did not do, or not wholly.
type ImportError struct {
	Failures []Failure
}

// Error lists the objects with the reasons.
func (e *ImportError) Error() string {
	lines := make([]string, len(e.Failures))
	for i, f := range e.Failures {
		lines[i] = f.String()
	}
	return "Kibana did not import " + strings.Join(lines, "; ")
}

// Is makes the error one of ErrConflict when nothing but conflicts kept the objects out.
func (e *ImportError) Is(target error) bool {
	for _, f := range e.Failures {
		if f.Kind != "conflict" && f.Kind != "ambiguous_conflict" {
			return false
		}
	}
	return target == ErrConflict && len(e.Failures) > 0
}

// Failure is why an object was not imported.
type Failure struct {
	Ref
	Kind       string // conflict, ambiguous_conflict, missing_references, unsupported_type, unknown
	References []Ref  // the missing ones
	Status     int    // of unknown: as an HTTP status
	Message    string // of unknown
}

// String returns the object and the reason.
func (f Failure) String() string {
	switch {
	case f.Kind == "missing_references":
		missing := make([]string, len(f.References))
		for i, r := range f.References {
			missing[i] = r.String()
		}
		return fmt.Sprintf("%s: it needs %s, which is not there", f.Ref, strings.Join(missing, ", "))
	case f.Message != "":
		return fmt.Sprintf("%s: %s (%d)", f.Ref, f.Message, f.Status)
	}
	return fmt.Sprintf("%s: %s", f.Ref, f.Kind)
}

// Import stores objects, given as NDJSON, and says so only when Kibana says of each one of them that it did. Without
// overwrite an object that is there already fails the import (ErrConflict). After a failure some objects may be stored
// and some not: the count in Kibana's answer does not tell, so read back what matters.
// https://www.elastic.co/guide/en/kibana/8.19/saved-objects-api-import.html
func (c *Client) Import(ctx context.Context, ndjson []byte, overwrite bool) error {
	var form bytes.Buffer
	parts := multipart.NewWriter(&form)
	file, err := parts.CreateFormFile("file", "catsvdogs.ndjson") // Kibana refuses another ending
	if err == nil {
		_, err = file.Write(ndjson)
	}
	if err == nil {
		err = parts.Close()
	}
	if err != nil {
		return fmt.Errorf("write the form of an import: %w", err)
	}
	answer, err := c.do(ctx, http.MethodPost, fmt.Sprintf("/api/saved_objects/_import?overwrite=%t", overwrite), parts.FormDataContentType(), form.Bytes())
	if err != nil {
		return err
	}
	return judge(answer, bytes.Count(ndjson, []byte("\n")))
}

// judge reads the answer to an import of n objects.
func judge(answer []byte, n int) error {
	var result struct {
		Success      bool `json:"success"`
		SuccessCount int  `json:"successCount"`
		Stored       []struct {
			Ref
			DestinationID string `json:"destinationId"`
		} `json:"successResults"`
		Errors []struct {
			Ref
			Error struct {
				Type       string `json:"type"`
				References []Ref  `json:"references"`
				StatusCode int    `json:"statusCode"`
				Message    string `json:"message"`

				DestinationID string `json:"destinationId"` // of a conflict with what an earlier import stored so
			} `json:"error"`
		} `json:"errors"`
	}
	if err := json.Unmarshal(answer, &result); err != nil {
		return fmt.Errorf("read Kibana's answer to the import: %w", err)
	}
	for _, o := range result.Stored {
		if o.DestinationID != "" && o.DestinationID != o.ID {
			return fmt.Errorf("%s comes under the id %s: %w", o.Ref, o.DestinationID, ErrElsewhere)
		}
	}
	failed := &ImportError{}
	for _, e := range result.Errors {
		if id := e.Error.DestinationID; id != "" && id != e.ID {
			return fmt.Errorf("%s comes under the id %s: %w", e.Ref, id, ErrElsewhere)
		}
		failed.Failures = append(failed.Failures, Failure{
			Ref: e.Ref, Kind: e.Error.Type, References: e.Error.References, Status: e.Error.StatusCode, Message: e.Error.Message,
		})
	}
	if len(failed.Failures) > 0 {
		return failed
	}
	if !result.Success || result.SuccessCount != n {
		return fmt.Errorf("%d of %d objects were imported, and Kibana does not say why", result.SuccessCount, n)
	}
	return nil
}
