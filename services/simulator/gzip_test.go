package simulator_test

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"io"
	"testing"
	"time"
)

func TestAStreamIsCompressedForAClientThatAsksAndEachPostComesAtOnce(t *testing.T) {
	t.Parallel()
	cfg := defaults()
	cfg.Rate, cfg.KeepAlive = 100, 20*time.Millisecond
	s := simulate(t, cfg)
	s.mustAdd(catRules)
	r := s.raw("Accept-Encoding: deflate, gzip;q=0.8\r\n")
	if got := r.resp.Header.Get("Content-Encoding"); got != "gzip" {
		t.Fatalf("Content-Encoding %q", got)
	}
	zip, err := gzip.NewReader(r.resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	in := bufio.NewReader(zip)
	posts, blank := int64(0), 0
	for posts < 100 || blank < 3 {
		text, err := in.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		if text == "\r\n" {
			blank++
			continue
		}
		posts++
		var d delivered
		if err := json.Unmarshal([]byte(text), &d); err != nil {
			t.Fatalf("%v: %s", err, text)
		}
		if age := time.Since(idTime(t, d.Data.ID)); age > patience/2 {
			t.Errorf("a post of %v ago", age)
		}
	}
	stopped := make(chan error, 1)
	go func() { stopped <- s.stop() }()
	rest, err := io.ReadAll(in)
	if err := <-stopped; err != nil {
		t.Error(err)
	}
	if err != nil {
		t.Errorf("after %d bytes more: %v, want a proper end of chunks and compression", len(rest), err)
	}
}

func TestAClientThatRefusesCompressionGetsNone(t *testing.T) {
	t.Parallel()
	s := simulate(t, defaults())
	s.mustAdd(catRules)
	for _, header := range []string{"", "Accept-Encoding: identity\r\n", "Accept-Encoding: gzip;q=0, br\r\n", "Accept-Encoding: gzip; q=0.0\r\n"} {
		r := s.raw(header)
		if got := r.resp.Header.Get("Content-Encoding"); got != "" {
			t.Errorf("%q: %s", header, got)
		}
		_ = r.conn.Close()
	}
}
