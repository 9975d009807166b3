package simulator_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"catsvdogs/services/simulator/faultplan"
)

func TestALookUpIsRefusedInTheFormsOfX(t *testing.T) {
	t.Parallel()
	s := simulate(t, defaults())
	for _, name := range []faultplan.Name{faultplan.Lookup429, faultplan.Lookup503} {
		f, _ := faultplan.Find(name)
		for i, variant := range f.Variants {
			s.order(string(name), `{"variant":"`+variant+`"}`)
			resp, body := s.do("GET", "/2/tweets?ids=1", "")
			golden(t, string(name)+"_"+variant, resp, body)
			s.fired(string(name), i+1)
			bare := name == faultplan.Lookup503 || strings.HasSuffix(variant, "no_reset")
			if got, want := resp.Header.Get("x-rate-limit-limit"), map[bool]string{false: "3500"}[bare]; got != want {
				t.Errorf("%s %s: limit %q", name, variant, got)
			}
			if !bare && resp.Header.Get("x-rate-limit-remaining") != "0" {
				t.Errorf("%s %s: remaining %q", name, variant, resp.Header.Get("x-rate-limit-remaining"))
			}
		}
	}
	resp, _ := s.do("GET", "/2/tweets?ids=1", "")
	if resp.StatusCode != http.StatusOK || resp.Header.Get("x-rate-limit-limit") != "3500" {
		t.Errorf("%d, limit %s", resp.StatusCode, resp.Header.Get("x-rate-limit-limit"))
	}
}

func TestALookUpIsAnsweredLate(t *testing.T) {
	t.Parallel()
	s := simulate(t, defaults())
	s.order("lookup_slow", `{"for":"100ms"}`)
	began := time.Now()
	if resp, _ := s.do("GET", "/2/tweets?ids=1", ""); resp.StatusCode != http.StatusOK || time.Since(began) < 100*time.Millisecond {
		t.Errorf("%d after %v", resp.StatusCode, time.Since(began))
	}
	s.fired("lookup_slow", 1)
}

func TestTheAnswerToALookUpBreaksOff(t *testing.T) {
	t.Parallel()
	cfg := defaults()
	cfg.Posts = 100
	s, lines := live(t, cfg, "")
	var ids []string
	for _, text := range lines[:50] {
		ids = append(ids, parsePost(t, text).Data.ID)
	}
	path := "/2/tweets?ids=" + strings.Join(ids, ",")
	_, whole := s.do("GET", path, "")
	s.order("lookup_cut", "")
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.base+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer some-token")
	resp, err := s.http.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	part, err := io.ReadAll(resp.Body)
	if !errors.Is(err, io.ErrUnexpectedEOF) || resp.StatusCode != http.StatusOK || !strings.HasPrefix(whole, string(part)) || len(part) == 0 || len(part) == len(whole) {
		t.Errorf("%d, %d of %d bytes, %v", resp.StatusCode, len(part), len(whole), err)
	}
	s.fired("lookup_cut", 1)
	if _, again := s.do("GET", path, ""); again != whole {
		t.Errorf("afterwards %s", again)
	}
}

func TestABlindLookUpSaysThatPostsAreGoneThatAreThere(t *testing.T) {
	t.Parallel()
	cfg := defaults()
	cfg.Posts = 100
	s, lines := live(t, cfg, "")
	var ids []string
	for _, text := range lines[:99] {
		ids = append(ids, parsePost(t, text).Data.ID)
	}
	ids = append(ids, "20")
	s.order("lookup_blind", "")
	s.lookup([]string{"20"}) // no post is there: no occasion
	if n := s.fault("lookup_blind").Fired; n != 0 {
		t.Errorf("fired %d times", n)
	}
	if found, missing := s.lookup(ids); len(found) != 9 || len(missing) != 91 {
		t.Errorf("%d found, %d missing", len(found), len(missing))
	}
	s.fired("lookup_blind", 1)
	if found, missing := s.lookup(ids); len(found) != 99 || len(missing) != 1 {
		t.Errorf("afterwards %d found, %d missing", len(found), len(missing))
	}
	for _, one := range s.standing("2037-01-01T00:00:00Z", ids[:99]...) {
		if one.Gone || !one.Known {
			t.Errorf("%+v", one)
		}
	}
	s.order("lookup_blind", "")
	if _, text := s.do("GET", "/2/tweets/"+ids[0], ""); !strings.Contains(text, "/resource-not-found") {
		t.Errorf("one post: %s", text)
	}
}
