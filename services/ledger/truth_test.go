package ledger

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"catsvdogs/services/ledger/account"
)

// source is a simulator that remembers the latest lines only and may begin anew.
type source struct {
	began        atomic.Value // string
	first, lines atomic.Int64
}

func (s *source) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	after, _ := strconv.ParseInt(r.URL.Query().Get("after"), 10, 64)
	limit, _ := strconv.ParseInt(r.URL.Query().Get("limit"), 10, 64)
	if after > s.lines.Load() {
		http.Error(w, `{"error":"begun anew, ask from after=0"}`, http.StatusGone)
		return
	}
	if after < s.first.Load() {
		http.Error(w, fmt.Sprintf(`{"error":"give after=%d"}`, s.first.Load()), http.StatusGone)
		return
	}
	w.Header().Set(headerBegan, s.began.Load().(string))
	for n := after + 1; n <= min(after+limit, s.lines.Load()); n++ {
		_, _ = fmt.Fprintf(w, `{"n":%d,"id":"%d","first_id":"%d","kind":"post","handed_at":"2026-06-03T12:00:00Z","by":"stream","connection":"c"}`+"\n", n, n, n)
	}
}

func TestTheTruthIsReadOnFromWhereItWasAlsoWhenTheSimulatorForgetsOrBeginsAnew(t *testing.T) {
	t.Parallel()
	s := &source{}
	s.began.Store("a")
	s.lines.Store(2*truthPage + 7)
	server := httptest.NewServer(s)
	defer server.Close()
	of, into := &truth{url: server.URL, client: server.Client()}, &account.Handed{Most: 100_000}
	read := func(lines int64, note string) {
		t.Helper()
		got, err := of.read(t.Context(), into)
		if err != nil || into.Lines != lines || !strings.Contains(got, note) || note == "" && got != "" {
			t.Fatalf("%d lines, note %q, %v; want %d and %q", into.Lines, got, err, lines, note)
		}
	}
	read(2*truthPage+7, "")
	read(2*truthPage+7, "")
	s.lines.Add(3)
	read(2*truthPage+10, "")

	s.first.Store(20_000)
	s.lines.Store(20_005)
	read(2*truthPage+10, "not accounted for")
	read(2*truthPage+15, "") // from the first one that is kept

	s.began.Store("b")
	s.first.Store(0)
	s.lines.Store(4)
	read(2*truthPage+15, "begun anew")
	read(2*truthPage+19, "")

	s.began.Store("c") // and has come further than before already
	s.lines.Store(9)
	read(2*truthPage+28, "")
}

func TestMistakesInTheConfigurationAreToldAllAtOnce(t *testing.T) {
	t.Parallel()
	w := AuditConfig{Since: "yesterday", From: "x", Partition: -2, Config: Config{Every: time.Millisecond, Settle: -1, Truth: "f", TruthURL: "no url"}}
	err := w.Validate()
	if err == nil {
		t.Fatal("none is told")
	}
	for _, flag := range []string{"--since", "--from", "--partition", "--every", "--settle", "--truth:", "--truth-url", "--remember-posts", "--findings", "--kafka-brokers", "--index-group"} {
		if !strings.Contains(err.Error(), flag) {
			t.Errorf("nothing is told of %s: %v", flag, err)
		}
	}
}
