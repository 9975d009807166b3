package simulator_test

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"slices"
	"testing"

	"catsvdogs/services/simulator"
)

// cuts waits until nobody is connected and returns the truth's lines and its cut, if there is one.
func (s *simulation) cuts(want bool) (lines []truthLine, cut *truthLine) {
	s.t.Helper()
	s.until("told", func(st status) bool {
		_, lines, _ = s.truth("")
		for i := range lines {
			if lines[i].Kind == "cut" {
				cut = &lines[i]
			}
		}
		return !st.Connected && (cut != nil || !want)
	})
	return lines, cut
}

func withTruth() simulator.Config {
	cfg := defaults()
	cfg.RememberTruth = 100_000
	return cfg
}

func TestNothingIsUnsureOfAStreamThatEndsProperly(t *testing.T) {
	t.Parallel()
	cfg := withTruth()
	cfg.Truth = filepath.Join(t.TempDir(), "truth.ndjson")
	s := simulate(t, cfg)
	s.mustAdd(catRules)
	r := s.connect("")
	r.next()
	if resp, text := s.doWith("POST", "/simulator/v1/faults/clean_close", `{"count":20}`, ""); resp.StatusCode != http.StatusOK {
		t.Fatal(text)
	}
	if _, err := r.all(); err != nil {
		t.Fatal(err)
	}
	r.close()
	if err := s.stop(); err != nil { // it waits for the farewell
		t.Fatal(err)
	}
	lines := readTruth(t, cfg.Truth)
	if slices.ContainsFunc(lines, func(l truthLine) bool { return l.Kind == "cut" }) || len(lines) < 21 {
		t.Errorf("%+v", lines[len(lines)-1])
	}
}

func TestTheLastMomentsOfAClientThatGoesAreUnsure(t *testing.T) {
	t.Parallel()
	s := simulate(t, withTruth())
	s.mustAdd(catRules)
	r := s.connect("")
	for range 100 {
		r.next()
	}
	r.close()
	lines, cut := s.cuts(true)
	of := lines[0].Connection
	if cut.Cut != of || cut.ID != "" || cut.After != 0 || cut.N != lines[len(lines)-1].N {
		t.Errorf("%+v", *cut)
	}
}

func TestAllThatAClientMayHaveLeftUnreadIsUnsure(t *testing.T) {
	t.Parallel()
	cfg := withTruth()
	cfg.Rate = 50_000
	s := simulate(t, cfg)
	s.mustAdd(catRules)
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", s.base[len("http://"):])
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(context.Background(), http.MethodGet, s.base+streamPath, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer some-token")
	if err := req.Write(conn); err != nil {
		t.Fatal(err)
	}
	in := bufio.NewReader(conn)
	if _, err := io.CopyN(io.Discard, in, 100_000); err != nil {
		t.Fatal(err)
	}
	s.until("much is on its way", func(st status) bool { return st.Emitted > 500 })
	_ = conn.Close() // with bytes unread: the kernel resets
	_, cut := s.cuts(true)
	if cut.After != 0 {
		t.Errorf("%+v", *cut)
	}
}
