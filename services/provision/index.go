package provision

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/cenkalti/backoff/v5"
	"github.com/elastic/go-elasticsearch/v8/esapi"

	"catsvdogs/schemas"
	"catsvdogs/services/pipeline/elastic"
)

// maxAnswerBytes bounds an answer; a year of daily indices takes some two megabytes.
const maxAnswerBytes = 64 << 20

// settingsComponent is the component template that --index-replicas and --keep-indices change.
const settingsComponent = "catsvdogs-settings"

// indices makes everything that Elasticsearch needs: the lifecycle policy first, because the settings name it, then the
// components, then the templates composed of them, then the indices that were there before.
func (p *provisioner) indices(ctx context.Context) error {
	s, err := p.indexServer()
	if err != nil {
		return err
	}
	policy, err := s.ensureLifecycle(ctx, p.cfg.KeepIndices)
	if err != nil {
		return refusedByIndex(fmt.Errorf("lifecycle policy %s: %w", lifecyclePolicy, err))
	}
	for _, c := range schemas.ComponentTemplates() {
		body := c.Body
		if c.Name == settingsComponent {
			if body, err = withSettings(body, p.cfg.IndexReplicas, policy); err != nil {
				return backoff.Permanent(err)
			}
		}
		if err := s.ensureTemplate(ctx, componentTemplate, c.Name, body); err != nil {
			return refusedByIndex(fmt.Errorf("component template %s: %w", c.Name, err))
		}
	}
	for _, i := range schemas.IndexTemplates() {
		if err := s.ensureTemplate(ctx, indexTemplate, i.Name, i.Body); err != nil {
			return refusedByIndex(fmt.Errorf("index template %s: %w", i.Name, err))
		}
	}
	for _, i := range schemas.IndexTemplates() {
		want, err := s.simulate(ctx, i.Name)
		if err != nil {
			return refusedByIndex(fmt.Errorf("read the index template %s back: %w", i.Name, err))
		}
		if err := s.growIndices(ctx, i.Name, want); err != nil {
			return refusedByIndex(fmt.Errorf("indices of %s: %w", i.Name, err))
		}
	}
	for _, name := range []string{deadLetters, accounts} {
		if err := s.ensureFirst(ctx, name, time.Now()); err != nil {
			return refusedByIndex(fmt.Errorf("indices of %s: %w", name, err))
		}
	}
	return nil
}

// Templates, and aliases, of which the indices are of a month always.
const (
	deadLetters = "dead-letters"
	accounts    = "catsvdogs-ledger" // what the ledger keeps
)

// ensureFirst makes the index of this month where a template has none at all: without one Kibana knows no field of dead
// letters, or of accounts, and would show errors for as long as none has been refused, or no ledger runs. Posts need no
// such help.
func (s *indexServer) ensureFirst(ctx context.Context, template string, now time.Time) error {
	all, err := s.openIndices(ctx, template)
	if err != nil || len(all) > 0 {
		return err
	}
	name := template + "-" + now.UTC().Format("2006.01")
	err = s.do(ctx, esapi.IndicesCreateRequest{Index: name})
	if alreadyExists(err) {
		return nil // made a moment ago, by another provision or the first document
	}
	if err != nil {
		return err
	}
	s.tell("index "+name, "made")
	return nil
}

// withSettings returns the body of the settings component with these replicas and, unless it is empty, the policy.
func withSettings(body []byte, replicas int, policy string) ([]byte, error) {
	t, err := decodeObject(body)
	if err != nil {
		return nil, fmt.Errorf("component template %s: %w", settingsComponent, err)
	}
	index := at(t, "template", "settings", "index")
	if index == nil {
		return nil, fmt.Errorf("component template %s: it has no settings of the index", settingsComponent)
	}
	index["number_of_replicas"] = replicas
	if policy != "" {
		index["lifecycle"] = object{"name": policy}
	}
	return json.Marshal(t)
}

// indexServer is Elasticsearch as provision uses it.
type indexServer struct {
	transport esapi.Transport
	tell      func(subject, format string, args ...any)
}

func (p *provisioner) indexServer() (*indexServer, error) {
	t, err := elastic.Connect(p.cfg.Elasticsearch)
	if err != nil {
		return nil, backoff.Permanent(err)
	}
	return &indexServer{transport: t, tell: p.tell}, nil
}

// get returns the answer as an object; nil when the server says that there is no such thing.
func (s *indexServer) get(ctx context.Context, r esapi.Request) (object, error) {
	body, err := elastic.Do(ctx, s.transport, r, maxAnswerBytes)
	if statusOf(err) == http.StatusNotFound {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return decodeObject(body)
}

func (s *indexServer) do(ctx context.Context, r esapi.Request) error {
	_, err := elastic.Do(ctx, s.transport, r, maxAnswerBytes)
	return err
}
