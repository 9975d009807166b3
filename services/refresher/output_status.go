package refresher

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"sync"
	"time"

	"catsvdogs/services/pipeline/httpguard"
	"catsvdogs/services/pipeline/stage"
	"catsvdogs/services/pipeline/telemetry"
)

// maxStatusConnections bounds those to the telemetry address.
const maxStatusConnections = 100

// join is telemetry.Config's Join with GET /status beside what every process shows. In a process of several stages there is
// no address of our own to show it at.
func join(c telemetry.Config, s *status) (*telemetry.Stage, func(), error) {
	if c.Process != nil {
		return c.Join("refresher")
	}
	logger := telemetry.NewLogger(os.Stderr, c.LogLevel, c.LogFormat)
	c.Process = telemetry.NewProcess(logger)
	listener, err := new(net.ListenConfig).Listen(context.Background(), "tcp", c.TelemetryAddr)
	if err != nil {
		return nil, nil, fmt.Errorf("serve metrics and health: %w; choose another --telemetry-addr", err)
	}
	server := httpguard.Server(statusHandler(c.Process.Handler(), s), httpguard.Bounds{Connections: maxStatusConnections}, logger)
	var served sync.WaitGroup
	served.Go(func() {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			logger.Error("metrics and health are not served any more", "error", err)
		}
	})
	tel, closeStage, err := c.Join("refresher")
	return tel, func() {
		closeStage()
		_ = stage.Shutdown(server, time.Second) // the process ends; there is nothing to mend
		served.Wait()
	}, err
}

// statusHandler serves GET /status (View as JSON) beside others.
func statusHandler(others http.Handler, s *status) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/", others)
	mux.HandleFunc("GET /status", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Cache-Control", "no-store")
		text := json.NewEncoder(w)
		text.SetIndent("", "  ")
		_ = text.Encode(s.view()) // who has gone away does not need it
	})
	return mux
}
