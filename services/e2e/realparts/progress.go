//go:build unix

package realparts

import (
	"fmt"
	"os"
	"time"
)

var began = time.Now()

// Say prints a line of progress with the time since the start: the tests run for minutes.
func Say(format string, args ...any) {
	fmt.Fprintf(os.Stderr, "%4.0f s  %s\n", time.Since(began).Seconds(), fmt.Sprintf(format, args...))
}

const progressEvery = 5 * time.Second

// saying prints what text returns every few seconds until stop is called.
func saying(text func(since time.Duration) string) (stop func()) {
	began, done, stopped := time.Now(), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		ticks := time.NewTicker(progressEvery)
		defer ticks.Stop()
		for {
			select {
			case <-ticks.C:
				Say("%s", text(time.Since(began)))
			case <-done:
				return
			}
		}
	}()
	return func() { close(done); <-stopped }
}
