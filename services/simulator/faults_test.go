package simulator_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"catsvdogs/services/simulator/faultplan"
)

// order posts a fault and says what came back.
func (s *simulation) order(name, body string) {
	s.t.Helper()
	if resp, text := s.doWith("POST", "/simulator/v1/faults/"+name, body, ""); resp.StatusCode != http.StatusOK {
		s.t.Fatalf("order %s: %d %s", name, resp.StatusCode, text)
	}
}

type faultState struct {
	Name           string
	On             bool
	Waiting, Fired int
	Description    string
	Variants       []string
}

func (s *simulation) fault(name string) faultState {
	s.t.Helper()
	_, text := s.doWith("GET", "/simulator/v1/faults", "", "")
	var body struct{ Faults []faultState }
	if err := json.Unmarshal([]byte(text), &body); err != nil {
		s.t.Fatal(err)
	}
	i := slices.IndexFunc(body.Faults, func(f faultState) bool { return f.Name == name })
	if i < 0 {
		s.t.Fatalf("%s is not among %s", name, text)
	}
	return body.Faults[i]
}

// fired waits until a fault has happened so often.
func (s *simulation) fired(name string, times int) {
	s.t.Helper()
	for deadline := time.Now().Add(patience); s.fault(name).Fired < times; {
		if time.Now().After(deadline) {
			s.t.Fatalf("%+v never fired %d times", s.fault(name), times)
		}
	}
	if got := s.fault(name).Fired; got != times {
		s.t.Errorf("%s fired %d times, want %d", name, got, times)
	}
}

// raw is a stream seen as bytes.
type raw struct {
	conn net.Conn
	in   *bufio.Reader
	resp *http.Response
}

func (s *simulation) raw(header string) *raw {
	s.t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(s.base, "http://"))
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(patience))
	if _, err := io.WriteString(conn, "GET "+streamPath+" HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer t\r\n"+header+"\r\n"); err != nil {
		s.t.Fatal(err)
	}
	in := bufio.NewReader(conn)
	resp, err := http.ReadResponse(in, nil)
	if err != nil || resp.StatusCode != http.StatusOK {
		s.t.Fatalf("%v, %v", resp, err)
	}
	return &raw{conn, in, resp}
}

// lastLine reads to the end and returns what follows the last line end.
func lastLine(t *testing.T, r io.Reader) (rest string, err error) {
	t.Helper()
	text, err := io.ReadAll(r)
	if len(text) == 0 {
		t.Error("nothing came before the fault")
	}
	return string(text[bytes.LastIndexByte(text, '\n')+1:]), err
}

func TestEachFaultOfTheStreamFiresAndTheClientSeesIt(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, body string
		see        func(t *testing.T, s *simulation)
	}{
		{"cut_mid_line", "", func(t *testing.T, s *simulation) {
			rest, err := lastLine(t, s.raw("").resp.Body)
			if rest == "" || json.Valid([]byte(rest)) || !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Errorf("%q, %v: want a broken line and no end of the response", rest, err)
			}
		}},
		{"truncated_chunk", `{"variant":"short"}`, func(t *testing.T, s *simulation) {
			if rest, err := lastLine(t, s.raw("").resp.Body); rest == "" || !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Errorf("%q, %v", rest, err)
			}
		}},
		{"truncated_chunk", `{"variant":"size"}`, func(t *testing.T, s *simulation) {
			r := s.raw("")
			_, err := io.ReadAll(r.resp.Body)
			if err == nil || errors.Is(err, io.ErrUnexpectedEOF) {
				t.Errorf("%v, want a complaint about the chunk", err)
			}
		}},
		{"gzip_truncated", "", func(t *testing.T, s *simulation) {
			r := s.raw("Accept-Encoding: gzip\r\n")
			zip, err := gzip.NewReader(r.resp.Body)
			if err != nil {
				t.Fatal(err)
			}
			if rest, err := lastLine(t, zip); !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Errorf("%.80q, %v: want a compressed body that breaks off", rest, err)
			}
		}},
		{"operational_disconnect", `{"variant":"UpstreamOperationalDisconnect"}`, func(t *testing.T, s *simulation) {
			lines, err := s.connect("").all()
			if want := `{"errors":[{"title":"operational-disconnect","disconnect_type":"UpstreamOperationalDisconnect","detail":"This stream has been disconnected upstream for operational reasons.","type":"https://api.x.com/2/problems/operational-disconnect"}]}`; err != nil || lines[len(lines)-1] != want {
				t.Errorf("%q, %v", lines[len(lines)-1], err)
			}
		}},
		{"slow_reader", "", func(t *testing.T, s *simulation) {
			lines, err := s.connect("").all()
			if err != nil || !strings.Contains(lines[len(lines)-1], `"disconnect_type":"SlowReader"`) {
				t.Errorf("%q, %v", lines[len(lines)-1], err)
			}
		}},
		{"clean_close", `{"count":7}`, func(t *testing.T, s *simulation) {
			if lines, err := s.connect("").all(); err != nil || len(lines) != 7 {
				t.Errorf("%d lines, %v: want 7 and a proper end", len(lines), err)
			}
		}},
		{"reset", "", func(t *testing.T, s *simulation) {
			if _, err := io.ReadAll(s.raw("").resp.Body); !errors.Is(err, syscall.ECONNRESET) {
				t.Errorf("%v, want a reset", err)
			}
		}},
		{"unknown_message", `{"variant":"warning"}`, func(_ *testing.T, s *simulation) {
			r := s.connect("")
			for !strings.HasPrefix(r.next(), `{"warning":`) {
			}
			r.post() // the stream goes on
			r.close()
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name+tt.body, func(t *testing.T) {
			t.Parallel()
			s := simulate(t, defaults())
			s.mustAdd(catRules)
			s.order(tt.name, tt.body)
			if f := s.fault(tt.name); f.Fired != 0 || f.Waiting != 1 {
				t.Errorf("before the connect: %+v", f)
			}
			tt.see(t, s)
			s.fired(tt.name, 1)
			s.connect("").post() // once means once
		})
	}
}

func TestEachDisconnectTypeComesUnderBothHosts(t *testing.T) {
	t.Parallel()
	s := simulate(t, defaults())
	s.mustAdd(catRules)
	variants := s.fault("operational_disconnect").Variants
	if len(variants) != 17 {
		t.Errorf("%d variants: %v", len(variants), variants)
	}
	s.order("operational_disconnect", `{"on":true}`)
	for _, variant := range variants {
		lines, err := s.connect("").all()
		if err != nil || len(lines) == 0 {
			t.Fatalf("%d lines, %v", len(lines), err)
		}
		kind, old := strings.CutSuffix(variant, "@api.twitter.com")
		host := "https://api.x.com/"
		if old {
			host = "https://api.twitter.com/"
		}
		if last := lines[len(lines)-1]; !strings.Contains(last, `"`+kind+`"`) || !strings.Contains(last, host) {
			t.Errorf("%s: %s", variant, last)
		}
	}
}

func TestAStallWithHeartbeatsSendsNoPostsAndThePostsAreFoundLater(t *testing.T) {
	t.Parallel()
	cfg := defaults()
	cfg.KeepAlive, cfg.Rate = 20*time.Millisecond, 500
	s := simulate(t, cfg)
	s.mustAdd(catRules)
	r := s.connect("")
	last := r.post()
	s.order("stall_with_heartbeats", `{"on":true}`)
	for blank := 0; blank < 10; {
		text, err := r.line()
		if err != nil {
			t.Fatal(err)
		}
		if blank++; text != "" {
			blank = 0
			last = parsePost(t, text)
		}
	}
	s.fired("stall_with_heartbeats", 1)
	before := s.status().Available
	s.until("posts that nobody is told", func(st status) bool { return st.Available > before+50 && st.Posts < st.Available })
	if resp, text := s.doWith("DELETE", "/simulator/v1/faults/stall_with_heartbeats", "", ""); resp.StatusCode != http.StatusOK {
		t.Fatal(text)
	}
	next := r.post()
	missed := s.search("since_id=" + last.Data.ID + "&until_id=" + next.Data.ID + "&max_results=100")
	if len(missed) < 10 {
		t.Errorf("%d posts between %s and %s", len(missed), last.Data.ID, next.Data.ID)
	}
}

func TestASilentStallSendsNothingAtAllAndEnds(t *testing.T) {
	t.Parallel()
	cfg := defaults()
	cfg.KeepAlive = 10 * time.Millisecond
	s := simulate(t, cfg)
	s.mustAdd(catRules)
	r := s.connect("")
	r.post()
	s.order("stall_silent", `{"for":"300ms"}`)
	s.fired("stall_silent", 1)
	longest := time.Duration(0)
	for deadline := time.Now().Add(patience); longest < 250*time.Millisecond; {
		before := time.Now()
		if _, err := r.line(); err != nil || before.After(deadline) {
			t.Fatalf("the longest silence was %v, %v", longest, err)
		}
		longest = max(longest, time.Since(before))
	}
	r.post()
}

func TestAHalfOpenConnectionStaysAndIsSilent(t *testing.T) {
	t.Parallel()
	for _, variant := range []string{"stream", "connect"} {
		t.Run(variant, func(t *testing.T) {
			t.Parallel()
			cfg := defaults()
			cfg.KeepAlive = 10 * time.Millisecond
			s := simulate(t, cfg)
			s.mustAdd(catRules)
			s.order("half_open", `{"variant":"`+variant+`"}`)
			r := s.raw("")
			s.fired("half_open", 1)
			_ = r.conn.SetReadDeadline(time.Now().Add(300 * time.Millisecond))
			text, err := io.ReadAll(r.resp.Body)
			if !errors.Is(err, os.ErrDeadlineExceeded) || (len(text) == 0) != (variant == "connect") {
				t.Errorf("%d bytes, %v", len(text), err)
			}
			if st := s.status(); !st.Connected {
				t.Error("the server has closed the connection")
			}
			_ = r.conn.Close()
			s.connect("").post()
		})
	}
}

func TestDuplicatesComeAgainByteForByte(t *testing.T) {
	t.Parallel()
	s := simulate(t, defaults())
	s.mustAdd(catRules)
	r := s.connect("?tweet.fields=created_at,entities,public_metrics,referenced_tweets&expansions=author_id,attachments.media_keys,referenced_tweets.id")
	seen := map[string]bool{}
	for range 50 {
		seen[r.next()] = true
	}
	s.order("duplicates", `{"count":8}`)
	repeated := 0
	for range 3000 {
		text := r.next()
		if seen[text] {
			repeated++
		}
		seen[text] = true
	}
	s.fired("duplicates", 1)
	if st := s.status(); repeated != 8 || st.Duplicates != 8 {
		t.Errorf("%d lines came again, status says %d", repeated, st.Duplicates)
	}
}

func TestDisorderSwapsPostsWithinItsWindowAndLosesNone(t *testing.T) {
	t.Parallel()
	cfg := defaults()
	cfg.Available = filepath.Join(t.TempDir(), "available.ndjson")
	s := simulate(t, cfg)
	s.mustAdd(catRules)
	r := s.connect("")
	r.post()
	s.order("disorder", `{"count":12}`)
	var ids []string
	for range 1000 {
		ids = append(ids, r.post().Data.ID)
	}
	s.fired("disorder", 1)
	sorted := slices.Clone(ids)
	slices.Sort(sorted)
	moved := 0
	for i := range ids {
		if ids[i] != sorted[i] {
			moved++
		}
	}
	if moved < 2 || moved > 12 || len(slices.Compact(sorted)) != 1000 {
		t.Errorf("%d of %d posts are out of order, want up to 12 and each once", moved, len(slices.Compact(sorted)))
	}
}

func TestABurstOfEditsBringsNewVersionsOfTheLastPosts(t *testing.T) {
	t.Parallel()
	s := simulate(t, defaults())
	s.mustAdd(catRules)
	r := s.connect("")
	for range 200 {
		r.post()
	}
	before := s.status().Edits
	s.order("edits", `{"count":30}`)
	s.fired("edits", 1)
	// Some posts are reposts, which nobody edits.
	s.until("a burst of edits", func(st status) bool { r.post(); return st.Edits >= before+20 })
}

func TestDeletedPostsAreNotFoundByLookUpNorBySearch(t *testing.T) {
	t.Parallel()
	cfg := defaults()
	cfg.Posts = 100
	s := simulate(t, cfg)
	s.mustAdd(catRules)
	r := s.connect("")
	ids := r.posts(100)
	s.order("deletions", `{"count":5}`)
	s.fired("deletions", 1)
	found, missing := s.lookup(ids)
	if len(missing) != 5 || len(found) != 95 {
		t.Errorf("%d found, %d missing", len(found), len(missing))
	}
	for _, id := range s.search("max_results=100") {
		if slices.Contains(missing, id) {
			t.Errorf("%s is deleted, and search has it", id)
		}
	}
}

func TestLostRulesLeaveTheStreamSilentAndRefuseTheNextConnect(t *testing.T) {
	t.Parallel()
	cfg := defaults()
	cfg.KeepAlive = 20 * time.Millisecond
	s := simulate(t, cfg)
	s.mustAdd(catRules)
	r := s.connect("")
	r.post()
	s.order("rules_silently_lost", "")
	s.fired("rules_silently_lost", 1)
	for blank := 0; blank < 5; blank++ {
		if text, err := r.line(); err != nil {
			t.Fatal(err)
		} else if text != "" {
			blank = -1
		}
	}
	r.close()
	if resp, text := s.do("GET", streamPath, ""); resp.StatusCode != http.StatusConflict {
		t.Errorf("%d %s", resp.StatusCode, text)
	}
}

func TestASlowAnswerIsLate(t *testing.T) {
	t.Parallel()
	s := simulate(t, defaults())
	s.order("slow_answer", `{"for":"200ms"}`)
	before := time.Now()
	if resp, _ := s.do("GET", rulesPath, ""); resp.StatusCode != http.StatusOK || time.Since(before) < 200*time.Millisecond {
		t.Errorf("%d after %v", resp.StatusCode, time.Since(before))
	}
	s.fired("slow_answer", 1)
}

func TestAStuckConnectionIsFreedByDeletingIt(t *testing.T) {
	t.Parallel()
	s := simulate(t, defaults())
	s.mustAdd(catRules)
	s.order("stuck_connection", "")
	s.connect("").close()
	s.fired("stuck_connection", 1)
	if st := s.status(); st.Connected {
		t.Errorf("%+v: nobody is there", st)
	}
	resp, text := s.do("GET", streamPath, "")
	if resp.StatusCode != http.StatusTooManyRequests || !strings.Contains(text, "TooManyConnections") || resp.Header.Get("x-rate-limit-remaining") != "48" {
		t.Errorf("%d %v %s", resp.StatusCode, resp.Header, text)
	}
	if resp, text := s.do("DELETE", "/2/connections/all", ""); resp.StatusCode != http.StatusOK || !strings.Contains(text, `"successful_kills":1`) {
		t.Errorf("%d %s", resp.StatusCode, text)
	}
	s.connect("").post()
}

func TestAStuckConnectionEndsByItself(t *testing.T) {
	t.Parallel()
	s := simulate(t, defaults())
	s.mustAdd(catRules)
	s.order("stuck_connection", `{"for":"600ms"}`)
	s.connect("").close()
	s.fired("stuck_connection", 1)
	if c := s.connections(""); c.Meta.Count != 1 {
		t.Errorf("%+v, want one that is taken for active", c)
	}
	// Each refused connect has waited for the place for a while.
	refused := 0
	for deadline := time.Now().Add(patience); ; refused++ {
		s.order("clean_close", `{"count":1}`)
		if resp, _ := s.do("GET", streamPath, ""); resp.StatusCode == http.StatusOK {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("stuck for ever")
		}
	}
	if refused == 0 {
		t.Error("the place was free at once")
	}
}

func TestEachRefusalOfAConnectHasItsForm(t *testing.T) {
	t.Parallel()
	s := simulate(t, defaults())
	s.mustAdd(catRules)
	limits := []string{"x-rate-limit-limit", "x-rate-limit-remaining", "x-rate-limit-reset"}
	for _, f := range faultplan.Catalogue() {
		if !strings.HasPrefix(string(f.Name), "connect_") {
			continue
		}
		variants := f.Variants
		if len(variants) == 0 {
			variants = []string{""}
		}
		for i, variant := range variants {
			s.order(string(f.Name), `{"variant":"`+variant+`"}`)
			resp, body := s.do("GET", streamPath, "")
			golden(t, strings.TrimSuffix(string(f.Name)+"_"+variant, "_"), resp, body)
			s.fired(string(f.Name), i+1)
			bare := f.Name == faultplan.Connect401 || f.Name == faultplan.Connect503 || strings.HasSuffix(variant, "no_reset")
			for _, name := range limits {
				if (resp.Header.Get(name) == "") != bare {
					t.Errorf("%s %s: %s is %q", f.Name, variant, name, resp.Header.Get(name))
				}
			}
			if got, want := resp.Header.Get("Retry-After"), map[bool]string{true: "5"}[variant == "retry_after"]; got != want {
				t.Errorf("%s %s: Retry-After %q", f.Name, variant, got)
			}
			if rated := variant == "code_88" || variant == "problem"; rated != (resp.Header.Get("x-rate-limit-remaining") == "0") {
				t.Errorf("%s %s: remaining %q", f.Name, variant, resp.Header.Get("x-rate-limit-remaining"))
			}
		}
	}
	s.connect("").post()
}

func TestAScriptOrdersFaultsAtTheirTimes(t *testing.T) {
	t.Parallel()
	cfg := defaults()
	cfg.Faults = filepath.Join(t.TempDir(), "plan.yaml")
	if err := os.WriteFile(cfg.Faults, []byte("- at: 50ms\n  fault: connect_503\n  times: 2\n- at: 0s\n  fault: clean_close\n  on_for: 24h\n  count: 3\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := simulate(t, cfg)
	s.mustAdd(catRules)
	for deadline := time.Now().Add(patience); s.fault("connect_503").Waiting < 2; {
		if time.Now().After(deadline) {
			t.Fatal("the script is not followed")
		}
	}
	for range 2 {
		if resp, text := s.do("GET", streamPath, ""); resp.StatusCode != http.StatusServiceUnavailable {
			t.Errorf("%d %s", resp.StatusCode, text)
		}
	}
	for range 3 {
		if lines, err := s.connect("").all(); len(lines) != 3 || err != nil {
			t.Errorf("%d lines, %v", len(lines), err)
		}
	}
	s.fired("clean_close", 3)
}

func TestDrawnFaultsHappen(t *testing.T) {
	t.Parallel()
	cfg := defaults()
	cfg.FaultRate, cfg.Seed = 6000, 3
	s := simulate(t, cfg)
	for deadline := time.Now().Add(patience); ; {
		total := 0
		for _, f := range faultplan.Catalogue() {
			total += s.fault(string(f.Name)).Waiting
		}
		if total > 20 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("a hundred faults a second, and none are ordered")
		}
	}
}

func TestAPageInABrowserCannotOrderFaultsAndNonsenseIsRefused(t *testing.T) {
	t.Parallel()
	s := simulate(t, defaults())
	for _, method := range []string{"POST", "DELETE"} {
		req, err := http.NewRequestWithContext(context.Background(), method, s.base+"/simulator/v1/faults/reset", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Sec-Fetch-Site", "cross-site")
		resp, err := s.http.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != http.StatusForbidden {
			t.Errorf("%s from another site: %d", method, resp.StatusCode)
		}
	}
	for path, want := range map[string]int{"/nothing": 404, "/reset": 400} {
		if resp, text := s.doWith("POST", "/simulator/v1/faults"+path, `{"times":-1}`, ""); resp.StatusCode != want {
			t.Errorf("%s: %d %s", path, resp.StatusCode, text)
		}
	}
	s.order("reset", `{"times":3}`)
	if resp, _ := s.doWith("DELETE", "/simulator/v1/faults", "", ""); resp.StatusCode != http.StatusOK || s.fault("reset").Waiting != 0 {
		t.Errorf("%d, %+v", resp.StatusCode, s.fault("reset"))
	}
	for _, f := range faultplan.Catalogue() {
		if got := s.fault(string(f.Name)); got.Description == "" || got.Fired != 0 {
			t.Errorf("%+v", got)
		}
	}
}

func TestAFloodComesAndGoes(t *testing.T) {
	t.Parallel()
	cfg := defaults()
	cfg.Rate = 200
	s := simulate(t, cfg)
	s.mustAdd(catRules)
	s.connect("")
	if resp, text := s.doWith("POST", "/simulator/v1/faults/flood", `{"count":50,"for":"1s"}`, ""); resp.StatusCode != http.StatusOK {
		t.Fatal(text)
	}
	flooded := s.until("flooded", func(st status) bool { return st.Available > 2000 }) // ten seconds' worth
	since := time.Now()
	s.until("as before", func(st status) bool {
		if st.Available < flooded.Available+100 {
			return false
		}
		calm := time.Since(since) > 200*time.Millisecond // the flood brings as many in 10 ms
		flooded, since = st, time.Now()
		return calm
	})
}
