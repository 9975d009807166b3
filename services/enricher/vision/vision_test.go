package vision

import (
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

var labels = []Label{{"cats", "Cats"}, {"dogs", "Dogs & <puppies>"}}

// lookingAt returns a Vision that asks handler, configured by the defaults of its flags.
func lookingAt(t *testing.T, handler http.HandlerFunc) *Vision {
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
	v, err := New(cfg.Config, labels, prometheus.NewRegistry(), slog.New(slog.NewTextHandler(io.Discard, nil)))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

const photo = "https://pbs.twimg.com/media/invented1.jpg"

func TestTheRequestIsAsDocumentedAndHasNoForeignAddress(t *testing.T) {
	t.Parallel()
	request := endpointtest.NewForm(t, schemaFile, "request")
	got := make(chan []byte, 1)
	v := lookingAt(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got <- body
		w.WriteHeader(http.StatusTeapot)
	})
	answers := v.Look(t.Context(), []Post{
		{ID: "1", Pictures: []string{photo}},
		{ID: "2"},
		{ID: "3", Pictures: []string{"https://169.254.169.254/latest", "http://pbs.twimg.com/media/plain.jpg"}},
		{ID: "4", Pictures: []string{"https://models.internal/admin", "https://cdn.bsky.app/img/feed_fullsize/plain/did:plc:invented/bafk@jpeg", photo}},
	})
	refused, none := Answer{Reason: "http_418"}, Answer{Reason: ReasonNoPicture}
	if diff := cmp.Diff([]Answer{refused, none, none, refused}, answers); diff != "" {
		t.Error(diff)
	}
	body := <-got
	if err := request.Check(body); err != nil {
		t.Errorf("%s: %v", body, err)
	}
	endpointtest.Golden(t, "testdata/request.json", body)
}

type belief struct {
	answer        string
	first, second Answer
	unlikeForm    bool // exchange.schema.json refuses the answer, too; it cannot know what was asked
}

func refusedWhole(answer string, unlikeForm bool) belief {
	refused := Answer{Reason: endpoint.ReasonInvalidAnswer}
	return belief{answer, refused, refused, unlikeForm}
}

func TestAnAnswerIsBelievedOrHasItsReason(t *testing.T) {
	t.Parallel()
	const model = `{"model": "m-1", "answers": [{"id": "1", "confidence": {"cats": 0.9, "dogs": 0}}, {"id": "2", "confidence": {"cats": 1, "dogs": 0.25}}]}`
	sees := func(cats, dogs float64) Answer {
		return Answer{Confidence: map[string]float64{"cats": cats, "dogs": dogs}, Model: "m-1"}
	}
	first, second, invalid := sees(0.9, 0), sees(1, 0.25), Answer{Reason: ReasonInvalidConfidence}
	form := endpointtest.NewForm(t, schemaFile, "answer")
	for name, c := range map[string]belief{
		"two answers":     {model, first, second, false},
		"an alien label":  {strings.Replace(model, `"dogs": 0}`, `"dogs": 0, "cows": 0.7}`, 1), first, second, false},
		"no opinion":      {strings.Replace(model, `{"cats": 0.9, "dogs": 0}`, "null", 1), Answer{Reason: "no_answer"}, second, false},
		"nothing at all":  {strings.Replace(model, `{"cats": 0.9, "dogs": 0}`, "{}", 1), invalid, second, false},
		"a label missing": {strings.Replace(model, `, "dogs": 0}`, "}", 1), invalid, second, false},
		"over the range":  {strings.Replace(model, "0.9", "1.01", 1), invalid, second, true},
		"under the range": {strings.Replace(model, "0.25", "-0.25", 1), first, invalid, true},
		"a null in it":    {strings.Replace(model, "0.9", "null", 1), invalid, second, true},
		"not a number":    refusedWhole(strings.Replace(model, "0.9", "NaN", 1), true),
		"a string":        refusedWhole(strings.Replace(model, "0.9", `"0.9"`, 1), true),
		"a list":          refusedWhole(strings.Replace(model, `{"cats": 0.9, "dogs": 0}`, "[0.9, 0]", 1), true),
		"another order":   refusedWhole(strings.NewReplacer(`"1"`, `"2"`, `"2"`, `"1"`).Replace(model), false),
		"no id":           refusedWhole(strings.Replace(model, `"id": "1", `, "", 1), true),
		"one too many":    refusedWhole(strings.Replace(model, "]", `, {"id": "3", "confidence": null}]`, 1), false),
		"no model":        refusedWhole(strings.Replace(model, "m-1", "", 1), true),
		"null":            refusedWhole(`null`, true),
		"nothing":         refusedWhole(``, true),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := lookingAt(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(c.answer)) })
			got := v.Look(t.Context(), []Post{{"1", []string{photo}}, {"2", []string{photo}}})
			if diff := cmp.Diff([]Answer{c.first, c.second}, got); diff != "" {
				t.Error(diff)
			}
			if err := form.Check([]byte(c.answer)); (err != nil) != c.unlikeForm {
				t.Errorf("the schema says %v", err)
			}
		})
	}
}

func TestLabelsNeedAnIDOfTheirOwn(t *testing.T) {
	t.Parallel()
	var cfg Config
	cfg.Endpoint.URL = "https://models.example/"
	for name, wrong := range map[string][]Label{"none": nil, "without an id": {{"", "Cats"}}, "twice": {{"cats", "Cats"}, {"cats", "More cats"}}} {
		if _, err := New(cfg, wrong, prometheus.NewRegistry(), slog.Default()); err == nil || !strings.Contains(err.Error(), "label") {
			t.Errorf("%s: %v", name, err)
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
		if !strings.HasPrefix(v, "CATSVDOGS_VISION_") {
			t.Errorf("%s has another prefix", v)
		}
	}
	if len(variables) != 12 {
		t.Errorf("%d variables: %v", len(variables), variables)
	}
}

func TestAllMistakesOfTheConfigurationAreListed(t *testing.T) {
	t.Parallel()
	cfg := Config{Endpoint: endpoint.Config{URL: "http://models.example/"}, VisionHosts: []string{"https://pbs.twimg.com", "PBS.twimg.com", "", "a:443", "cdn.bsky.app"}}
	err := cfg.Check()
	if err == nil {
		t.Fatal("no error")
	}
	if got := strings.Count(err.Error(), "--vision-hosts: "); got != 4 || !strings.Contains(err.Error(), "--vision-url: ") {
		t.Errorf("got %v", err)
	}
	cfg.VisionHosts = nil
	if err := cfg.Check(); err == nil || !strings.Contains(err.Error(), "--vision-hosts: give at least one") {
		t.Errorf("got %v", err)
	}
	if err := (Config{}).Check(); err != nil {
		t.Errorf("switched off: %v", err)
	}
}
