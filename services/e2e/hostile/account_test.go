package hostile

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"unicode"

	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/services/ledger"
	"catsvdogs/services/ledger/account"
	"catsvdogs/services/pipeline/archived"
	"catsvdogs/services/pipeline/config"
	"catsvdogs/services/pipeline/delivery"
	"catsvdogs/services/pipeline/kafkatest"
	"catsvdogs/services/pipeline/objectstore"
	"catsvdogs/services/pipeline/topic"
)

// place is where a record stands, as topic/partition/offset.
func place(topicName string, partition int32, offset int64) string {
	return delivery.Place{Topic: topicName, Partition: partition, Offset: offset}.String()
}

// fates says of each record of tweets.raw what it became.
type fates struct {
	documents, letters map[string]int
	reasons            map[string]string
}

func (p *pipeline) fates(t *testing.T) fates {
	t.Helper()
	f := fates{map[string]int{}, map[string]int{}, map[string]string{}}
	for _, r := range kafkatest.ReadAll(t, p.kafka, topic.Enriched) {
		header := map[string]string{}
		for _, h := range r.Headers {
			header[h.Key] = string(h.Value)
		}
		f.documents[topic.Raw+"/"+header[topic.HeaderOriginPartition]+"/"+header[topic.HeaderOriginOffset]]++
	}
	for _, r := range kafkatest.ReadAll(t, p.kafka, topic.DeadLetter) {
		at, err := delivery.Origin(r)
		if err != nil {
			t.Errorf("a dead letter does not say where from: %v", err)
			continue
		}
		_, reason, err := delivery.Why(r)
		if err != nil || reason == "" {
			t.Errorf("the dead letter of %s has no reason: %v", at, err)
		}
		f.letters[at.String()]++
		f.reasons[at.String()] = reason
	}
	return f
}

// archiveHoldsAll compares the archive with the topics, byte for byte.
func (p *pipeline) archiveHoldsAll(t *testing.T) {
	t.Helper()
	client, err := objectstore.Connect(p.s3)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{topic.Raw, topic.Enriched} {
		want := map[string]*kgo.Record{}
		for _, r := range kafkatest.ReadAll(t, p.kafka, name) {
			want[place(name, r.Partition, r.Offset)] = r
		}
		err := archived.NewBucket(client, p.s3.S3Bucket).Read(t.Context(), name, func(l archived.Line) error {
			at := place(l.Topic, l.Partition, l.Offset)
			r := want[at]
			if r == nil {
				return fmt.Errorf("%s is in the archive twice, or nowhere else", at)
			}
			if !bytes.Equal(r.Key, l.Key) || !bytes.Equal(r.Value, l.Value) {
				t.Errorf("%s is another one in the archive", at)
			}
			delete(want, at)
			return nil
		})
		if err != nil {
			t.Errorf("the archive of %s cannot be read: %v", name, err)
		}
		for at := range want {
			t.Errorf("%s is not in the archive", at)
		}
	}
}

// balances has the ledger hold all against each other, with what it knows by itself of the lines that it reads. It is right about
// the records whose keys are not those of their posts, which no ingest writes.
func (p *pipeline) balances(t *testing.T) {
	t.Helper()
	var said bytes.Buffer
	audit := ledger.AuditConfig{}
	if err := config.Defaults(&audit); err != nil {
		t.Fatal(err)
	}
	audit.Kafka, audit.Elasticsearch, audit.S3, audit.Contest, audit.JSON, audit.Out, audit.MaxFindings = p.kafka, p.elastic, p.s3, contestFile, true, &said, 1000
	if err := ledger.Audit(t.Context(), audit); err != nil && !errors.Is(err, ledger.ErrFound) {
		t.Fatal(err)
	}
	var drawn account.Account
	if err := json.Unmarshal(said.Bytes(), &drawn); err != nil {
		t.Fatal(err)
	}
	if drawn.Raw.Archived == 0 || int64(len(drawn.Findings)) != drawn.FindingsAll {
		t.Errorf("it tells %d of %d findings of %d records", len(drawn.Findings), drawn.FindingsAll, drawn.Raw.Archived)
	}
	for _, f := range drawn.Findings {
		if f.Kind != account.Scattered && f.Detail != "what was made of it says otherwise in the raw record's key" {
			t.Errorf("%+v", f)
		}
	}
}

// get asks one of our servers and returns the answer.
func get(t *testing.T, url string) (http.Header, []byte) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{DisableKeepAlives: true}
	response, err := transport.RoundTrip(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("GET %s: %s, %v\n%.300s", url, response.Status, err, body)
	}
	return response.Header, body
}

// found counts what the index has of a query.
func (p *pipeline) found(t *testing.T, index, query string) int {
	t.Helper()
	_, body := get(t, p.elastic.ElasticsearchURL+"/"+index+"/_count?ignore_unavailable=true&q="+query)
	var answer struct{ Count int }
	if err := json.Unmarshal(body, &answer); err != nil {
		t.Fatal(err)
	}
	return answer.Count
}

// logIsLines says that nothing of what was logged looks like a line of its own, commands a terminal, or hides.
func (p *pipeline) logIsLines(t *testing.T) {
	t.Helper()
	for line := range strings.Lines(p.log.String()) {
		line = strings.TrimSuffix(line, "\n")
		if !strings.HasPrefix(line, "time=") {
			t.Errorf("this is no line of ours: %.200q", line)
		}
		if strings.ContainsFunc(line, func(r rune) bool { return !unicode.IsPrint(r) }) {
			t.Errorf("there is more in the line than can be seen: %.200q", line)
		}
		if len(line) > 8<<10 {
			t.Errorf("a line of %d bytes: %.200q", len(line), line)
		}
	}
}

// indices are the names of all that there are.
func (p *pipeline) indices(t *testing.T) (names []string) {
	t.Helper()
	_, body := get(t, p.elastic.ElasticsearchURL+"/_cat/indices?format=json")
	var answer []struct{ Index string }
	if err := json.Unmarshal(body, &answer); err != nil {
		t.Fatal(err)
	}
	for _, one := range answer {
		names = append(names, one.Index)
	}
	return names
}
