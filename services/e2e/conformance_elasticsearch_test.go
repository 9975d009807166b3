//go:build unix

package e2e

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"catsvdogs/schemas"
	"catsvdogs/services/embedded/elasticsearch"
	"catsvdogs/services/pipeline/elastic"
)

func TestTheEmbeddedIndexAnswersAsElasticsearchDoes(t *testing.T) {
	t.Parallel()
	x := embeddedIndex(t)
	conform(t, x, indexQuestions(), indexDifferences())
}

func TestRealElasticsearchAnswersAsIsWrittenDown(t *testing.T) {
	s := realServers(t)
	x := newIndexUnderTest(t, s.elastic(), s.index.Given())
	conform(t, x, indexQuestions(), nil)
}

// indexUnderTest is an Elasticsearch, or what stands in for it.
type indexUnderTest struct {
	transport esapi.Transport
	prefix    string // of all names; stands for $ in requests
	given     bool   // by somebody, with settings that are not ours
}

// embeddedIndex is the embedded server with its data in the test's folder.
func embeddedIndex(t *testing.T) *indexUnderTest {
	t.Helper()
	server, err := elasticsearch.Start(t.Context(), elasticsearch.Config{Listen: "127.0.0.1:0", Dir: t.TempDir(), Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	return newIndexUnderTest(t, elastic.Config{ElasticsearchURL: server.URL()}, false)
}

// newIndexUnderTest puts the pipeline's own templates under names of the test, and removes what is under such names when
// the test ends.
func newIndexUnderTest(t *testing.T, cfg elastic.Config, given bool) *indexUnderTest {
	t.Helper()
	transport, err := elastic.Connect(cfg)
	if err != nil {
		t.Fatal(err)
	}
	x := &indexUnderTest{transport: transport, prefix: "e2e-" + strings.ToLower(rand.Text()), given: given}
	t.Cleanup(func() { x.remove(t) })
	for _, c := range schemas.ComponentTemplates() {
		x.must(t, "PUT /_component_template/"+x.renamed(c.Name), string(c.Body))
	}
	for _, i := range schemas.IndexTemplates() {
		x.must(t, "PUT /_index_template/$-"+i.Name, x.renamed(string(i.Body)))
	}
	return x
}

// renamed puts the test's prefix before every name that a template gives or refers to.
func (x *indexUnderTest) renamed(template string) string {
	replace := []string{"catsvdogs-", x.prefix + "-"}
	for _, i := range schemas.IndexTemplates() {
		replace = append(replace, `"`+i.Name+`-20*.*"`, `"`+x.prefix+"-"+i.Name+`-*"`, `"`+i.Name+`":`, `"`+x.prefix+"-"+i.Name+`":`)
	}
	return strings.NewReplacer(replace...).Replace(template)
}

// remove is called when the test's own context has ended.
func (x *indexUnderTest) remove(t *testing.T) {
	t.Helper()
	var found []struct{ Index string }
	if err := json.Unmarshal(x.send(context.Background(), t, "GET /_cat/indices/$-*?format=json", "").body, &found); err != nil {
		t.Errorf("list indices: %v", err)
	}
	for _, i := range found {
		x.send(context.Background(), t, "DELETE /"+i.Index, "")
	}
	for _, i := range schemas.IndexTemplates() {
		x.send(context.Background(), t, "DELETE /_index_template/$-"+i.Name, "")
	}
	for _, c := range schemas.ComponentTemplates() {
		x.send(context.Background(), t, "DELETE /_component_template/"+x.renamed(c.Name), "")
	}
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// send sends "METHOD /path" with a body; $ in either stands for the prefix.
func (x *indexUnderTest) send(ctx context.Context, t *testing.T, request, body string) answer {
	t.Helper()
	method, path, _ := strings.Cut(strings.ReplaceAll(request, "$", x.prefix), " ")
	var content io.Reader = http.NoBody
	if body != "" {
		content = strings.NewReader(strings.ReplaceAll(body, "$", x.prefix))
	}
	req, err := http.NewRequestWithContext(ctx, method, path, content)
	if err != nil {
		t.Fatal(err)
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
		if strings.Contains(path, "_bulk") {
			req.Header.Set("Content-Type", "application/x-ndjson")
		}
	}
	resp, err := x.transport.Perform(req)
	if err != nil {
		t.Fatalf("%s: %v", request, err)
	}
	defer resp.Body.Close()
	a := answer{status: resp.StatusCode, header: resp.Header}
	if a.body, err = io.ReadAll(resp.Body); err != nil {
		t.Fatalf("%s: %v", request, err)
	}
	return a
}

func (x *indexUnderTest) must(t *testing.T, request, body string) answer {
	t.Helper()
	a := x.send(t.Context(), t, request, body)
	if a.status >= 300 {
		t.Fatalf("%s: %d %s", request, a.status, a.body)
	}
	return a
}

// brief is the status and, of a refusal, its name.
func (a answer) brief() string {
	var refusal struct {
		Error struct{ Type string }
	}
	_ = json.Unmarshal(a.body, &refusal) // some refusals are no object
	return strings.TrimSpace(fmt.Sprint(a.status, " ", refusal.Error.Type))
}

// at is a value in the answer, by the names and numbers on the way to it.
func (a answer) at(path ...any) any {
	var value any
	d := json.NewDecoder(bytes.NewReader(a.body))
	d.UseNumber()
	if err := d.Decode(&value); err != nil {
		return err.Error()
	}
	for _, step := range path {
		switch step := step.(type) {
		case string:
			object, _ := value.(map[string]any)
			value = object[step]
		case int:
			list, _ := value.([]any)
			if step >= len(list) {
				return nil
			}
			value = list[step]
		}
	}
	return value
}

// verdicts are the items of the answer to a bulk: status, and result and version, or the name of the refusal.
func (a answer) verdicts() []string {
	var bulk struct {
		Items []map[string]struct {
			Status  int
			Result  string
			Version int64 `json:"_version"`
			Error   struct{ Type string }
		}
	}
	if err := json.Unmarshal(a.body, &bulk); err != nil || a.status != http.StatusOK {
		return []string{a.brief()}
	}
	var lines []string
	for _, item := range bulk.Items {
		for _, v := range item {
			line := fmt.Sprint(v.Status, " ", v.Error.Type)
			if v.Error.Type == "" {
				line = fmt.Sprint(v.Status, " ", v.Result, " ", v.Version)
			}
			lines = append(lines, line)
		}
	}
	return lines
}
