//go:build unix

package e2e

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"
	"github.com/minio/minio-go/v7"
	"github.com/twmb/franz-go/pkg/kadm"

	"catsvdogs/schemas"
	"catsvdogs/services/pipeline/elastic"
	"catsvdogs/services/pipeline/kafkatest"
	"catsvdogs/services/pipeline/objectstore"
	"catsvdogs/services/pipeline/topic"
)

// What the pipeline makes on servers, by name.
var (
	pipelineTopics = []string{topic.Raw, topic.Enriched, topic.DeadLetter, topic.IngestState}
	pipelineGroups = []string{"enricher", "sink-index", "sink-archive", "sink-dead-letters"}
	pipelineIndex  = regexp.MustCompile(`^(tweets|dead-letters|catsvdogs-ledger)-\d{4}\.\d{2}(\.\d{2})?$`)
)

// pristine is for tests that use the pipeline's own names on the servers. It fails where a server holds something by such
// a name, because that would be somebody's, and removes what the test has made.
func pristine(t *testing.T, s *servers) (bucket objectstore.Config) {
	t.Helper()
	admin := kadm.NewClient(kafkatest.Client(t, s.broker()))
	topics, err := admin.ListTopics(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range pipelineTopics {
		if topics.Has(name) {
			t.Fatalf("%s has a topic %s: is a pipeline running there? This test would make and remove it; give servers of its own, or none", s.kafka.Addr, name)
		}
	}
	index, err := elastic.Connect(s.elastic())
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range schemas.IndexTemplates() {
		if status, _ := ask(t, index, esapi.IndicesGetIndexTemplateRequest{Name: i.Name}); status != http.StatusNotFound {
			t.Fatalf("%s has an index template %s: is a pipeline running there? This test would make and remove it; give servers of its own, or none", s.index.Addr, i.Name)
		}
	}
	if found := pipelineIndices(t.Context(), t, index); len(found) > 0 {
		t.Fatalf("%s has the index %s: is a pipeline running there? This test would make and remove such; give servers of its own, or none", s.index.Addr, found[0])
	}
	bucket = s.bucket("e2e-" + strings.ToLower(rand.Text()))
	groups, err := admin.ListGroups(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		// The test's own context has ended.
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if _, err := admin.DeleteTopics(ctx, pipelineTopics...); err != nil {
			t.Errorf("remove the topics: %v", err)
		}
		after, err := admin.ListGroups(ctx)
		if err != nil {
			t.Errorf("remove the groups: %v", err)
		}
		left := slices.DeleteFunc(after.Groups(), func(g string) bool {
			_, before := groups[g]
			return before || !slices.Contains(pipelineGroups, g)
		})
		if _, err := admin.DeleteGroups(ctx, left...); err != nil {
			t.Errorf("remove the groups: %v", err)
		}
		removeIndices(ctx, t, index)
		removeBucket(ctx, t, bucket)
	})
	return bucket
}

// pipelineIndices lists the indices that have names of the pipeline's.
func pipelineIndices(ctx context.Context, t *testing.T, index esapi.Transport) []string {
	t.Helper()
	answer, err := elastic.Do(ctx, index, esapi.CatIndicesRequest{Index: []string{"tweets-20*.*", "dead-letters-20*.*", "catsvdogs-ledger-20*.*"}, Format: "json"}, 1<<20)
	var found []struct{ Index string }
	if err == nil {
		err = json.Unmarshal(answer, &found)
	}
	if err != nil {
		t.Errorf("list the indices: %v", err)
	}
	var names []string
	for _, x := range found {
		if pipelineIndex.MatchString(x.Index) {
			names = append(names, x.Index)
		}
	}
	return names
}

// removeIndices removes what the pipeline makes in Elasticsearch. None of it was there before.
func removeIndices(ctx context.Context, t *testing.T, index esapi.Transport) {
	t.Helper()
	for _, name := range pipelineIndices(ctx, t, index) {
		if _, err := elastic.Do(ctx, index, esapi.IndicesDeleteRequest{Index: []string{name}}, 1<<20); err != nil {
			t.Errorf("remove an index: %v", err)
		}
	}
	// It may not have come to the templates.
	for _, i := range schemas.IndexTemplates() {
		_, _ = elastic.Do(ctx, index, esapi.IndicesDeleteIndexTemplateRequest{Name: i.Name}, 1<<20)
	}
	for _, c := range schemas.ComponentTemplates() {
		_, _ = elastic.Do(ctx, index, esapi.ClusterDeleteComponentTemplateRequest{Name: c.Name}, 1<<20)
	}
}

// removeBucket removes a bucket with all versions in it.
func removeBucket(ctx context.Context, t *testing.T, cfg objectstore.Config) {
	t.Helper()
	store, err := objectstore.Connect(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if there, err := store.BucketExists(ctx, cfg.S3Bucket); err == nil && !there {
		return
	}
	if err := store.RemoveBucketWithOptions(ctx, cfg.S3Bucket, minio.RemoveBucketOptions{ForceDelete: true}); err == nil {
		return // MinIO can do that at once
	}
	for o := range store.ListObjects(ctx, cfg.S3Bucket, minio.ListObjectsOptions{Recursive: true, WithVersions: true}) {
		if err := store.RemoveObject(ctx, cfg.S3Bucket, o.Key, minio.RemoveObjectOptions{VersionID: o.VersionID}); err != nil {
			t.Errorf("remove %s: %v", o.Key, err)
		}
	}
	if err := store.RemoveBucket(ctx, cfg.S3Bucket); err != nil {
		t.Errorf("remove the bucket: %v", err)
	}
}

// ask sends a request to Elasticsearch and returns status and body of any answer.
func ask(t *testing.T, index esapi.Transport, r esapi.Request) (status int, body []byte) {
	t.Helper()
	resp, err := r.Do(t.Context(), index)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if resp.Body != nil {
		defer resp.Body.Close()
		if _, err := b.ReadFrom(resp.Body); err != nil {
			t.Fatal(err)
		}
	}
	return resp.StatusCode, b.Bytes()
}
