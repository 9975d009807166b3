package stage

import (
	"context"
	"time"

	"github.com/cenkalti/backoff/v5"
)

// Sessions runs session again and again until ctx ends. A session is one connected life of a consumer: when it fails,
// the next one starts from what is committed. Between failures it waits, from half a second growing to half a minute
// with jitter, and again from the start after a session that lasted a minute; failed is told before each wait.
//
// It returns once ctx has ended.
func Sessions(ctx context.Context, session func(context.Context) error, failed func(err error, again time.Duration)) {
	pause := backoff.NewExponentialBackOff()
	pause.MaxInterval = 30 * time.Second
	for {
		began := time.Now()
		err := session(ctx)
		if ctx.Err() != nil {
			return
		}
		if time.Since(began) > time.Minute {
			pause.Reset()
		}
		again := pause.NextBackOff()
		failed(err, again)
		select {
		case <-time.After(again):
		case <-ctx.Done():
			return
		}
	}
}
