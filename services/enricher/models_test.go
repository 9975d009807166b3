package enricher

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/schemas"
	"catsvdogs/services/pipeline/config"
	"catsvdogs/services/pipeline/kafkatest"
	"catsvdogs/services/pipeline/topic"
	"catsvdogs/services/pipeline/tweet"
)

// model answers as the documentation of judge and vision demands, and fails when told to.
type model struct {
	*httptest.Server
	fails atomic.Bool
}

func startModel(t *testing.T) *model {
	t.Helper()
	m := new(model)
	mux := http.NewServeMux()
	reply := func(w http.ResponseWriter, r *http.Request, questions, answers string, one map[string]any) {
		if m.fails.Load() {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		var asked map[string]json.RawMessage
		var list []struct{ ID string }
		if err := json.NewDecoder(r.Body).Decode(&asked); err != nil || json.Unmarshal(asked[questions], &list) != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		said := []map[string]any{}
		for _, q := range list {
			this := map[string]any{"id": q.ID}
			for k, v := range one {
				this[k] = v
			}
			said = append(said, this)
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"model": "made-up-" + answers, answers: said})
	}
	mux.HandleFunc("POST /sentiment", func(w http.ResponseWriter, r *http.Request) {
		reply(w, r, "texts", "verdicts", map[string]any{"score": -0.5, "label": "negative"})
	})
	mux.HandleFunc("POST /vision", func(w http.ResponseWriter, r *http.Request) {
		reply(w, r, "posts", "answers", map[string]any{"confidence": map[string]float64{"cats": 0.9, "dogs": 0.1}})
	})
	m.Server = httptest.NewServer(mux)
	t.Cleanup(m.Close)
	return m
}

func TestModelsOfOthersSpeakInTheDocumentAndSoDoesTheirSilence(t *testing.T) {
	t.Parallel()
	_, kafka := kafkatest.Start(t, 1)
	m := startModel(t)
	cfg := Config{Contest: contestFile, TransactionalID: "one"}
	if err := config.Defaults(&cfg); err != nil {
		t.Fatal(err)
	}
	cfg.Sentiment.Endpoint.URL, cfg.Vision.Endpoint.URL = m.URL+"/sentiment", m.URL+"/vision"
	stop := startAs(t, kafka, cfg, t.Output())
	post := func(id string) {
		t.Helper()
		raw := tweet.Raw{
			Key: []byte(id), Schema: tweet.SchemaX, Kind: tweet.KindStream, Source: tweet.SourceX, ObservedAt: time.Now(),
			Value: []byte(`{"data":{"id":"` + id + `","text":"I love this wonderful #cat","lang":"en","edit_history_tweet_ids":["` + id + `"],"attachments":{"media_keys":["3_1"]}},` +
				`"includes":{"media":[{"media_key":"3_1","type":"photo","url":"https://pbs.twimg.com/media/made-up.jpg"}]},"matching_rules":[{"id":"1","tag":"cats with images"}]}`),
		}
		r := &kgo.Record{Topic: topic.Raw, Key: raw.Key, Value: raw.Value}
		for _, h := range raw.Headers() {
			r.Headers = append(r.Headers, kgo.RecordHeader(h))
		}
		if err := kafkatest.Client(t, kafka).ProduceSync(t.Context(), r).FirstErr(); err != nil {
			t.Fatal(err)
		}
	}
	post("1790000000000000001")
	awaitGroup(t, kafka, 1)
	m.fails.Store(true)
	post("1790000000000000002")
	awaitGroup(t, kafka, 2)
	stop()

	schema, err := schemas.Compile(schemas.EnrichedTweet)
	if err != nil {
		t.Fatal(err)
	}
	var got []tweet.Document
	for _, r := range kafkatest.Read(t, kafka, topic.Enriched, 2) {
		var any map[string]any
		var doc tweet.Document
		if err := json.Unmarshal(r.Value, &any); err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(any); err != nil {
			t.Error(err)
		}
		if err := json.Unmarshal(r.Value, &doc); err != nil {
			t.Fatal(err)
		}
		got = append(got, doc)
	}
	answered, silent := got[0], got[1]
	if diff := cmp.Diff(tweet.Sentiment{Score: -0.5, Label: "negative", Model: "made-up-verdicts"}, answered.Sentiment); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(&tweet.Pictures{Model: "made-up-answers", Shows: []string{"cats"}, Confidence: []tweet.TeamConfidence{{Team: "cats", Score: 0.9}, {Team: "dogs", Score: 0.1}}}, answered.Pictures); diff != "" {
		t.Error(diff)
	}
	if s := silent.Sentiment; s.Model != "vader" || s.Label != "positive" || s.Fallback != "http_503" {
		t.Errorf("without an answer the sentiment is %+v", s)
	}
	if diff := cmp.Diff(&tweet.Pictures{Reason: "http_503"}, silent.Pictures); diff != "" {
		t.Error(diff)
	}
}
