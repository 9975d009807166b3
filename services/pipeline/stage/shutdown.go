package stage

import (
	"context"
	"net/http"
	"time"
)

// Shutdown ends an HTTP server: no new requests, those under way may finish within grace, the rest is cut. That some had
// to be cut is no error: net/http takes a connection that was opened and never used for busy for five seconds, and
// clients open such connections ahead.
func Shutdown(server *http.Server, grace time.Duration) error {
	ctx, cancel := context.WithTimeout(context.Background(), grace)
	defer cancel()
	if server.Shutdown(ctx) == nil {
		return nil
	}
	return server.Close()
}
