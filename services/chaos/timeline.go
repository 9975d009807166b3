//go:build unix

package chaos

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
)

// timeline says what happens, a line each, with the time since the faults began. Safe for concurrent use.
type timeline struct {
	out io.Writer

	mu    sync.Mutex
	began time.Time
}

func newTimeline(out io.Writer) *timeline { return &timeline{out: out, began: time.Now()} }

// begin makes now the beginning.
func (t *timeline) begin() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.began = time.Now()
}

// since is the time since the beginning.
func (t *timeline) since() time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	return time.Since(t.began)
}

// say prints a line about something that is called who.
func (t *timeline) say(who, format string, args ...any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	text := strings.ReplaceAll(fmt.Sprintf(format, args...), "\n", " ")
	line := fmt.Sprintf("%7.1f s  %-28s %s", time.Since(t.began).Seconds(), who, text)
	_, _ = fmt.Fprintln(t.out, line)
}
