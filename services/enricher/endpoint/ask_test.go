package endpoint

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
)

func TestEveryQuestionGetsItsOwnAnswerInOrder(t *testing.T) {
	t.Parallel()
	cfg := usual(serve(t, shouting))
	cfg.BatchItems = 7
	c, _ := newTestClient(t, cfg)
	var questions []string
	for i := range 500 {
		questions = append(questions, fmt.Sprintf("cat %d", i))
	}
	questions[13], questions[14], questions[499] = "", "", ""
	for i, r := range Ask(t.Context(), c, questions, shout) {
		want := Result[string]{Answer: fmt.Sprintf("CAT %d", i)}
		if questions[i] == "" {
			want = Result[string]{Reason: "empty"}
		}
		if r != want {
			t.Errorf("question %d: got %+v, want %+v", i, r, want)
		}
	}
	if got := testutil.ToFloat64(c.metrics.questions.WithLabelValues(outcomeAnswered)); got != 497 {
		t.Errorf("%v questions count as answered, want 497", got)
	}
	if got := testutil.ToFloat64(c.metrics.questions.WithLabelValues("empty")); got != 3 {
		t.Errorf("%v questions count as empty, want 3", got)
	}
}

func TestNoQuestionsMakeNoRequest(t *testing.T) {
	t.Parallel()
	c, _ := newTestClient(t, usual(serve(t, func(http.ResponseWriter, *http.Request) { t.Error("a request was made") })))
	if got := Ask(t.Context(), c, nil, shout); len(got) != 0 {
		t.Errorf("got %v", got)
	}
	if got := outcome(Ask(t.Context(), c, []string{"", ""}, shout)); got != "empty empty" {
		t.Errorf("got %q", got)
	}
}

func TestEachKindOfFailureHasItsReason(t *testing.T) {
	t.Parallel()
	for want, handler := range map[string]http.HandlerFunc{
		"http_503":   func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) },
		"http_401":   func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) },
		"http_204":   func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) },
		"http_302":   func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/elsewhere", http.StatusFound) },
		"http_other": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(799) },
		"unreachable": func(http.ResponseWriter, *http.Request) {
			panic(http.ErrAbortHandler) // the connection closes without an answer
		},
		"invalid_answer": func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>")) },
		"answer_too_large": func(w http.ResponseWriter, r *http.Request) {
			chunk := []byte(strings.Repeat(" ", 1<<16))
			for r.Context().Err() == nil { // without end
				if _, err := w.Write(chunk); err != nil {
					return
				}
			}
		},
	} {
		t.Run(want, func(t *testing.T) {
			t.Parallel()
			c, _ := newTestClient(t, usual(serve(t, func(w http.ResponseWriter, r *http.Request) { drain(r); handler(w, r) })))
			if got := outcome(Ask(t.Context(), c, []string{"cat", "dog"}, shout)); got != want+" "+want {
				t.Errorf("got %q", got)
			}
			if got := testutil.ToFloat64(c.metrics.questions.WithLabelValues(want)); got != 2 {
				t.Errorf("%v questions count as %s, want 2", got, want)
			}
		})
	}
}

func TestAnAnswerOfAnotherLengthIsRefused(t *testing.T) {
	t.Parallel()
	for _, answer := range []string{`[]`, `["CAT"]`, `["CAT","DOG","COW"]`, `["DOG","CAT"]`, `["CAT","DOG"`} {
		c, _ := newTestClient(t, usual(serve(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(answer)) })))
		if got := outcome(Ask(t.Context(), c, []string{"cat", "dog"}, shout)); got != "invalid_answer invalid_answer" {
			t.Errorf("%s: got %q", answer, got)
		}
	}
}

func TestAnEndpointThatIsNotThereIsUnreachable(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	c, _ := newTestClient(t, usual(server.URL))
	if got := outcome(Ask(t.Context(), c, []string{"cat"}, shout)); got != ReasonUnreachable {
		t.Errorf("got %q", got)
	}
}

func TestASlowEndpointIsNotWaitedFor(t *testing.T) {
	t.Parallel()
	for name, handler := range map[string]http.HandlerFunc{
		"before the header": func(http.ResponseWriter, *http.Request) {},
		"within the body": func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write([]byte(`["CAT`))
			_ = http.NewResponseController(w).Flush()
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := usual(serve(t, func(w http.ResponseWriter, r *http.Request) {
				drain(r)
				handler(w, r)
				<-r.Context().Done()
			}))
			cfg.Timeout = 100 * time.Millisecond
			c, _ := newTestClient(t, cfg)
			if got := outcome(Ask(t.Context(), c, []string{"cat"}, shout)); got != ReasonTimeout {
				t.Errorf("got %q", got)
			}
		})
	}
}

func TestTheEndOfTheContextEndsTheWait(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cfg := usual(serve(t, func(_ http.ResponseWriter, r *http.Request) {
		drain(r)
		cancel()
		<-r.Context().Done()
	}))
	cfg.InFlight, cfg.BatchItems, cfg.BreakerFailures = 1, 1, 1
	c, _ := newTestClient(t, cfg)
	// The second would be sent after the first.
	if got := outcome(Ask(ctx, c, []string{"cat", "dog"}, shout)); got != "canceled canceled" {
		t.Errorf("got %q", got)
	}
	if got := testutil.ToFloat64(c.metrics.open); got != 0 {
		t.Error("the breaker holds it against the endpoint")
	}
}

func TestTheTokenIsSentToItsHostAloneAndNeverLogged(t *testing.T) {
	t.Parallel()
	elsewhere := serve(t, func(_ http.ResponseWriter, r *http.Request) { t.Errorf("the redirect was followed, with %q", r.Header) })
	var sent atomic.Value
	cfg := usual(serve(t, func(w http.ResponseWriter, r *http.Request) {
		sent.Store(r.Header.Get("Authorization"))
		http.Redirect(w, r, elsewhere, http.StatusTemporaryRedirect)
	}))
	cfg.Token, cfg.BreakerFailures = "s3cret", 1
	c, logged := newTestClient(t, cfg)
	if got := outcome(Ask(t.Context(), c, []string{"cat"}, shout)); got != "http_307" {
		t.Errorf("got %q", got)
	}
	if got := sent.Load(); got != "Bearer s3cret" {
		t.Errorf("sent %q", got)
	}
	if text := logged.String(); strings.Contains(text, "s3cret") || !strings.Contains(text, "reason=http_307") {
		t.Errorf("logged %q", text)
	}
}
