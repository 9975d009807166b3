package hostile

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"catsvdogs/services/pipeline/telemetry"
)

// endpoint is a server of ours, and a request that it answers well.
type endpoint struct {
	address string
	path    string
	status  int // of the answer
}

// endpoints are one of each of our servers.
func endpoints(t *testing.T) map[string]endpoint {
	t.Helper()
	p := startPipeline(t)
	free := listen(t)
	metrics := free.Addr().String()
	if err := free.Close(); err != nil {
		t.Fatal(err)
	}
	_, closeStage, err := telemetry.Config{TelemetryAddr: metrics, LogLevel: "error", LogFormat: "text"}.Join("hostile")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(closeStage)
	return map[string]endpoint{
		"live page":              {strings.TrimPrefix(p.page, "http://"), "/api/v1/contest", http.StatusOK},
		"simulator":              {strings.TrimPrefix(p.x, "http://"), "/healthz", http.StatusOK},
		"telemetry":              {metrics, "/healthz", http.StatusOK},
		"embedded Elasticsearch": {strings.TrimPrefix(p.elastic.ElasticsearchURL, "http://"), "/", http.StatusOK},
		"embedded object store":  {strings.TrimPrefix(p.s3.S3Endpoint, "http://"), "/archive", http.StatusForbidden}, // it is not signed
	}
}

func (e endpoint) dial(t *testing.T) net.Conn {
	t.Helper()
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", e.address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(40 * time.Second)); err != nil {
		t.Fatal(err)
	}
	return conn
}

// talk sends text and returns what comes back until the server hangs up, which it must.
func (e endpoint) talk(t *testing.T, text string) string {
	t.Helper()
	conn := e.dial(t)
	var sent sync.WaitGroup
	sent.Go(func() { _, _ = io.WriteString(conn, text) }) // the server may not want all of it
	answer, err := io.ReadAll(conn)
	_ = conn.Close()
	sent.Wait()
	var late net.Error
	if errors.As(err, &late) && late.Timeout() {
		t.Errorf("the server does not hang up on %.60q", text)
	}
	return string(answer)
}

// answers says whether somebody who asks properly is answered soon.
func (e endpoint) answers(t *testing.T) bool {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+e.address+e.path, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	response, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(request)
	if err != nil {
		t.Logf("GET %s: %v", e.path, err)
		return false
	}
	defer response.Body.Close()
	return response.StatusCode == e.status
}

func TestNoServerOfOursIsHeldUpOrLedAstray(t *testing.T) {
	t.Parallel()
	all := endpoints(t)
	t.Run("servers", func(t *testing.T) {
		for name, e := range all {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				e.holds(t)
			})
		}
	})
}

func (e endpoint) holds(t *testing.T) {
	t.Helper()
	// Connections that say nothing, and some that never come to an end, are there all the while.
	for range 300 {
		e.dial(t)
	}
	var slow sync.WaitGroup
	for _, begin := range []string{"GET / HTTP/1.1\r\nHost: localhost\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "\x16\x03\x01\x02\x00", "G"} {
		conn := e.dial(t)
		slow.Go(func() {
			if _, err := io.WriteString(conn, begin); err != nil {
				return
			}
			var late net.Error
			if _, err := io.ReadAll(conn); strings.HasPrefix(begin, "GET") && errors.As(err, &late) && late.Timeout() {
				t.Errorf("it waits for the end of %q", begin)
			}
		})
	}
	defer slow.Wait()
	if !e.answers(t) {
		t.Error("idle connections keep others out")
	}
	const closing = "Connection: close\r\n\r\n"
	for what, answer := range map[string]string{
		"a long field":   e.talk(t, "GET / HTTP/1.1\r\nHost: localhost\r\nX: "+strings.Repeat("x", 10<<20)+"\r\n"+closing),
		"a long address": e.talk(t, "GET /"+strings.Repeat("x", 10<<20)+" HTTP/1.1\r\nHost: localhost\r\n"+closing),
	} {
		if answer != "" && !strings.HasPrefix(answer, "HTTP/1.1 431") { // a reset may come before the answer is read
			t.Errorf("%s: %.60q", what, answer)
		}
	}
	if answer := e.talk(t, "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999999\r\n"+closing+"x"); !strings.HasPrefix(answer, "HTTP/1.1 4") {
		t.Errorf("a body of 100 TB: %.60q", answer)
	}
	for _, path := range []string{"/../../etc/passwd", "/assets/..%2f..%2fetc%2fpasswd", "/%2e%2e/%2e%2e/etc/passwd", "//etc/passwd", "/archive/..%5c..%5c", "/archive/%00", "/\x1b[31m", "/%0d%0aSet-Cookie:a=b"} {
		answer := e.talk(t, "GET "+path+" HTTP/1.1\r\nHost: localhost\r\n"+closing)
		head, body, _ := strings.Cut(answer, "\r\n\r\n")
		if strings.Contains(answer, "root:") || strings.Contains(head, "Set-Cookie") || strings.HasPrefix(head, "HTTP/1.1 5") || strings.HasPrefix(head, "HTTP/1.1 200") {
			t.Errorf("%q: %.300q", path, answer)
		}
		if strings.Contains(body, "\x1b") {
			t.Errorf("%q comes back with its commands to a terminal", path)
		}
	}
	if !e.answers(t) {
		t.Error("it does not answer any more")
	}
}
