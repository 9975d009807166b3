package simulator_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestTheStreamDeliversPostsWithTheirMatchingRules(t *testing.T) {
	t.Parallel()
	s := simulate(t, defaults())
	s.mustAdd(catRules)
	r := s.connect("?tweet.fields=entities&expansions=attachments.media_keys")
	if got := r.resp.Header.Get("Content-Type"); !strings.HasPrefix(got, "application/json") {
		t.Errorf("Content-Type: %q", got)
	}
	if !slices.Equal(r.resp.TransferEncoding, []string{"chunked"}) || r.resp.Header.Get("x-rate-limit-limit") != "50" {
		t.Errorf("header %v, encoding %v", r.resp.Header, r.resp.TransferEncoding)
	}
	tags, several := map[string]int{}, 0
	ids := map[string]bool{}
	for range 2000 {
		p := r.post()
		if ids[p.Data.ID] {
			t.Fatalf("post %s came twice", p.Data.ID)
		}
		ids[p.Data.ID] = true
		if len(p.Rules) == 0 || len(p.Data.History) == 0 {
			t.Fatalf("%+v", p)
		}
		if len(p.Rules) > 1 {
			several++
		}
		for _, rule := range p.Rules {
			tags[rule.Tag]++
		}
	}
	if len(tags) != 4 || several == 0 {
		t.Errorf("tags %v, %d posts with several rules", tags, several)
	}
}

func TestARuleChangeChangesWhatArrivesOnAnOpenStream(t *testing.T) {
	t.Parallel()
	s := simulate(t, defaults())
	s.mustAdd(`{"add":[{"value":"#coffee","tag":"coffee"}]}`)
	r := s.connect("")
	if p := r.post(); p.Rules[0].Tag != "coffee" {
		t.Fatalf("%+v", p)
	}
	s.mustAdd(`{"add":[{"value":"#tea","tag":"tea"}]}`)
	for deadline := time.Now().Add(patience); r.post().Rules[0].Tag != "tea"; {
		if time.Now().After(deadline) {
			t.Fatal("the new rule brings nothing")
		}
	}
	if resp, text := s.do("POST", rulesPath, `{"delete":{"values":["#coffee"]}}`); resp.StatusCode != http.StatusOK {
		t.Fatal(text)
	}
	// What was written before the change is still on its way: only from some
	// post on must there be no coffee.
	for calm, deadline := 0, time.Now().Add(patience); calm < 1000; {
		calm++
		if r.post().Rules[0].Tag == "coffee" {
			calm = 0
		}
		if time.Now().After(deadline) {
			t.Fatal("the deleted rule still brings posts")
		}
	}
}

func TestOnlyOneConnectionIsServedAtATime(t *testing.T) {
	t.Parallel()
	s := simulate(t, defaults())
	s.mustAdd(catRules)
	first := s.connect("")
	first.post()
	resp, text := s.do("GET", streamPath, "")
	if resp.StatusCode != http.StatusTooManyRequests || !strings.Contains(text, `"connection_issue":"TooManyConnections"`) {
		t.Errorf("second connection: %d %s", resp.StatusCode, text)
	}
	if resp.Header.Get("x-rate-limit-remaining") != "48" {
		t.Errorf("remaining %s, want 48: this 429 is not the rate limit", resp.Header.Get("x-rate-limit-remaining"))
	}
	first.post()
	first.close()
	// The place is free without a wait: whoever reconnects at once gets it.
	s.connect("").post()
}

func TestAnIdleStreamIsKeptAlive(t *testing.T) {
	t.Parallel()
	cfg := defaults()
	cfg.KeepAlive = 20 * time.Millisecond
	s := simulate(t, cfg)
	s.mustAdd(`{"add":[{"value":"#cat from:nobody"}]}`)
	r := s.connect("")
	for range 3 {
		if text, err := r.line(); text != "" || err != nil {
			t.Fatalf("%q, %v, want a blank line", text, err)
		}
	}
	if st := s.status(); st.Emitted != 0 || !st.Connected {
		t.Errorf("%+v: keep-alives are not emitted lines", st)
	}
}

func TestAStopEndsTheStreamAfterAWholeLine(t *testing.T) {
	t.Parallel()
	s := simulate(t, defaults())
	s.mustAdd(catRules)
	r := s.connect("")
	r.post()
	type result struct {
		lines []string
		err   error
	}
	done := make(chan result, 1)
	go func() {
		lines, err := r.all()
		done <- result{lines, err}
	}()
	if err := s.stop(); err != nil {
		t.Errorf("Run: %v", err)
	}
	got := <-done
	if got.err != nil {
		t.Errorf("the stream ended with %v, want a proper end", got.err)
	}
	for _, text := range got.lines {
		if !json.Valid([]byte(text)) {
			t.Fatalf("not whole: %q", text)
		}
	}
}

func TestAfterTheGivenNumberOfPostsTheStreamStaysOpenAndSilent(t *testing.T) {
	t.Parallel()
	cfg := defaults()
	cfg.Posts, cfg.Malformed, cfg.Rate, cfg.KeepAlive = 3000, 0.05, 20_000, 50*time.Millisecond
	s := simulate(t, cfg)
	s.mustAdd(catRules)
	r := s.connect("")
	lines := 0
	firsts := map[string]bool{}
	for blank := 0; blank < 2; {
		text, err := r.line()
		if err != nil {
			t.Fatal(err)
		}
		if text == "" {
			blank++
			continue
		}
		lines++
		var d delivered
		if json.Unmarshal([]byte(text), &d) == nil && len(d.Data.History) > 0 && len(d.Rules) > 0 && len(d.Rules[0].ID) > 1 {
			firsts[d.Data.History[0]] = true
		}
	}
	st := s.status()
	if !st.Finished || st.Posts != 3000 || st.Emitted != int64(lines) || len(firsts) != 3000 || st.Emitted != st.Posts+st.Edits+st.Malformed {
		t.Errorf("%d lines, %d distinct posts, status %+v", lines, len(firsts), st)
	}
	if st.Malformed < 100 || st.Malformed > 230 || st.Edits == 0 {
		t.Errorf("%+v: want about 5 %% malformed and some edits", st)
	}
}

func TestAPauseStopsPostsAtOnceAndCountsExactly(t *testing.T) {
	t.Parallel()
	cfg := defaults()
	cfg.Rate, cfg.KeepAlive = 5000, 30*time.Millisecond
	s := simulate(t, cfg)
	s.mustAdd(catRules)
	r := s.connect("")
	lines := make(chan int64, 1)
	read := func() { // to the first keep-alive, which only a pause brings at this rate
		var n int64
		for {
			text, err := r.line()
			if err != nil {
				t.Error(err)
				break
			}
			if text == "" && n > 0 {
				break
			}
			if text != "" {
				n++
			}
		}
		lines <- n
	}
	total := int64(0)
	for range 3 {
		go read()
		goal := total + 500
		s.until("500 more lines", func(st status) bool { return st.Emitted >= goal })
		paused := s.admin("POST", "pause")
		total += <-lines
		if again := s.status(); !paused.Paused || paused.Emitted != total || again.Emitted != total || !again.Connected {
			t.Fatalf("read %d lines; at the pause %+v, later %+v", total, paused, again)
		}
		if resumed := s.admin("POST", "resume"); resumed.Paused {
			t.Fatalf("%+v", resumed)
		}
	}
}

func TestUnknownFieldsAreRefusedAllTogether(t *testing.T) {
	t.Parallel()
	s := simulate(t, defaults())
	s.mustAdd(catRules)
	resp, text := s.do("GET", streamPath+"?tweet.fields=id,bogus&expansions=nothing&backfill_minutes=6&color=red", "")
	var body struct {
		Errors []struct {
			Parameters map[string][]string
			Message    string
		}
	}
	if err := json.Unmarshal([]byte(text), &body); err != nil || resp.StatusCode != http.StatusBadRequest || len(body.Errors) != 4 {
		t.Fatalf("%d %s", resp.StatusCode, text)
	}
	if all := fmt.Sprint(body.Errors); !strings.Contains(all, "[bogus] is not one of [article,attachments,") {
		t.Errorf("the accepted values are not listed: %s", all)
	}
	if resp.Header.Get("x-rate-limit-remaining") != "49" {
		t.Error("a 400 carries no rate-limit headers")
	}
	if resp, text := s.do("HEAD", streamPath, ""); resp.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("HEAD: %d %s", resp.StatusCode, text)
	}
}
