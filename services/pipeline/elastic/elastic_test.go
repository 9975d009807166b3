package elastic_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"catsvdogs/services/pipeline/elastic"
)

func TestOnlyAnswersOfElasticsearchAreTakenForItsWord(t *testing.T) {
	t.Parallel()
	const security = `{"error":{"root_cause":[{"type":"security_exception","reason":"no"}],"type":"security_exception","reason":"no"},"status":403}`
	for name, test := range map[string]struct {
		status  int
		product string
		body    string
		want    int // status of a *StatusError; 0 for a success, -1 for another error
	}{
		"success":                         {http.StatusOK, "Elasticsearch", "{}", 0},
		"success of a proxy":              {http.StatusOK, "", "{}", -1},
		"refusal":                         {http.StatusBadRequest, "Elasticsearch", "{}", http.StatusBadRequest},
		"refusal of a proxy":              {http.StatusBadRequest, "", "{}", -1},
		"too large for a proxy":           {http.StatusRequestEntityTooLarge, "", "", http.StatusRequestEntityTooLarge},
		"refusal of its security":         {http.StatusForbidden, "", security, http.StatusForbidden},
		"a proxy's login":                 {http.StatusUnauthorized, "", "<html>", -1},
		"a success that speaks of rights": {http.StatusOK, "", security, -1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				if test.product != "" {
					w.Header().Set("X-Elastic-Product", test.product)
				}
				w.WriteHeader(test.status)
				_, _ = io.WriteString(w, test.body)
			}))
			t.Cleanup(server.Close)
			transport, err := elastic.Connect(elastic.Config{ElasticsearchURL: server.URL})
			if err != nil {
				t.Fatal(err)
			}
			_, err = elastic.Do(t.Context(), transport, esapi.InfoRequest{}, 1<<10)
			got := 0
			var answer *elastic.StatusError
			if errors.As(err, &answer) {
				got = answer.Status
			} else if err != nil {
				got = -1
			}
			if got != test.want {
				t.Errorf("got %d (%v), want %d", got, err, test.want)
			}
		})
	}
}
