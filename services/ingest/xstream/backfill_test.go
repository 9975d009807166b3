package xstream

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"
)

// X does not say when a backfill is over, and a post of the present may come before it.
func TestABackfillThatBreaksOffHasFilledNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		x := newPostingX(t, time.Second)
		back := time.Now().Add(22 * time.Minute)
		x.fault = func(n int) streamFault {
			switch {
			case n == 0:
				return streamFault{how: "close", after: 20 * time.Minute}
			case time.Now().Before(back):
				return streamFault{status: 503}
			}
			return streamFault{}
		}
		serve, broken := x.stream, ""
		x.stream = func(n int, w http.ResponseWriter, r *http.Request) {
			minutes := r.URL.Query().Get("backfill_minutes")
			if n == 0 || broken != "" || time.Now().Before(back) {
				serve(n, w, r)
				return
			}
			broken = minutes
			send(w, "\r\n")
			x.mu.Lock()
			present := x.posts[len(x.posts)-1]
			x.mu.Unlock()
			send(w, x.line(present)+"\r\n")
		}
		_, records := follow(t, x, func(o *Options) { o.BackfillMinutes = 5 })
		after(t, time.Hour)
		if broken != "4" {
			t.Fatalf("a backfill of %q minutes was asked for", broken)
		}
		once(t, x, records(), time.Now().Add(-time.Minute))
	})
}
