package simulator

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	dto "github.com/prometheus/client_model/go"
)

func TestAClientThatDoesNotReadIsDroppedAndTheNextIsServed(t *testing.T) {
	t.Parallel()
	tel, closeStage, err := quiet().Join("simulator")
	if err != nil {
		t.Fatal(err)
	}
	defer closeStage()
	s := newServer(Config{Rate: maxRate, Seed: 3, Malformed: 0.5, KeepAlive: time.Second}, tel, nil, nil)
	s.feed.writeTimeout = 200 * time.Millisecond
	ln, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.serve(ctx, ln) }()
	defer func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("serve: %v", err)
		}
	}()
	if _, _, _, err := s.rules.add([]newRuleBody{{Value: "#cat"}}, false); err != nil {
		t.Fatal(err)
	}
	connect := func() net.Conn {
		conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", ln.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		req := httptest.NewRequestWithContext(ctx, http.MethodGet, "http://"+ln.Addr().String()+"/2/tweets/search/stream", nil)
		req.Header.Set("Authorization", "Bearer x")
		if err := req.Write(conn); err != nil {
			t.Fatal(err)
		}
		head := make([]byte, len("HTTP/1.1 200"))
		if _, err := io.ReadFull(conn, head); err != nil || !strings.HasSuffix(string(head), "200") {
			t.Fatalf("%q, %v", head, err)
		}
		return conn
	}
	slow := connect()
	defer func() { _ = slow.Close() }()
	// The kernel's buffers fill, the write times out and the place is free.
	for deadline := time.Now().Add(20 * time.Second); s.connections.open(); {
		if time.Now().After(deadline) {
			t.Fatal("the client is still there")
		}
		s.feed.pause() // waits for the write in progress
		s.feed.resume()
	}
	var m dto.Metric
	if err := s.metrics.dropped.WithLabelValues("slow_reader").Write(&m); err != nil || m.GetCounter().GetValue() != 1 {
		t.Errorf("streams ended for a slow reader: %v, %v", m.GetCounter().GetValue(), err)
	}
	_ = connect().Close()
}
