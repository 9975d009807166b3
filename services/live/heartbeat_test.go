package live

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"catsvdogs/services/live/broadcast"
)

// stream is a connection in a bubble, where sockets cannot be. It notes when each event came.
type stream struct {
	httptest.ResponseRecorder
	began time.Time

	mu     sync.Mutex
	events []string
}

func (s *stream) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for line := range strings.Lines(string(b)) {
		if name, ok := strings.CutPrefix(line, "event: "); ok {
			s.events = append(s.events, time.Since(s.began).String()+" "+strings.TrimSpace(name))
		}
	}
	return len(b), nil
}

func (s *stream) SetWriteDeadline(time.Time) error { return nil }

func TestAHeartbeatComesWhenNothingElseHasForAWhile(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		hub := broadcast.New(broadcast.Limits{All: 1})
		pub := &publisher{hub: hub}
		pub.publish(t, "")
		ctx, leave := context.WithCancel(t.Context())
		s := &stream{ResponseRecorder: *httptest.NewRecorder(), began: time.Now()}
		gone := make(chan struct{})
		go func() {
			defer close(gone)
			serveEvents(hub, addresses{}).ServeHTTP(s, httptest.NewRequestWithContext(ctx, http.MethodGet, "/events", nil))
		}()
		advance(t, 14*time.Second)
		pub.publish(t, "")
		advance(t, 21*time.Second)
		leave()
		<-gone
		want := []string{"0s snapshot", "10s heartbeat", "14s change", "24s heartbeat", "34s heartbeat"}
		if diff := cmp.Diff(want, s.events); diff != "" {
			t.Errorf("events (-want +got):\n%s", diff)
		}
	})
}
