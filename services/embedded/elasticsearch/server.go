package elasticsearch

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"catsvdogs/services/pipeline/httpguard"
	"catsvdogs/services/pipeline/stage"
)

const (
	bodyTimeout  = time.Minute // to send 100 MB, or to take the answer
	idleTimeout  = 2 * time.Minute
	closeTimeout = time.Second
)

// Config says where the server listens and keeps its data.
type Config struct {
	// Listen is host:port; port 0 picks a free one. There is no authentication, so keep it on a loopback address.
	Listen string
	// Dir is the folder of the index file, made when it is missing.
	Dir string
	// Logger receives failures of the server itself, none per request. Required.
	Logger *slog.Logger
}

// Server is a running index. Its methods may be called from several goroutines.
type Server struct {
	address   string
	http      *http.Server
	store     *store
	served    chan error
	closeOnce sync.Once
	closeErr  error
}

// Start opens the index, listens and serves until Close. ctx bounds the start only. The errors name the folder or the
// address that could not be used.
func Start(ctx context.Context, cfg Config) (*Server, error) {
	if cfg.Logger == nil {
		return nil, errors.New("start index: no logger")
	}
	store, err := openStore(ctx, cfg.Dir)
	if err != nil {
		return nil, fmt.Errorf("open index in %s: %w", cfg.Dir, err)
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", cfg.Listen)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("listen for Elasticsearch requests: %w", err), store.close())
	}
	s := &Server{
		address: listener.Addr().String(), store: store, served: make(chan error, 1),
		http: httpguard.Server(ownMachine(&handler{store: store, log: cfg.Logger, now: time.Now, large: make(chan struct{}, maxLarge)}),
			httpguard.Bounds{Body: bodyTimeout, Answer: 2 * bodyTimeout, Idle: idleTimeout, BodyBytes: 2 * maxBodyBytes, Connections: 256}, cfg.Logger),
	}
	go func() { s.served <- s.http.Serve(listener) }()
	return s, nil
}

// URL is the address to give to a client, such as http://127.0.0.1:9200.
func (s *Server) URL() string { return "http://" + s.address }

// Close lets the requests under way finish, for a second at most, then cuts them, and closes the
// index. Later calls return what the first one did.
func (s *Server) Close() error {
	s.closeOnce.Do(func() {
		err := stage.Shutdown(s.http, closeTimeout)
		if served := <-s.served; !errors.Is(served, http.ErrServerClosed) {
			err = errors.Join(err, fmt.Errorf("serve Elasticsearch requests: %w", served))
		}
		s.closeErr = errors.Join(err, s.store.close())
	})
	return s.closeErr
}
