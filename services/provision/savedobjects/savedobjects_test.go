package savedobjects_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"catsvdogs/services/provision/kibanatest"
	"catsvdogs/services/provision/savedobjects"
)

func connect(t *testing.T, url string) *savedobjects.Client {
	t.Helper()
	c, err := savedobjects.Connect(savedobjects.Config{KibanaURL: url + "/"})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

const (
	view  = `{"type":"index-pattern","id":"v","attributes":{"title":"tweets"},"references":[],"typeMigrationVersion":"8.0.0"}` + "\n"
	board = `{"type":"dashboard","id":"b","attributes":{"title":"Board","panelsJSON":"[]"},"references":[{"type":"index-pattern","id":"v","name":"n"}],"typeMigrationVersion":"10.1.0"}` + "\n"
)

func TestWhatIsImportedCanBeRead(t *testing.T) {
	t.Parallel()
	c := connect(t, kibanatest.Start(t).URL())
	if err := c.Import(t.Context(), []byte(view+board), false); err != nil {
		t.Fatal(err)
	}
	o, err := c.Get(t.Context(), savedobjects.Ref{Type: "dashboard", ID: "b"})
	if err != nil || o == nil || o.Attributes["title"] != "Board" || o.UpdatedAt == "" || len(o.References) != 1 || o.References[0].Name != "n" || o.References[0].ID != "v" {
		t.Errorf("got %+v, %v", o, err)
	}
	if o, err := c.Get(t.Context(), savedobjects.Ref{Type: "dashboard", ID: "none"}); o != nil || err != nil {
		t.Errorf("got %+v, %v for nothing", o, err)
	}
}

func TestAFailedImportSaysWhy(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		file string
		want string
	}{
		"a missing reference":  {board, "dashboard b: it needs data view v, which is not there"},
		"an unknown type":      {`{"type":"horse","id":"h","attributes":{}}` + "\n", "horse h: unsupported_type"},
		"a newer form":         {strings.Replace(board, "10.1.0", "11.0.0", 1), "Kibana answered 422: Document \"b\" belongs to a more recent version"},
		"an object without id": {`{"type":"dashboard","attributes":{}}` + "\n", "Kibana answered 500"},
		"not JSON":             {"{\n", "Kibana answered 400"},
		"the same twice":       {view + view, "Non-unique import objects detected"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := kibanatest.Start(t)
			if err := connect(t, k.URL()).Import(t.Context(), []byte(test.file), true); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}

func TestWithoutOverwriteWhatIsThereIsAConflict(t *testing.T) {
	t.Parallel()
	k := kibanatest.Start(t)
	c := connect(t, k.URL())
	if err := c.Import(t.Context(), []byte(view), false); err != nil {
		t.Fatal(err)
	}
	if err := c.Import(t.Context(), []byte(view+board), false); !errors.Is(err, savedobjects.ErrConflict) {
		t.Errorf("got %v, want ErrConflict", err)
	}
	if k.Get("dashboard", "b") != nil {
		t.Error("a conflict let the rest through, which Kibana does not")
	}
	mixed := view + strings.Replace(board, `"id":"v"`, `"id":"w"`, 1)
	if err := c.Import(t.Context(), []byte(mixed), false); err == nil || errors.Is(err, savedobjects.ErrConflict) {
		t.Errorf("a missing reference passes for a conflict: %v", err)
	}
}

func TestOnlyAnAvailableKibanaIsReady(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		status int
		body   string
		ready  bool
		says   string
	}{
		"available":             {http.StatusOK, `{"version":{"number":"8.19.13"},"status":{"overall":{"level":"available"}}}`, true, ""},
		"degraded":              {http.StatusOK, `{"status":{"overall":{"level":"degraded","summary":"plugins wait"}}}`, false, "degraded (plugins wait)"},
		"unavailable":           {http.StatusServiceUnavailable, `{"status":{"overall":{"level":"unavailable"}}}`, false, "unavailable"},
		"not up yet":            {http.StatusServiceUnavailable, `Kibana server is not ready yet`, false, "not ready yet"},
		"a page":                {http.StatusOK, `<html>`, false, "not Kibana"},
		"an answer without it":  {http.StatusOK, `{}`, false, "not ready"},
		"available, with a 503": {http.StatusServiceUnavailable, `{"status":{"overall":{"level":"available"}}}`, false, "available"},
		"a login":               {http.StatusFound, ``, false, "it leads to /login"},
		"another server":        {http.StatusNotFound, `{"message":"Not Found"}`, false, "404: Not Found"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path != "/api/status" {
					t.Errorf("it asks for %s", r.URL.Path)
				}
				w.Header().Set("Location", "/login")
				w.WriteHeader(test.status)
				_, _ = io.WriteString(w, test.body)
			}))
			t.Cleanup(server.Close)
			version, err := connect(t, server.URL).Ready(t.Context())
			if (err == nil) != test.ready || (test.ready && version != "8.19.13") {
				t.Errorf("got %q, %v", version, err)
			}
			if err != nil && !strings.Contains(err.Error(), test.says) {
				t.Errorf("got %v, want %q", err, test.says)
			}
		})
	}
}

func TestASuccessThatCountsTooLittleIsNone(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"success":true,"successCount":1}`)
	}))
	t.Cleanup(server.Close)
	if err := connect(t, server.URL).Import(t.Context(), []byte(view+board), true); err == nil {
		t.Error("one of two is taken for both")
	}
}
