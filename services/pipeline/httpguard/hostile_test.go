package httpguard

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// brief are bounds that a test can wait for.
var brief = Bounds{Head: 300 * time.Millisecond, Body: 300 * time.Millisecond, Answer: 300 * time.Millisecond, Idle: 10 * time.Second}

// testServer is a server on a socket, and what it has logged.
type testServer struct {
	address string
	mu      sync.Mutex
	log     bytes.Buffer
}

func (s *testServer) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.log.Write(b)
}

func (s *testServer) logged() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.log.String()
}

func serve(t *testing.T, h http.Handler, b Bounds) *testServer {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &testServer{address: listener.Addr().String()}
	server := Server(h, b, slog.New(slog.NewTextHandler(s, nil)))
	server.Protocols = new(http.Protocols)
	server.Protocols.SetHTTP1(true)
	server.Protocols.SetUnencryptedHTTP2(true) // as the live page has it
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	t.Cleanup(func() {
		_ = server.Close()
		if err := <-served; !errors.Is(err, http.ErrServerClosed) {
			t.Errorf("the server ended with %v", err)
		}
	})
	return s
}

func (s *testServer) dial(t *testing.T) net.Conn {
	t.Helper()
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", s.address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(30 * time.Second)); err != nil {
		t.Fatal(err)
	}
	return conn
}

// answers says what the server answers to somebody who asks properly, over a connection of their own.
func (s *testServer) answers(t *testing.T) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+s.address+"/", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{DisableKeepAlives: true}
	response, err := transport.RoundTrip(request)
	if err != nil {
		return err.Error()
	}
	defer response.Body.Close()
	return response.Status
}

// talk sends text and returns all that comes back.
func (s *testServer) talk(t *testing.T, text string) string {
	t.Helper()
	conn := s.dial(t)
	go func() { _, _ = io.WriteString(conn, text) }() // the server may not want all of it
	answer, err := io.ReadAll(conn)
	if errors.Is(err, context.DeadlineExceeded) || isTimeout(err) {
		t.Errorf("the server neither answers nor hangs up on %.60q", text)
	}
	return string(answer)
}

func isTimeout(err error) bool {
	var timeout net.Error
	return errors.As(err, &timeout) && timeout.Timeout()
}

func fine(w http.ResponseWriter, r *http.Request) {
	if _, err := io.Copy(io.Discard, r.Body); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	_, _ = io.WriteString(w, "fine")
}

func TestManyWhoNeverEndTheirHeadAreCutAndKeepNobodyOut(t *testing.T) {
	t.Parallel()
	b := brief
	b.Connections = 10
	s := serve(t, http.HandlerFunc(fine), b)
	var slow sync.WaitGroup
	for range 40 {
		conn := s.dial(t)
		slow.Go(func() {
			_, err := io.WriteString(conn, "GET / HTTP/1.1\r\nHost: x\r\n")
			for err == nil { // a byte now and then, as slowloris does
				<-time.After(10 * time.Millisecond)
				_, err = io.WriteString(conn, "x")
			}
			if isTimeout(err) {
				t.Error("a head without an end is waited for")
			}
		})
	}
	if got := s.answers(t); got != "200 OK" {
		t.Errorf("somebody else gets %s meanwhile", got)
	}
	slow.Wait()
}

func TestABodyThatNeverEndsIsCut(t *testing.T) {
	t.Parallel()
	b := brief
	b.BodyBytes = 1 << 20
	s := serve(t, http.HandlerFunc(fine), b)
	conn := s.dial(t)
	_, err := io.WriteString(conn, "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
	for err == nil {
		<-time.After(10 * time.Millisecond)
		_, err = io.WriteString(conn, "1\r\nx\r\n")
	}
	if isTimeout(err) {
		t.Error("a body without an end is waited for")
	}
	if got := s.answers(t); got != "200 OK" {
		t.Errorf("somebody else gets %s then", got)
	}
}

func TestTenMegabytesOfHeadAreRefused(t *testing.T) {
	t.Parallel()
	s := serve(t, http.HandlerFunc(fine), Bounds{})
	for name, head := range map[string]string{
		"one field":   "GET / HTTP/1.1\r\nHost: x\r\nX: " + strings.Repeat("x", 10<<20) + "\r\n\r\n",
		"many fields": "GET / HTTP/1.1\r\nHost: x\r\n" + strings.Repeat("X: x\r\n", 10<<20/6) + "\r\n",
		"the address": "GET /" + strings.Repeat("x", 10<<20) + " HTTP/1.1\r\nHost: x\r\n\r\n",
	} {
		// What comes after the refusal can reset the connection before the answer is read.
		if answer := s.talk(t, head); answer != "" && !strings.HasPrefix(answer, "HTTP/1.1 431 ") {
			t.Errorf("%s: %.60q", name, answer)
		}
	}
}

func TestWhoeverDoesNotReadIsCut(t *testing.T) {
	t.Parallel()
	ended := make(chan error, 1)
	s := serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		var err error
		for page := make([]byte, 1<<20); err == nil; {
			_, err = w.Write(page)
		}
		ended <- err
	}), brief)
	if _, err := io.WriteString(s.dial(t), "GET / HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	select {
	case <-ended:
	case <-time.After(20 * time.Second):
		t.Error("the server writes to nobody for ever")
	}
}

func TestThousandsOfIdleConnectionsKeepNobodyOut(t *testing.T) {
	t.Parallel()
	s := serve(t, http.HandlerFunc(fine), Bounds{Connections: 64})
	var cut atomic.Int64
	var idle sync.WaitGroup
	const many = 2000
	conns := make([]net.Conn, 0, many)
	for range many {
		conn := s.dial(t)
		conns = append(conns, conn)
		idle.Go(func() {
			if _, err := conn.Read(make([]byte, 1)); err != nil && !errors.Is(err, net.ErrClosed) {
				cut.Add(1)
			}
		})
	}
	if got := s.answers(t); got != "200 OK" {
		t.Errorf("somebody else gets %s meanwhile", got)
	}
	for deadline := time.Now().Add(20 * time.Second); cut.Load() < many-64; <-time.After(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d of %d connections are cut, want all but 64", cut.Load(), many)
		}
	}
	for _, conn := range conns {
		_ = conn.Close()
	}
	idle.Wait()
}

func TestWhoIsBeingServedIsNotCutForANewConnection(t *testing.T) {
	t.Parallel()
	begun, end := make(chan struct{}), make(chan struct{})
	s := serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		begun <- struct{}{}
		<-end
		_, _ = io.WriteString(w, "served")
	}), Bounds{Connections: 2})
	served := make(chan string, 2)
	for range 2 {
		conn := s.dial(t)
		go func() {
			_, _ = io.WriteString(conn, "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
			answer, _ := io.ReadAll(conn)
			served <- string(answer)
		}()
		<-begun
	}
	if _, err := s.dial(t).Read(make([]byte, 1)); err == nil || isTimeout(err) {
		t.Errorf("a third connection where two may be: %v, want its end", err)
	}
	close(end)
	for range 2 {
		if answer := <-served; !strings.HasSuffix(answer, "served") {
			t.Errorf("one of the two gets %q", answer)
		}
	}
}

func TestWhoIsServedOverHTTP2IsNotCutForIdleConnections(t *testing.T) {
	t.Parallel()
	begun, end := make(chan struct{}), make(chan struct{})
	s := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/long" {
			close(begun)
			<-end
		}
		_, _ = io.WriteString(w, r.Proto)
	}), Bounds{Connections: 2})
	transport := &http.Transport{Protocols: new(http.Protocols)}
	transport.Protocols.SetUnencryptedHTTP2(true)
	t.Cleanup(transport.CloseIdleConnections)
	served := make(chan string, 1)
	ask := func(path string) string {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+s.address+path, http.NoBody)
		if err != nil {
			return err.Error()
		}
		response, err := transport.RoundTrip(request)
		if err != nil {
			return err.Error()
		}
		defer response.Body.Close()
		body, err := io.ReadAll(response.Body)
		return fmt.Sprint(string(body), err)
	}
	go func() { served <- ask("/long") }()
	<-begun
	if got := ask("/short"); got != "HTTP/2.0<nil>" { // of two requests of the connection one is done
		t.Errorf("beside it: %s", got)
	}
	for range 5 {
		s.dial(t)
	}
	if got := s.answers(t); got != "200 OK" {
		t.Errorf("somebody else gets %s", got)
	}
	close(end)
	if got := <-served; got != "HTTP/2.0<nil>" {
		t.Errorf("the one who was served gets %s", got)
	}
}

func TestATooLargeBodyIsRefused(t *testing.T) {
	t.Parallel()
	s := serve(t, http.HandlerFunc(fine), Bounds{BodyBytes: 10})
	for body, want := range map[string]string{
		"Content-Length: 10\r\n\r\n0123456789":                            "HTTP/1.1 200 ",
		"Content-Length: 11\r\n\r\n01234567890":                           "HTTP/1.1 413 ",
		"Content-Length: 9223372036854775807\r\n\r\n0":                    "HTTP/1.1 413 ",
		"Content-Length: 9223372036854775808\r\n\r\n0":                    "HTTP/1.1 400 ",
		"Transfer-Encoding: chunked\r\n\r\nb\r\n01234567890\r\n0\r\n\r\n": "HTTP/1.1 400 ", // what fine makes of the error
	} {
		if answer := s.talk(t, "POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"+body); !strings.HasPrefix(answer, want) {
			t.Errorf("%.60q: %.60q, want %s", body, answer, want)
		}
	}
}

func TestNoRequestIsHiddenInAnother(t *testing.T) {
	t.Parallel()
	soon := brief
	soon.Idle = 200 * time.Millisecond
	var smuggled atomic.Int64
	s := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/smuggled" {
			smuggled.Add(1)
		}
		fine(w, r)
	}), soon)
	const hidden = "GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n"
	length := fmt.Sprintf("Content-Length: %d\r\n", len(hidden))
	for name, request := range map[string]string{
		"two lengths":                  "POST / HTTP/1.1\r\nHost: x\r\n" + length + "Content-Length: 0\r\n\r\n" + hidden,
		"a length with a sign":         "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: +0\r\n\r\n" + hidden,
		"a space before the colon":     "POST / HTTP/1.1\r\nHost: x\r\nContent-Length : 0\r\n\r\n" + hidden,
		"an unknown coding":            "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n" + hidden,
		"chunked twice":                "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked, chunked\r\n\r\n" + hidden,
		"chunked, not last":            "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked, identity\r\n\r\n" + hidden,
		"chunked with a tab":           "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding:\vchunked\r\n\r\n" + hidden,
		"a folded field":               "POST / HTTP/1.1\r\nHost: x\r\nX: y\r\n Content-Length: 0\r\n" + length + "\r\n" + hidden,
		"a length and HTTP/1.0 chunks": "POST / HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\n" + length + "\r\n" + hidden,
		"a chunk's size too large":     "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n10000000000000000\r\n" + hidden,
		"no host":                      "GET / HTTP/1.1\r\n\r\n" + hidden,
		"two hosts":                    "GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n" + hidden,
	} {
		if s.talk(t, request); smuggled.Swap(0) != 0 {
			t.Errorf("%s: what is within the body, or after what is no request, is served", name)
		}
	}
}

func TestAPanicEndsItsRequestAlone(t *testing.T) {
	t.Parallel()
	s := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/panics":
			panic("secret\nlevel=INFO msg=forged")
		case "/gives-up":
			panic(http.ErrAbortHandler)
		}
		fine(w, r)
	}), brief)
	if answer := s.talk(t, "GET /gives-up HTTP/1.1\r\nHost: x\r\n\r\n"); answer != "" || s.logged() != "" {
		t.Errorf("a request that is given up gets %q, and is logged: %q", answer, s.logged())
	}
	if answer := s.talk(t, "GET /panics HTTP/1.1\r\nHost: x\r\n\r\n"); answer != "" {
		t.Errorf("the client gets %q", answer)
	}
	if got := s.answers(t); got != "200 OK" {
		t.Errorf("somebody else gets %s then", got)
	}
	if log := s.logged(); strings.Count(log, "\n") != 1 || !strings.Contains(log, "secret") || !strings.Contains(log, "/panics") {
		t.Errorf("the log is %q, want one line", log)
	}
}
