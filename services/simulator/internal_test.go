package simulator

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"catsvdogs/services/pipeline/telemetry"
	"catsvdogs/services/simulator/chronicle"
	"catsvdogs/services/simulator/fault"
	"catsvdogs/services/simulator/faultplan"
	"catsvdogs/services/simulator/wire"
	"catsvdogs/services/simulator/world"
)

func TestALimitsWindowBeginsAnewAfterFifteenMinutes(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 1, 12, 0, 0, 1, time.UTC)
	l := newLimits(func() time.Time { return now }, 0)
	for range changeRulesEndpoint.limit {
		if !l.take(changeRulesEndpoint).allowed {
			t.Fatal("refused within the limit")
		}
	}
	now = now.Add(window - time.Nanosecond)
	refused := l.take(changeRulesEndpoint)
	if refused.allowed || refused.remaining != 0 {
		t.Errorf("%+v after the limit", refused)
	}
	h := http.Header{}
	refused.setHeaders(h)
	if got, want := h.Get("x-rate-limit-reset"), fmt.Sprint(time.Date(2026, 11, 1, 12, 15, 1, 0, time.UTC).Unix()); got != want {
		t.Errorf("reset %s, want %s: never too early", got, want)
	}
	now = now.Add(time.Nanosecond)
	if a := l.take(changeRulesEndpoint); !a.allowed || a.remaining != changeRulesEndpoint.limit-1 {
		t.Errorf("%+v in the next window", a)
	}
}

func TestTheLimitOnSearchesCanBeAnother(t *testing.T) {
	t.Parallel()
	l := newLimits(time.Now, 2)
	if a := l.take(searchEndpoint); !a.allowed || a.limit != 2 || a.remaining != 1 {
		t.Errorf("the first: %+v", a)
	}
	l.take(searchEndpoint)
	if a := l.take(searchEndpoint); a.allowed {
		t.Errorf("the third: %+v", a)
	}
	if a := l.take(lookupEndpoint); a.limit != lookupEndpoint.limit {
		t.Errorf("look-ups: %+v", a)
	}
}

// shortConn takes a number of bytes and fails from there on, as a connection
// does whose client has gone.
type shortConn struct {
	left int
	got  strings.Builder
}

func (c *shortConn) SetWriteDeadline(time.Time) error { return nil }

func (c *shortConn) Write(p []byte) (int, error) {
	n := min(c.left, len(p))
	c.left -= n
	c.got.Write(p[:n])
	if n < len(p) {
		return n, os.ErrDeadlineExceeded
	}
	return n, nil
}

func newFeed(t *testing.T, now func() time.Time) *feed {
	t.Helper()
	m := newMetrics(prometheus.NewRegistry())
	rules := newRuleSet(now())
	if _, _, _, err := rules.add([]newRuleBody{{Value: "#cat"}, {Value: "#dog"}}, false); err != nil {
		t.Fatal(err)
	}
	f := &feed{
		world: world.New(1, 1000, now()), faults: fault.New(1, 0.1), rules: rules, metrics: m, now: now,
		writeTimeout: time.Second, wake: make(chan struct{}, 1), idle: make(chan struct{}, 1),
	}
	f.chronicle = chronicle.New(f.world, world.Engagement{Seed: 1, HalfLife: time.Hour}, 100_000)
	f.board = faultplan.NewBoard(f.stir, func(faultplan.Name) {})
	return f
}

// attach connects a stream to a feed.
func attach(t *testing.T, f *feed) {
	t.Helper()
	if err := f.connect(); err != nil {
		t.Fatal(err)
	}
}

// plainly is what a stream without compression and faults is sent through.
func plainly(conn deadlineWriter, fields wire.Fields) *delivery {
	return newDelivery(newOutlet(conn, false), fields)
}

func TestWhateverByteTheConnectionBreaksAtOnlyWholeLinesCount(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	f := newFeed(t, func() time.Time { return now })
	attach(t, f)
	fields, _ := wire.StreamRequest(nil)
	emitted, edits := int64(0), 0
	firsts := map[string]bool{}
	for cut := range 4000 {
		now = now.Add(20 * time.Millisecond)
		conn := &shortConn{left: cut}
		if _, _, err := f.send(t.Context(), plainly(conn, fields)); err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Fatal(err)
		}
		// Of what lies between line ends the first is the chunk's size, the
		// last unfinished or the chunk's empty end.
		lines := strings.Split(conn.got.String(), "\r\n")
		if lines = lines[:len(lines)-1]; len(lines) > 0 {
			lines = lines[1:]
		}
		if strings.HasSuffix(conn.got.String(), "\r\n\r\n") { // written whole, with the chunk's end
			lines = lines[:len(lines)-1]
		}
		emitted += int64(len(lines))
		if got := f.state().emitted(); got != emitted {
			t.Fatalf("cut at byte %d: %d lines emitted, %d were taken whole", cut, got, emitted)
		}
		for _, text := range lines {
			var d struct {
				Data struct {
					History []string `json:"edit_history_tweet_ids"`
				}
				Rules []struct{ ID string } `json:"matching_rules"`
			}
			// Some broken lines look like posts; their rule does not.
			if json.Unmarshal([]byte(text), &d) != nil || len(d.Data.History) == 0 || len(d.Rules[0].ID) == 1 {
				continue
			}
			firsts[d.Data.History[0]] = true
			if len(d.Data.History) > 1 {
				edits++
			}
		}
	}
	// Of some posts only an edit arrived: it is their first line.
	if got := f.state(); edits < 100 || got.posts != int64(len(firsts)) {
		t.Errorf("%d lines of edits; %d distinct posts, counted %d", edits, len(firsts), got.posts)
	}
}

func TestTheSameSeedStartAndRulesGiveTheSameBytes(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	fields, mistakes := wire.StreamRequest(map[string][]string{
		"tweet.fields": {"author_id,created_at,entities,public_metrics"}, "expansions": {"author_id,attachments.media_keys"},
	})
	if len(mistakes) > 0 {
		t.Fatal(mistakes)
	}
	stream := func() string {
		now := start
		f := newFeed(t, func() time.Time { return now })
		attach(t, f)
		conn := &shortConn{left: 64 << 20}
		for range 200 {
			now = now.Add(5 * time.Millisecond)
			if _, _, err := f.send(t.Context(), plainly(conn, fields)); err != nil {
				t.Fatal(err)
			}
		}
		return conn.got.String()
	}
	a, b := stream(), stream()
	if a != b || len(a) < 100_000 {
		t.Errorf("%d and %d bytes, equal: %v", len(a), len(b), a == b)
	}
}

func TestWhatASlowClientMissedIsNotToldLater(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	f := newFeed(t, func() time.Time { return now })
	fields, _ := wire.StreamRequest(nil)
	attach(t, f)
	now = now.Add(time.Hour)
	conn := &shortConn{left: 64 << 20}
	if _, _, err := f.send(t.Context(), plainly(conn, fields)); err != nil {
		t.Fatal(err)
	}
	if n := f.state().emitted(); n > 5 {
		t.Errorf("%d lines at once after an hour", n)
	}
}

func TestAllMistakesOfAConfigurationAreNamed(t *testing.T) {
	t.Parallel()
	err := Config{
		Listen: "here", Rate: -1, Posts: -1, Malformed: 2, KeepAlive: time.Minute, Deleted: -1, Protected: math.NaN(), HalfLife: -1, ComplianceTakes: 25 * time.Hour, RememberTruth: -1,
	}.Validate()
	if err == nil {
		t.Fatal("taken")
	}
	for _, flag := range []string{"--listen", "--rate", "--posts", "--malformed", "--keep-alive", "--deleted", "--protected", "--half-life", "--compliance-takes", "--remember-truth"} {
		if !strings.Contains(err.Error(), flag) {
			t.Errorf("%s is not named in %q", flag, err)
		}
	}
	good := Config{Telemetry: quiet(), Listen: "127.0.0.1:8081", Rate: 5, Malformed: 0.01, KeepAlive: 10 * time.Second}
	if err := good.Validate(); err != nil {
		t.Error(err)
	}
	good.Malformed, good.Posts = 1, 1
	if good.Validate() == nil {
		t.Error("only broken lines and a number of posts: taken")
	}
}

// quiet is a process that says nothing.
func quiet() telemetry.Config {
	return telemetry.Config{Process: telemetry.NewProcess(slog.New(slog.DiscardHandler))}
}

func TestAnAddressInUseIsNamedWithTheRemedy(t *testing.T) {
	t.Parallel()
	ln, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ln.Close() }()
	err = Run(t.Context(), Config{Telemetry: quiet(), Listen: ln.Addr().String(), Rate: 1, KeepAlive: time.Second})
	if err == nil || !strings.Contains(err.Error(), "--listen="+ln.Addr().String()) || !strings.Contains(err.Error(), "give another port") {
		t.Errorf("Run: %v", err)
	}
}

func FuzzAnUploadIsAListOfIDsOrBroken(f *testing.F) {
	for _, seed := range []string{"1\n2\n", "1\r\n\r\n2", "", "\n", "x", "1,2", "12345678901234567890", strings.Repeat("1", 5000)} {
		f.Add([]byte(seed))
	}
	w := world.New(1, 1, time.Unix(0, 0))
	s := &server{now: wallClock, chronicle: chronicle.New(w, world.Engagement{}, 1)}
	id := regexp.MustCompile(`^[0-9]{1,19}$`)
	f.Fuzz(func(t *testing.T, body []byte) {
		lost, broken, err := s.sift(bytes.NewReader(body), "tweets")
		ids, wrong := 0, false
		for line := range bytes.SplitSeq(body, []byte("\n")) {
			if line = bytes.TrimSpace(line); len(line) > 0 {
				ids++
				wrong = wrong || !id.Match(line)
			}
		}
		if err != nil || len(lost) > 0 || broken != (wrong || ids == 0) && len(body) < 4096 {
			t.Fatalf("%q: %d lost, broken %v, %v", body, len(lost), broken, err)
		}
	})
}

func FuzzParseRulesRequest(f *testing.F) {
	for _, seed := range []string{
		`{"add":[{"value":"#cat","tag":"t"}]}`, `{"delete":{"ids":["1"]}}`, `{"delete":{"values":["#cat"]}}`, `{}`, `null`, `[]`, `{"add":null}`, `{"add":[{"value":1}]}`, "\x00",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		req, err := parseRulesRequest(body)
		if err != nil {
			return
		}
		r := newRuleSet(time.Unix(0, 0))
		if req.Add != nil {
			created, summary, errs, err := r.add(req.Add, false)
			if err == nil && (summary.Created != len(created) || r.count() != len(created) ||
				summary.Created+summary.NotCreated != len(req.Add) || summary.Valid+len(errs) != len(req.Add)) {
				t.Fatalf("%q: %+v, %d errors, %d rules", body, summary, len(errs), r.count())
			}
			return
		}
		summary, errs := r.remove(*req.Delete, false)
		if summary.Deleted != 0 || summary.NotDeleted != len(errs) || len(errs) != len(req.Delete.IDs)+len(req.Delete.Values) {
			t.Fatalf("%q on no rules: %+v", body, summary)
		}
	})
}
