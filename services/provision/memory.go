package provision

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"catsvdogs/services/pipeline/elastic"
	"catsvdogs/services/provision/savedobjects"
)

// memoryIndex holds what provision has imported into Kibana, a small document for each object.
//
// Why an index of our own. Whether a person has changed a dashboard shows only against what Kibana made of it when it
// was imported, and that must be kept somewhere. In the object itself there is no place for it: attributes are strict,
// editors drop what they do not know, and a note of the form that Kibana gives an object can be written only after
// Kibana has given it. An index lives and dies with Kibana's own objects, which are in the same Elasticsearch, survives
// restarts and upgrades of Kibana, and needs nothing but what provision has anyway. Where it is lost, provision takes
// every object that is not as wanted for changed by a person: the mistake that destroys nothing.
const memoryIndex = "catsvdogs-provision"

const memoryMapping = `{"settings":{"index":{"number_of_shards":1,"number_of_replicas":%d,"hidden":true}},
"mappings":{"dynamic":"strict","properties":{"updated_at":{"type":"keyword"},"stored":{"type":"keyword"},"source":{"type":"keyword"}}}}`

// remembered is what is known of an object since it was last imported. The zero value knows nothing.
type remembered struct {
	// UpdatedAt is when Kibana says that it was last saved. No upgrade of Kibana changes it, though it changes the
	// attributes.
	UpdatedAt string `json:"updated_at"`
	// Stored is the digest of what was read back. A person who saves a dashboard without changing it leaves it as it is.
	Stored string `json:"stored"`
	// Source is the digest of what was imported.
	Source string `json:"source"`
}

// rememberedOf is what is to be remembered when want was imported and reads back as stored.
func rememberedOf(want, stored savedobjects.Object) remembered {
	return remembered{UpdatedAt: stored.UpdatedAt, Stored: digest(stored), Source: digest(want)}
}

// isUntouched says that no person has changed the object since it was imported.
func (r remembered) isUntouched(present savedobjects.Object) bool {
	return r.UpdatedAt != "" && (r.UpdatedAt == present.UpdatedAt || r.Stored == digest(present))
}

// memory remembers across runs.
type memory struct {
	server   *indexServer
	replicas int
}

// open makes the index when it is missing.
func (m *memory) open(ctx context.Context) error {
	found, err := m.server.get(ctx, esapi.IndicesGetRequest{Index: []string{memoryIndex}})
	if err != nil || found != nil {
		return err
	}
	body := fmt.Sprintf(memoryMapping, m.replicas)
	err = m.server.do(ctx, esapi.IndicesCreateRequest{Index: memoryIndex, Body: strings.NewReader(body)})
	if alreadyExists(err) {
		return nil // by another provision, a moment ago
	}
	return err
}

func (m *memory) recall(ctx context.Context, ref savedobjects.Ref) (remembered, error) {
	var found struct {
		Source remembered `json:"_source"`
	}
	body, err := elastic.Do(ctx, m.server.transport, esapi.GetRequest{Index: memoryIndex, DocumentID: memoryID(ref)}, maxAnswerBytes)
	if statusOf(err) == http.StatusNotFound {
		return remembered{}, nil
	}
	if err == nil {
		err = json.Unmarshal(body, &found)
	}
	return found.Source, err
}

func (m *memory) note(ctx context.Context, ref savedobjects.Ref, now remembered) error {
	action, err1 := json.Marshal(object{"index": object{"_index": memoryIndex, "_id": memoryID(ref)}})
	document, err2 := json.Marshal(now)
	if err := errors.Join(err1, err2); err != nil {
		return err
	}
	lines := bytes.Join([][]byte{action, document, nil}, []byte("\n"))
	answer, err := elastic.Do(ctx, m.server.transport, esapi.BulkRequest{Body: bytes.NewReader(lines)}, maxAnswerBytes)
	if err != nil {
		return err
	}
	var result struct {
		Errors bool            `json:"errors"`
		Items  json.RawMessage `json:"items"`
	}
	if err := json.Unmarshal(answer, &result); err != nil {
		return err
	}
	if result.Errors {
		return fmt.Errorf("note what was imported: %s", result.Items)
	}
	return nil
}

func memoryID(ref savedobjects.Ref) string { return ref.Type + ":" + ref.ID }
