package provision

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/cenkalti/backoff/v5"

	"catsvdogs/services/pipeline/elastic"
	"catsvdogs/services/provision/savedobjects"
)

// statusOf returns the HTTP status of an answer that is no success, or 0.
func statusOf(err error) int {
	var answer *elastic.StatusError
	if errors.As(err, &answer) {
		return answer.Status
	}
	return 0
}

// indexRefusal is what an answer of Elasticsearch says in its error, which is an object or, from the HTTP layer, text.
func indexRefusal(answer *elastic.StatusError) (kind, reason string) {
	var body struct {
		Error json.RawMessage `json:"error"`
	}
	var detail struct{ Type, Reason string }
	if json.Unmarshal([]byte(answer.Body), &body) != nil || json.Unmarshal(body.Error, &detail) != nil {
		if json.Unmarshal(body.Error, &reason) != nil {
			reason = answer.Body
		}
		return "", reason
	}
	return detail.Type, detail.Reason
}

// refusedByIndex says in plain words what Elasticsearch has against a request, and ends the waiting where waiting
// cannot help: for answers of the 400s other than 429.
func refusedByIndex(err error) error {
	var answer *elastic.StatusError
	if !errors.As(err, &answer) {
		return err
	}
	_, reason := indexRefusal(answer)
	what, _, _ := strings.Cut(err.Error(), ": Elasticsearch answered")
	switch {
	case answer.Status == http.StatusUnauthorized:
		return backoff.Permanent(fmt.Errorf("%s: Elasticsearch does not accept the user or the key (401); check --elasticsearch-username and the password, or --elasticsearch-api-key", what))
	case answer.Status == http.StatusForbidden:
		return backoff.Permanent(fmt.Errorf("%s: Elasticsearch forbids it (403)%s", what, missingPrivilege(reason)))
	case answer.Status < http.StatusInternalServerError && answer.Status != http.StatusTooManyRequests:
		return backoff.Permanent(fmt.Errorf("%s: Elasticsearch answered %d: %s", what, answer.Status, reason))
	}
	return fmt.Errorf("%s: Elasticsearch answered %d: %s", what, answer.Status, reason)
}

// missingPrivilege turns "… this action is granted by the cluster privileges [manage_index_templates,manage,all]" into
// the least privilege that helps. Elasticsearch lists the narrowest first.
func missingPrivilege(reason string) string {
	_, granted, found := strings.Cut(reason, "this action is granted by the ")
	scope, list, found2 := strings.Cut(granted, " privileges [")
	if !found || !found2 {
		return ": " + reason
	}
	list, _, _ = strings.Cut(list, "]")
	least, others, _ := strings.Cut(list, ",")
	_, on, onIndices := strings.Cut(reason, " on indices [")
	on, _, _ = strings.Cut(on, "]")
	text := fmt.Sprintf(": the user or key lacks the %s privilege %s", scope, least)
	if onIndices {
		text += " on " + on
	}
	if others != "" {
		text += " (or one of " + others + ")"
	}
	return text
}

// refusedByKibana says in plain words what Kibana has against a request, and ends the waiting where waiting cannot
// help. version may be empty.
func refusedByKibana(err error, version string) error {
	var refused *savedobjects.StatusError
	var failed *savedobjects.ImportError
	switch {
	case err == nil:
		return nil
	case errors.Is(err, savedobjects.ErrConflict):
		// Another provision was faster. The next look finds what it has made.
		return fmt.Errorf("%w; made by somebody else at the same time", err)
	case errors.Is(err, savedobjects.ErrElsewhere):
		return backoff.Permanent(fmt.Errorf("%w; delete both in Kibana (Stack Management, Saved Objects), then provision again", err))
	case errors.As(err, &failed):
		for _, f := range failed.Failures {
			if f.Status >= http.StatusInternalServerError || f.Status == http.StatusTooManyRequests {
				return err
			}
		}
		return backoff.Permanent(err)
	case !errors.As(err, &refused):
		return err
	}
	switch refused.Status {
	case http.StatusUnauthorized:
		err = fmt.Errorf("%w; check --kibana-username and the password, or --kibana-api-key", err)
	case http.StatusForbidden:
		err = fmt.Errorf("%w; the user or key needs the Kibana privileges Dashboard: All, Data View Management: All and Saved Objects Management: All in the default space", err)
	case http.StatusUnprocessableEntity:
		err = fmt.Errorf("%w; this Kibana%s is too old for the dashboards; 8.19 takes them", err, before(" ", version))
	case http.StatusNotFound:
		// Not final: a proxy answers so before Kibana is up.
		return fmt.Errorf("%w; does --kibana-url have the base path (server.basePath) it needs?", err)
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		err = fmt.Errorf("%w; does --kibana-url have the right scheme, and the base path it needs?", err)
	case http.StatusBadRequest, http.StatusRequestEntityTooLarge:
	default:
		return err
	}
	return backoff.Permanent(err)
}

func before(space, text string) string {
	if text == "" {
		return ""
	}
	return space + text
}

// alreadyExists says that an index could not be made because it is there.
func alreadyExists(err error) bool {
	var answer *elastic.StatusError
	if !errors.As(err, &answer) {
		return false
	}
	kind, _ := indexRefusal(answer)
	return kind == "resource_already_exists_exception"
}
