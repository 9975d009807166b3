package live

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/tmaxmax/go-sse"

	"catsvdogs/services/live/broadcast"
	"catsvdogs/services/live/page"
)

// startServer serves what Run serves, without a consumer.
func startServer(t *testing.T, hub *broadcast.Hub) string {
	t.Helper()
	p, err := page.New(page.Shown{Name: "Cats v Dogs", Colors: []string{"#E69F00", "#0072B2"}})
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(handler(&scoreboard{hub: hub}, p, addresses{}, nil, nil))
	t.Cleanup(func() { hub.Close(); s.Close() })
	return s.URL
}

// publisher counts up in n and in the last of many other members.
type publisher struct {
	hub  *broadcast.Hub
	n    int
	last map[string]any
}

func (p *publisher) publish(t *testing.T, padding string) {
	p.n++
	state := map[string]any{"n": float64(p.n), "same": "always", "padding": padding}
	whole, err := json.Marshal(state)
	if err != nil {
		t.Error(err)
		return
	}
	var difference map[string]any
	if p.last != nil {
		difference = mergePatch(p.last, state)
	}
	p.last = state
	p.hub.Publish(fmt.Sprint("e-", p.n), whole, difference)
}

// reader merges what the stream says, as the page does.
type reader struct {
	state  any
	events []string
	lastID string
}

func (r *reader) take(t *testing.T, e sse.Event) {
	t.Helper()
	var data any
	if err := json.Unmarshal([]byte(e.Data), &data); err != nil {
		t.Errorf("event %s holds no JSON: %v", e.Type, err)
	}
	if e.Type == "snapshot" {
		r.state = data
	} else {
		r.state = applyPatch(r.state, data)
	}
	r.events, r.lastID = append(r.events, e.Type), e.LastEventID
}

func get(t *testing.T, url string) *http.Response {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	t.Cleanup(cancel)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { resp.Body.Close() })
	return resp
}

func TestASnapshotAndTheChangesAfterItEqualTheLastState(t *testing.T) {
	t.Parallel()
	hub := broadcast.New(broadcast.Limits{All: 10})
	p := &publisher{hub: hub}
	p.publish(t, "")
	resp := get(t, startServer(t, hub)+"/events")
	for name, want := range map[string]string{"Content-Type": "text/event-stream", "Cache-Control": "no-cache, no-transform", "X-Accel-Buffering": "no"} {
		if got := resp.Header.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	var r reader
	for e, err := range sse.Read(resp.Body, nil) {
		if err != nil {
			t.Fatal(err)
		}
		r.take(t, e)
		if p.n == 20 {
			break
		}
		p.publish(t, "")
	}
	if diff := cmp.Diff(p.last, r.state); diff != "" {
		t.Errorf("state (-published +read):\n%s", diff)
	}
	if r.lastID != "e-20" || r.events[0] != "snapshot" || r.events[1] != "change" {
		t.Errorf("last id %s, events %v; want e-20, a snapshot, then changes", r.lastID, r.events)
	}
}

func TestTheFirstEventTellsWhenToComeBack(t *testing.T) {
	t.Parallel()
	hub := broadcast.New(broadcast.Limits{All: 10})
	(&publisher{hub: hub}).publish(t, "")
	lines := bufio.NewScanner(get(t, startServer(t, hub)+"/events").Body)
	var event []string
	for lines.Scan() && lines.Text() != "" {
		event = append(event, lines.Text())
	}
	want := []string{"retry: 2000", "id: e-1", "event: snapshot", `data: {"n":1,"padding":"","same":"always"}`}
	if diff := cmp.Diff(want, event); diff != "" {
		t.Errorf("first event (-want +got):\n%s", diff)
	}
}

func TestASlowReaderHoldsNobodyUpAndJumpsToTheNewestState(t *testing.T) {
	t.Parallel()
	hub := broadcast.New(broadcast.Limits{All: 10})
	p := &publisher{hub: hub}
	p.publish(t, "")
	resp := get(t, startServer(t, hub)+"/events")

	// 19 MiB do not fit into the buffers of a connection that nobody reads.
	const states = 300
	for range states {
		p.publish(t, strings.Repeat(fmt.Sprintf("%07d ", p.n), 8<<10)) // different each time, so each difference is as large
	}
	p.publish(t, "end")
	var r reader
	for e, err := range sse.Read(resp.Body, &sse.ReadConfig{MaxEventSize: 1 << 20}) {
		if err != nil {
			t.Fatal(err)
		}
		r.take(t, e)
		if r.lastID == fmt.Sprint("e-", p.n) {
			break
		}
	}
	if diff := cmp.Diff(p.last, r.state); diff != "" {
		t.Errorf("state (-published +read):\n%s", diff)
	}
	if len(r.events) > states/2 {
		t.Errorf("%d events for %d states; want far fewer", len(r.events), p.n)
	}
}

func TestOneFollowerTooManyIsAskedToComeBack(t *testing.T) {
	t.Parallel()
	hub := broadcast.New(broadcast.Limits{All: 1})
	(&publisher{hub: hub}).publish(t, "")
	url := startServer(t, hub)
	first := get(t, url+"/events")
	second := get(t, url+"/events")
	if second.StatusCode != http.StatusServiceUnavailable || second.Header.Get("Retry-After") == "" {
		t.Errorf("the second got %s with Retry-After %q, want 503 and a time", second.Status, second.Header.Get("Retry-After"))
	}
	first.Body.Close()
	eventually(t, "the place of the one who left is free", func() bool { return hub.Followers() == 0 })
	if third := get(t, url+"/events"); third.StatusCode != http.StatusOK {
		t.Errorf("the third got %s, want 200", third.Status)
	}
}

func TestOneAddressCannotTakeEverySeat(t *testing.T) {
	t.Parallel()
	hub := broadcast.New(broadcast.Limits{All: 10, Address: 1})
	(&publisher{hub: hub}).publish(t, "")
	url := startServer(t, hub)
	get(t, url+"/events")
	second := get(t, url+"/events")
	body, err := io.ReadAll(second.Body)
	if err != nil || second.StatusCode != http.StatusServiceUnavailable || second.Header.Get("Retry-After") == "" ||
		second.Header.Get("Content-Type") != "application/problem+json" || !strings.Contains(string(body), "your address") {
		t.Errorf("the second from an address got %s: %s", second.Status, body)
	}
}

func TestWhoAcceptsItGetsTheStreamCompressed(t *testing.T) {
	t.Parallel()
	hub := broadcast.New(broadcast.Limits{All: 10})
	p := &publisher{hub: hub}
	p.publish(t, strings.Repeat("cats ", 5000))
	url := startServer(t, hub)
	// The client asks for gzip and reads it without being told to.
	resp, err := http.Get(url + "/events")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if !resp.Uncompressed {
		t.Error("the stream is not compressed")
	}
	lines := bufio.NewScanner(resp.Body)
	lines.Buffer(nil, 1<<20)
	until := func(id string) {
		t.Helper()
		for lines.Scan() {
			if lines.Text() == "id: "+id {
				return
			}
		}
		t.Fatalf("%s never came: %v", id, lines.Err())
	}
	until("e-1")
	p.publish(t, "dogs")
	until("e-2")
	hub.Close()
	for lines.Scan() {
	}
	if err := lines.Err(); err != nil {
		t.Errorf("the stream ended with %v, want a clean end", err)
	}
	http.DefaultClient.CloseIdleConnections()
	plain, err := http.NewRequestWithContext(t.Context(), http.MethodHead, url+"/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	plain.Header.Set("Accept-Encoding", "br, gzip;q=0")
	answer, err := http.DefaultTransport.RoundTrip(plain)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	if e := answer.Header.Get("Content-Encoding"); e != "" {
		t.Errorf("who refuses gzip gets %s", e)
	}
}

func TestFollowersGoWhenTheServiceStops(t *testing.T) {
	t.Parallel()
	hub := broadcast.New(broadcast.Limits{All: 10})
	(&publisher{hub: hub}).publish(t, "")
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p, err := page.New(page.Shown{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() {
		ended <- serve(ctx, listener, handler(&scoreboard{hub: hub}, p, addresses{}, nil, nil), hub, discard())
	}()
	resp := get(t, "http://"+listener.Addr().String()+"/events")
	eventually(t, "the follower is there", func() bool { return hub.Followers() == 1 })
	stop()
	if _, err := io.ReadAll(resp.Body); err != nil {
		t.Errorf("the stream ended with %v, want a clean end", err)
	}
	if err := <-ended; err != nil {
		t.Errorf("the server ended with %v", err)
	}
}

func TestARequestWhoseBodyDoesNotComeHoldsNothing(t *testing.T) {
	t.Parallel()
	url := startServer(t, broadcast.New(broadcast.Limits{All: 1}))
	conn, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(conn, "GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	// The answer comes, and then the end of the connection.
	answer, err := io.ReadAll(conn)
	if err != nil || !strings.HasPrefix(string(answer), "HTTP/1.1 200") {
		t.Errorf("%.40q, %v", answer, err)
	}
}

func TestOnlyReadingIsAllowed(t *testing.T) {
	t.Parallel()
	hub := broadcast.New(broadcast.Limits{All: 10})
	(&publisher{hub: hub}).publish(t, "")
	url := startServer(t, hub)
	for _, path := range []string{"/", "/events", "/api/v1/contest", "/assets/app.js"} {
		resp, err := http.Post(url+path, "text/plain", strings.NewReader("x"))
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != http.StatusMethodNotAllowed {
			t.Errorf("POST %s gave %s, want 405", path, resp.Status)
		}
		head, err := http.Head(url + path)
		if err != nil {
			t.Fatal(err)
		}
		head.Body.Close()
		if head.StatusCode != http.StatusOK {
			t.Errorf("HEAD %s gave %s, want 200", path, head.Status)
		}
	}
	http.DefaultClient.CloseIdleConnections()
}

func TestEveryAnswerCarriesTheContentPolicy(t *testing.T) {
	t.Parallel()
	hub := broadcast.New(broadcast.Limits{All: 10})
	(&publisher{hub: hub}).publish(t, "")
	url := startServer(t, hub)
	for path, framing := range map[string]string{
		"/": "'none'", "/assets/app.js": "'none'", "/events": "'none'", "/api/v1/contest": "'none'", "/nothing": "'none'", "/embed": "*",
	} {
		h := get(t, url+path).Header
		policy := h.Get("Content-Security-Policy")
		for _, want := range []string{"default-src 'none'", "base-uri 'none'", "form-action 'none'", "frame-ancestors " + framing} {
			if !slices.Contains(strings.Split(policy, "; "), want) {
				t.Errorf("%s has the policy %q, which lacks %s", path, policy, want)
			}
		}
		if strings.Contains(policy, "unsafe") || h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Referrer-Policy") != "no-referrer" {
			t.Errorf("%s answers with %v", path, h)
		}
	}
}

func TestHTTP2WithoutTLSCarriesSeveralStreamsOverOneConnection(t *testing.T) {
	t.Parallel()
	hub := broadcast.New(broadcast.Limits{All: 10})
	pub := &publisher{hub: hub}
	pub.publish(t, "")
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p, err := page.New(page.Shown{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- serve(ctx, listener, handler(&scoreboard{hub: hub}, p, addresses{}, nil, nil), hub, discard())
	}()

	var protocols http.Protocols
	protocols.SetUnencryptedHTTP2(true)
	var dialled int
	client := http.Client{Transport: &http.Transport{Protocols: &protocols, DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
		dialled++
		return new(net.Dialer).DialContext(ctx, network, addr)
	}}}
	var streams []*bufio.Reader
	for range 8 { // two more than a browser opens over HTTP/1.1
		resp, err := client.Get("http://" + listener.Addr().String() + "/events")
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		if resp.ProtoMajor != 2 {
			t.Fatalf("the answer came over %s", resp.Proto)
		}
		streams = append(streams, bufio.NewReader(resp.Body))
	}
	pub.publish(t, "")
	for _, s := range streams {
		for line := ""; !strings.HasPrefix(line, "id: e-2"); {
			if line, err = s.ReadString('\n'); err != nil {
				t.Fatal(err)
			}
		}
	}
	if dialled != 1 {
		t.Errorf("%d connections were opened, want 1", dialled)
	}
	stop()
	if err := <-ended; err != nil {
		t.Errorf("the server ended with %v", err)
	}
	client.CloseIdleConnections()
}
