package judge

import (
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"catsvdogs/services/enricher/endpoint"
	"catsvdogs/services/enricher/endpoint/endpointtest"
	"catsvdogs/services/pipeline/config"
)

const schemaFile = "exchange.schema.json"

// judgeAt returns a Judge that asks handler, configured by the defaults of its flags.
func judgeAt(t *testing.T, handler http.HandlerFunc) *Judge {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	cfg := struct{ Config }{}
	cfg.Endpoint.URL = server.URL
	if err := config.Defaults(&cfg); err != nil {
		t.Fatal(err)
	}
	if err := cfg.Check(); err != nil {
		t.Fatal(err)
	}
	cfg.Endpoint.Timeout = 10 * time.Second // the default may pass on a busy machine
	j, err := New(cfg.Config, prometheus.NewRegistry(), slog.New(slog.NewTextHandler(io.Discard, nil)))
	if err != nil {
		t.Fatal(err)
	}
	return j
}

var texts = []Text{
	{"1", "en", "My cat <found> the sunny spot & stays"},
	{"2", "de", "Der Hund ist traurig 😢"},
	{"2", "", "a\x00b\xffc"},
	{"at://did:plc:invented/app.bsky.feed.post/3k\xff", "und", ""},
}

func TestTheRequestIsAsDocumented(t *testing.T) {
	t.Parallel()
	request := endpointtest.NewForm(t, schemaFile, "request")
	got := make(chan []byte, 1)
	j := judgeAt(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if r.Method != http.MethodPost || r.Header.Get("Content-Type") != "application/json" {
			t.Errorf("%s %v", r.Method, r.Header)
		}
		got <- body
		w.WriteHeader(http.StatusTeapot)
	})
	for _, v := range j.Judge(t.Context(), texts) {
		if v != (Verdict{Reason: "http_418"}) {
			t.Errorf("got %+v", v)
		}
	}
	body := <-got
	if err := request.Check(body); err != nil {
		t.Errorf("%s: %v", body, err)
	}
	endpointtest.Golden(t, "testdata/request.json", body)
}

type belief struct {
	answer        string
	first, second Verdict
	unlikeForm    bool // exchange.schema.json refuses the answer, too; it cannot know what was asked
}

func refusedWhole(answer string, unlikeForm bool) belief {
	refused := Verdict{Reason: endpoint.ReasonInvalidAnswer}
	return belief{answer, refused, refused, unlikeForm}
}

func TestAVerdictIsBelievedOrHasItsReason(t *testing.T) {
	t.Parallel()
	const model = `{"model": "m-1", "verdicts": [{"id": "1", "score": 0.5}, {"id": "2", "score": -0.2}]}`
	form := endpointtest.NewForm(t, schemaFile, "answer")
	judged := func(score float64, label string) Verdict { return Verdict{Score: score, Label: label, Model: "m-1"} }
	for name, c := range map[string]belief{
		"two scores":          {answer: model, first: judged(0.5, "positive"), second: judged(-0.2, "negative")},
		"more than asked for": {answer: strings.Replace(model, `"score": 0.5`, `"score": 0.5, "why": [1, {}]`, 1), first: judged(0.5, "positive"), second: judged(-0.2, "negative")},
		"a label":             {answer: strings.Replace(model, "0.5", `0.5, "label": "neutral"`, 1), first: judged(0.5, "neutral"), second: judged(-0.2, "negative")},
		"the ends":            {answer: strings.NewReplacer("-0.2", "-1", "0.5", "1").Replace(model), first: judged(1, "positive"), second: judged(-1, "negative")},
		"no opinion":          {answer: strings.Replace(model, "0.5", "null", 1), first: Verdict{Reason: "no_answer"}, second: judged(-0.2, "negative")},
		"no score":            {answer: strings.Replace(model, `, "score": 0.5`, "", 1), first: Verdict{Reason: "no_answer"}, second: judged(-0.2, "negative"), unlikeForm: true},
		"over the range":      {answer: strings.Replace(model, "0.5", "1.0001", 1), first: Verdict{Reason: ReasonInvalidScore}, second: judged(-0.2, "negative"), unlikeForm: true},
		"under the range":     {answer: strings.Replace(model, "-0.2", "-1e300", 1), first: judged(0.5, "positive"), second: Verdict{Reason: ReasonInvalidScore}, unlikeForm: true},
		"an unknown label":    {answer: strings.Replace(model, "0.5", `0.5, "label": "happy"`, 1), first: Verdict{Reason: ReasonInvalidLabel}, second: judged(-0.2, "negative"), unlikeForm: true},
		"a label against it":  {answer: strings.Replace(model, "0.5", `0.5, "label": "negative"`, 1), first: Verdict{Reason: ReasonInvalidLabel}, second: judged(-0.2, "negative")},
		"not a number":        refusedWhole(strings.Replace(model, "0.5", "NaN", 1), true),
		"infinite":            refusedWhole(strings.Replace(model, "0.5", "1e999", 1), true),
		"a string":            refusedWhole(strings.Replace(model, "0.5", `"0.5"`, 1), true),
		"another order":       refusedWhole(strings.NewReplacer(`"1"`, `"2"`, `"2"`, `"1"`).Replace(model), false),
		"an id twice":         refusedWhole(strings.Replace(model, `"2"`, `"1"`, 1), false),
		"no id":               refusedWhole(strings.Replace(model, `"id": "1", `, "", 1), true),
		"one too few":         refusedWhole(`{"model": "m-1", "verdicts": [{"id": "1", "score": 0.5}]}`, false),
		"one too many":        refusedWhole(strings.Replace(model, "]", `, {"id": "3", "score": 0}]`, 1), false),
		"no model":            refusedWhole(strings.Replace(model, "m-1", "", 1), true),
		"an error in it":      refusedWhole(`{"error": "out of memory"}`, true),
		"null":                refusedWhole(`null`, true),
		"nothing":             refusedWhole(``, true),
		"two objects":         refusedWhole(model+model, true),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			j := judgeAt(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(c.answer)) })
			got := j.Judge(t.Context(), []Text{{ID: "1"}, {ID: "2"}})
			if diff := cmp.Diff([]Verdict{c.first, c.second}, got); diff != "" {
				t.Error(diff)
			}
			if err := form.Check([]byte(c.answer)); (err != nil) != c.unlikeForm {
				t.Errorf("the schema says %v", err)
			}
		})
	}
}

func TestAScoreOfMinusZeroIsZero(t *testing.T) {
	t.Parallel()
	results, err := decode([]byte(`{"model": "m", "verdicts": [{"id": "", "score": -0.0}]}`), []Text{{}})
	if err != nil {
		t.Fatal(err)
	}
	if written, err := json.Marshal(results[0].Answer.Score); err != nil || string(written) != "0" {
		t.Errorf("it is written as %s, %v", written, err)
	}
}

func TestAPostWhoseIDIsNoUTF8IsJudgedAllTheSame(t *testing.T) {
	t.Parallel()
	j := judgeAt(t, func(w http.ResponseWriter, r *http.Request) {
		var asked struct{ Texts []struct{ ID string } }
		if err := json.NewDecoder(r.Body).Decode(&asked); err != nil {
			t.Error(err)
		}
		type verdict struct {
			ID    string  `json:"id"`
			Score float64 `json:"score"`
		}
		answer := map[string]any{"model": "echo"}
		var verdicts []verdict
		for i, text := range asked.Texts {
			verdicts = append(verdicts, verdict{text.ID, float64(i) / 10})
		}
		answer["verdicts"] = verdicts
		_ = json.NewEncoder(w).Encode(answer)
	})
	for i, v := range j.Judge(t.Context(), texts) {
		if v.Reason != "" || v.Score != float64(i)/10 || v.Model != "echo" {
			t.Errorf("text %d: got %+v", i, v)
		}
	}
}

func TestTheFlagsHaveThePrefix(t *testing.T) {
	t.Parallel()
	variables, err := config.Variables(&struct{ Config }{})
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range variables {
		if !strings.HasPrefix(v, "CATSVDOGS_SENTIMENT_") {
			t.Errorf("%s has another prefix", v)
		}
	}
	if len(variables) != 11 {
		t.Errorf("%d variables: %v", len(variables), variables)
	}
	if err := (Config{endpoint.Config{URL: "x"}}).Check(); err == nil || !strings.Contains(err.Error(), "--sentiment-url") {
		t.Errorf("Check: %v", err)
	}
}
