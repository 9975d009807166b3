//go:build unix

package e2e

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"
	"github.com/klauspost/compress/zstd"
	"github.com/minio/minio-go/v7"

	"catsvdogs/services/e2e/realparts"
	"catsvdogs/services/pipeline/elastic"
	"catsvdogs/services/pipeline/kafkatest"
	"catsvdogs/services/pipeline/objectstore"
)

// What follows counts with nothing of what it counts: no code of the sink or of package archived.

type archivedPlace struct {
	partition int32
	offset    int64
}

// countArchive wants each committed record of a topic in the archive once, with its key and its value byte for byte, and
// nothing else.
func countArchive(t *testing.T, s *servers, cfg objectstore.Config, topicName string) {
	t.Helper()
	store := s.client(t, cfg)
	lines := map[archivedPlace]int{}
	values := map[archivedPlace][2]string{}
	objects := 0
	for info := range store.ListObjects(t.Context(), cfg.S3Bucket, minio.ListObjectsOptions{Prefix: topicName + "/", Recursive: true}) {
		if info.Err != nil {
			t.Fatal(info.Err)
		}
		objects++
		body, err := store.GetObject(t.Context(), cfg.S3Bucket, info.Key, minio.GetObjectOptions{})
		if err != nil {
			t.Fatal(err)
		}
		unpacked, err := zstd.NewReader(body)
		if err != nil {
			t.Fatal(err)
		}
		scanner := bufio.NewScanner(unpacked)
		scanner.Buffer(nil, 8<<20)
		for scanner.Scan() {
			var line struct {
				Topic     string
				Partition int32
				Offset    int64
				Key       string
				Value     json.RawMessage
				Base64    string `json:"value_base64"`
			}
			if err := json.Unmarshal(scanner.Bytes(), &line); err != nil || line.Topic != topicName {
				t.Fatalf("%s: %s, %v", info.Key, scanner.Bytes(), err)
			}
			value := string(line.Value)
			if line.Base64 != "" {
				decoded, err := base64.StdEncoding.DecodeString(line.Base64)
				if err != nil {
					t.Fatal(err)
				}
				value = string(decoded)
			}
			at := archivedPlace{line.Partition, line.Offset}
			lines[at]++
			values[at] = [2]string{line.Key, value}
		}
		if err := scanner.Err(); err != nil {
			t.Fatalf("%s: %v", info.Key, err)
		}
		unpacked.Close()
		_ = body.Close()
	}
	records := kafkatest.ReadAll(t, s.broker(), topicName)
	missing, doubled, different := 0, 0, 0
	for _, r := range records {
		at := archivedPlace{r.Partition, r.Offset}
		want := [2]string{string(r.Key), string(r.Value)}
		if r.Value == nil {
			want[1] = "null"
		}
		switch {
		case lines[at] == 0:
			missing++
		case lines[at] > 1:
			doubled++
		case values[at] != want:
			different++
		}
		delete(lines, at)
	}
	if missing+doubled+different+len(lines) > 0 || len(records) == 0 {
		t.Errorf("of %d committed records of %s %d are not in the archive, %d more than once, %d not as they were; %d others are there",
			len(records), topicName, missing, doubled, different, len(lines))
	}
	realparts.Say("%s: each of %d committed records is in one of %d objects", topicName, len(records), objects)
}

func (s *servers) client(t *testing.T, cfg objectstore.Config) *minio.Client {
	t.Helper()
	store, err := objectstore.Connect(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return store
}

// countIndex wants each post in one index, as it was committed last.
func countIndex(t *testing.T, s *servers, posts map[string]newest) {
	t.Helper()
	index := connect(t, s.elastic())
	if _, err := elastic.Do(t.Context(), index, esapi.IndicesRefreshRequest{Index: []string{"tweets-20*.*"}}, 1<<20); err != nil {
		t.Fatal(err)
	}
	type document struct {
		ObservedAt time.Time `json:"observed_at"`
		DeletedAt  time.Time `json:"deleted_at"`
		Text       string
	}
	found := map[string][]document{}
	for after := ""; ; {
		question := `{"size":1000,"sort":["tweet_id"],"query":{"match_all":{}}` + after + `}`
		answer, err := elastic.Do(t.Context(), index, esapi.SearchRequest{Index: []string{"tweets-20*.*"}, Body: strings.NewReader(question)}, 64<<20)
		if err != nil {
			t.Fatal(err)
		}
		var page struct {
			Hits struct {
				Hits []struct {
					ID     string   `json:"_id"`
					Source document `json:"_source"`
					Sort   json.RawMessage
				}
			}
		}
		if err := json.NewDecoder(bytes.NewReader(answer)).Decode(&page); err != nil {
			t.Fatal(err)
		}
		hits := page.Hits.Hits
		if len(hits) == 0 {
			break
		}
		for _, h := range hits {
			found[h.ID] = append(found[h.ID], h.Source)
		}
		after = `,"search_after":` + string(hits[len(hits)-1].Sort)
	}
	wrong, deleted := 0, 0
	for id, want := range posts {
		of := found[id]
		delete(found, id)
		if want.deleted {
			deleted++
		}
		switch {
		case len(of) != 1:
		case want.deleted && of[0].DeletedAt.UnixMilli() == want.at:
			continue
		case !want.deleted && of[0].ObservedAt.UnixMilli() == want.at && of[0].Text == want.text && of[0].DeletedAt.IsZero():
			continue
		}
		if wrong++; wrong < 10 {
			t.Errorf("the index has %+v of post %s, want %+v", of, id, want)
		}
	}
	if wrong > 0 || len(found) > 0 || len(posts) == 0 || deleted == 0 {
		t.Errorf("of %d posts, %d of them deleted, %d are wrong in the index; %d others are there", len(posts), deleted, wrong, len(found))
	}
	realparts.Say("each of %d posts, %d of them deleted, is in the index as it was last", len(posts), deleted)
}
