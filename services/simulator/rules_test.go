package simulator_test

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
)

type rulesAnswer struct {
	Data []struct{ ID, Value, Tag string }
	Meta struct {
		NextToken   string `json:"next_token"`
		ResultCount int    `json:"result_count"`
		Summary     map[string]int
	}
	Errors []struct{ ID, Value, Type string }
}

func (s *simulation) rules(method, path, body string) rulesAnswer {
	s.t.Helper()
	resp, text := s.do(method, path, body)
	var a rulesAnswer
	if err := json.Unmarshal([]byte(text), &a); err != nil || resp.StatusCode >= 300 {
		s.t.Fatalf("%s %s: %d %.300s: %v", method, path, resp.StatusCode, text, err)
	}
	return a
}

func TestADuplicateKeepsItsOldTag(t *testing.T) {
	t.Parallel()
	s := simulate(t, defaults())
	s.mustAdd(`{"add":[{"value":"#cat","tag":"old"}]}`)
	id := s.rules("GET", rulesPath, "").Data[0].ID
	added := s.rules("POST", rulesPath, `{"add":[{"value":"#cat","tag":"new"}]}`)
	if len(added.Errors) != 1 || added.Errors[0].ID != id || !strings.HasSuffix(added.Errors[0].Type, "/duplicate-rules") {
		t.Errorf("%+v", added)
	}
	if now := s.rules("GET", rulesPath, ""); len(now.Data) != 1 || now.Data[0].Tag != "old" {
		t.Errorf("%+v", now)
	}
}

func TestAChangeWithAnInvalidRuleChangesNothing(t *testing.T) {
	t.Parallel()
	s := simulate(t, defaults())
	added := s.rules("POST", rulesPath, `{"add":[{"value":"#cat"},{"value":"has:images"}]}`)
	if m := added.Meta.Summary; m["created"] != 0 || m["not_created"] != 2 || m["valid"] != 1 || m["invalid"] != 1 {
		t.Errorf("summary %v", m)
	}
	if now := s.rules("GET", rulesPath, ""); now.Meta.ResultCount != 0 {
		t.Errorf("%+v", now)
	}
}

func TestPagesAndIDsReachEveryRuleOnce(t *testing.T) {
	t.Parallel()
	s := simulate(t, defaults())
	s.mustAdd(distinctRules(25))
	seen := map[string]bool{}
	var ids []string
	path := rulesPath + "?max_results=10"
	for pages := 1; ; pages++ {
		page := s.rules("GET", path, "")
		for _, rule := range page.Data {
			if seen[rule.ID] {
				t.Fatalf("rule %s came twice", rule.ID)
			}
			seen[rule.ID] = true
			ids = append(ids, rule.ID)
		}
		if page.Meta.NextToken == "" {
			if pages != 3 {
				t.Errorf("%d pages of 10 for 25 rules", pages)
			}
			break
		}
		path = rulesPath + "?max_results=10&pagination_token=" + page.Meta.NextToken
	}
	if len(seen) != 25 {
		t.Errorf("%d rules", len(seen))
	}
	some := s.rules("GET", rulesPath+"?ids="+ids[3]+","+ids[7]+",99", "")
	if len(some.Data) != 2 || some.Data[0].ID != ids[3] || some.Data[1].ID != ids[7] {
		t.Errorf("by id: %+v", some)
	}
	gone := s.rules("POST", rulesPath, `{"delete":{"ids":["`+ids[3]+`","`+ids[3]+`"]}}`)
	if gone.Meta.Summary["deleted"] != 1 || gone.Meta.Summary["not_deleted"] != 0 {
		t.Errorf("delete: %+v", gone)
	}
}

func TestChangesAtTheSameTimeLoseNothing(t *testing.T) {
	t.Parallel()
	s := simulate(t, defaults())
	var all sync.WaitGroup
	for i := range 20 {
		all.Go(func() { s.mustAdd(`{"add":[{"value":"#tag` + strconv.Itoa(i) + `"}]}`) })
	}
	all.Wait()
	if now := s.rules("GET", rulesPath, ""); now.Meta.ResultCount != 20 {
		t.Errorf("%d rules of 20", now.Meta.ResultCount)
	}
}

func TestTheRateLimitCountsAndSaysWhenItEnds(t *testing.T) {
	t.Parallel()
	s := simulate(t, defaults())
	for i := range 50 {
		resp, _ := s.do("GET", streamPath, "")
		if want := strconv.Itoa(49 - i); resp.StatusCode != http.StatusConflict || resp.Header.Get("x-rate-limit-remaining") != want {
			t.Fatalf("request %d: %d, remaining %s", i, resp.StatusCode, resp.Header.Get("x-rate-limit-remaining"))
		}
	}
	resp, body := s.do("GET", streamPath, "")
	golden(t, "rate_limited", resp, body)
	if resp.Header.Get("x-rate-limit-remaining") != "0" || resp.Header.Get("x-rate-limit-reset") == "" {
		t.Errorf("headers %v", resp.Header)
	}
	if resp, _ := s.do("GET", rulesPath, ""); resp.StatusCode != http.StatusOK {
		t.Errorf("another endpoint: %d", resp.StatusCode)
	}
}

func TestASecondConnectionIsRefusedInXsWords(t *testing.T) {
	t.Parallel()
	s := simulate(t, defaults())
	s.mustAdd(catRules)
	s.connect("").post()
	resp, body := s.do("GET", streamPath, "")
	golden(t, "too_many_connections", resp, body)
}

func TestOnlyTheConfiguredTokenIsLetIn(t *testing.T) {
	t.Parallel()
	cfg := defaults()
	cfg.BearerToken = "the-one"
	s := simulate(t, cfg)
	for authorization, want := range map[string]int{
		"Bearer the-one": 200, "bearer the-one": 200, "Bearer the-other": 401, "Bearer ": 401, "the-one": 401, "": 401,
	} {
		if resp, _ := s.doWith("GET", rulesPath, "", authorization); resp.StatusCode != want {
			t.Errorf("%q: %d, want %d", authorization, resp.StatusCode, want)
		}
	}
}

func TestTheHealthEndpointNeedsNoToken(t *testing.T) {
	t.Parallel()
	s := simulate(t, defaults())
	if resp, body := s.doWith("GET", "/healthz", "", ""); resp.StatusCode != http.StatusOK || body != "ok\n" {
		t.Errorf("%d %q", resp.StatusCode, body)
	}
	if resp, _ := s.doWith("GET", "/simulator/v1/pause", "", ""); resp.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("GET pause: %d", resp.StatusCode)
	}
	if resp, _ := s.do("GET", "/2/users", ""); resp.StatusCode != http.StatusNotFound {
		t.Errorf("unknown path: %d", resp.StatusCode)
	}
}

func TestAPageInABrowserCannotPauseTheStream(t *testing.T) {
	t.Parallel()
	s := simulate(t, defaults())
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.base+"/simulator/v1/pause", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Sec-Fetch-Site", "cross-site")
	resp, err := s.http.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if st := s.status(); resp.StatusCode != http.StatusForbidden || st.Paused {
		t.Errorf("%d, %+v", resp.StatusCode, st)
	}
}
