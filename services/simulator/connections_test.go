package simulator_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
)

type shownConnections struct {
	Data []struct {
		ID             string
		Endpoint       string `json:"endpoint_name"`
		DisconnectedAt string `json:"disconnected_at"`
		Reason         string `json:"disconnect_reason"`
	}
	Meta struct {
		Count int    `json:"result_count"`
		Next  string `json:"next_token"`
	}
}

func (s *simulation) connections(query string) shownConnections {
	s.t.Helper()
	resp, text := s.do("GET", "/2/connections"+query, "")
	var c shownConnections
	if err := json.Unmarshal([]byte(text), &c); err != nil || resp.StatusCode != http.StatusOK {
		s.t.Fatalf("%d %s", resp.StatusCode, text)
	}
	return c
}

func TestAConnectionIsListedAndCanBeEnded(t *testing.T) {
	t.Parallel()
	s := simulate(t, defaults())
	s.mustAdd(catRules)
	kill := map[string]func(id string) (string, string){
		"all":      func(string) (string, string) { return "/2/connections/all", "" },
		"endpoint": func(string) (string, string) { return "/2/connections/filtered_stream", "" },
		"uuid":     func(id string) (string, string) { return "/2/connections", `{"uuids":["` + id + `"]}` },
	}
	for name, how := range kill {
		r := s.connect("")
		r.post()
		active := s.connections("")
		if active.Meta.Count != 1 || active.Data[0].Endpoint != "filtered_stream" || active.Data[0].DisconnectedAt != "" {
			t.Fatalf("%s: %+v", name, active)
		}
		path, body := how(active.Data[0].ID)
		if resp, text := s.do("DELETE", path, body); resp.StatusCode != http.StatusOK || !strings.Contains(text, `"successful_kills":1,"failed_kills":0`) {
			t.Errorf("%s: %d %s", name, resp.StatusCode, text)
		}
		lines, err := r.all()
		if err != nil || !strings.Contains(lines[len(lines)-1], "ForceDisconnect") {
			t.Errorf("%s: %q, %v", name, lines[len(lines)-1], err)
		}
	}
	if c := s.connections("?status=active"); c.Meta.Count != 0 {
		t.Errorf("%+v", c)
	}
	past := s.connections("?status=inactive&max_results=2")
	if past.Meta.Count != 2 || past.Meta.Next == "" || past.Data[0].Reason != "force_disconnect" {
		t.Errorf("%+v", past)
	}
	if rest := s.connections("?status=all&max_results=2&pagination_token=" + past.Meta.Next); rest.Meta.Count != 1 || rest.Meta.Next != "" {
		t.Errorf("%+v", rest)
	}
}

func TestWrongOrdersToEndConnectionsAreRefused(t *testing.T) {
	t.Parallel()
	s := simulate(t, defaults())
	for _, step := range []struct{ name, path, body string }{
		{"connections_unknown_endpoint", "/2/connections/color", ""},
		{"connections_no_body", "/2/connections", ""},
		{"connections_unknown_uuid", "/2/connections", `{"uuids":["x"]}`},
		{"connections_none", "/2/connections/all", ""},
	} {
		resp, body := s.do("DELETE", step.path, step.body)
		golden(t, step.name, resp, body)
	}
}

func TestBackfillBringsWhatWasMissedWhereThePlanHasIt(t *testing.T) {
	t.Parallel()
	cfg := defaults()
	cfg.Plan, cfg.Rate = "enterprise", 500
	s := simulate(t, cfg)
	s.mustAdd(catRules)
	r := s.connect("")
	last := r.post()
	r.close()
	gone := s.until("disconnected", func(st status) bool { return !st.Connected })
	s.until("posts for nobody", func(st status) bool { return st.Available > gone.Available+100 })
	r = s.connect("?backfill_minutes=1")
	fresh, before := 0, ""
	for fresh < 100 {
		p := r.post()
		if p.Data.ID <= before {
			t.Fatalf("%s after %s: not oldest first", p.Data.ID, before)
		}
		if before = p.Data.ID; p.Data.ID > last.Data.ID {
			fresh++
		}
	}
	if st := s.status(); st.Duplicates == 0 {
		t.Errorf("%+v: what was given before comes again", st)
	}
	if st := s.status(); st.Posts > st.Available {
		t.Errorf("%+v", st)
	}
}
