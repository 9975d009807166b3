package s3

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"syscall"
	"time"

	"github.com/johannesboyne/gofakes3"

	"catsvdogs/services/pipeline/httpguard"
	"catsvdogs/services/pipeline/stage"
)

const (
	// A body may take this long, in either direction: one object of some hundred megabytes, even from a slow disk.
	bodyTimeout  = 10 * time.Minute
	idleTimeout  = 2 * time.Minute
	closeTimeout = time.Second
)

// Config says where the server listens and keeps its objects.
type Config struct {
	// Listen is host:port; port 0 picks a free one. The server speaks plain HTTP, so keep it on a loopback address.
	Listen string
	// Dir is the folder of the objects, made when it is missing.
	Dir string
	// AccessKey and SecretKey are what clients must sign with. Both empty: made up at random, see Credentials.
	AccessKey, SecretKey string
	// Logger receives failures of the server itself, none per request. Required.
	Logger *slog.Logger
}

// Server is a running S3 server. Its methods may be called from several goroutines.
type Server struct {
	address              string
	accessKey, secretKey string
	http                 *http.Server
	folder               *folder
	served               chan error
	closeOnce            sync.Once
	closeErr             error
}

// Start opens the folder, listens and serves until Close. ctx bounds the start only. The errors name the folder or the
// address that could not be used.
func Start(ctx context.Context, cfg Config) (*Server, error) {
	if cfg.Logger == nil {
		return nil, errors.New("start object store: no logger")
	}
	if (cfg.AccessKey == "") != (cfg.SecretKey == "") {
		return nil, errors.New("start object store: access key and secret key go together: give both or none")
	}
	if cfg.AccessKey == "" {
		cfg.AccessKey, cfg.SecretKey = rand.Text(), rand.Text()
	}
	folder, err := openFolder(cfg.Dir, cfg.Logger)
	if err != nil {
		return nil, fmt.Errorf("open object folder %s: %w", cfg.Dir, err)
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", cfg.Listen)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("listen for S3 requests: %w", err), folder.close())
	}
	protocol := gofakes3.New(folder,
		gofakes3.WithLogger(protocolLog{cfg.Logger}),
		// The gate has judged the date together with the signature.
		gofakes3.WithTimeSkewLimit(0))
	s := &Server{
		address: listener.Addr().String(), accessKey: cfg.AccessKey, secretKey: cfg.SecretKey,
		folder: folder, served: make(chan error, 1),
		http: httpguard.Server(&gate{keys: keyPair{cfg.AccessKey, cfg.SecretKey}, now: time.Now, next: protocol.Server()},
			// Chunks of a signed body say more than their content; how large that may be, the gate knows.
			httpguard.Bounds{Body: bodyTimeout, Answer: bodyTimeout, Idle: idleTimeout, BodyBytes: 2 * maxObjectBytes}, cfg.Logger),
	}
	go func() { s.served <- s.http.Serve(listener) }()
	return s, nil
}

// Endpoint is host:port, the form that minio-go takes.
func (s *Server) Endpoint() string { return s.address }

// URL is the endpoint with its scheme.
func (s *Server) URL() string { return "http://" + s.address }

// Credentials returns the access key and the secret key that requests must be signed with.
func (s *Server) Credentials() (accessKey, secretKey string) { return s.accessKey, s.secretKey }

// Close lets the requests under way finish, for a second at most, then cuts them, and closes the
// folder. Later calls return what the first one did.
func (s *Server) Close() error {
	s.closeOnce.Do(func() {
		err := stage.Shutdown(s.http, closeTimeout)
		if served := <-s.served; !errors.Is(served, http.ErrServerClosed) {
			err = errors.Join(err, fmt.Errorf("serve S3 requests: %w", served))
		}
		s.closeErr = errors.Join(err, s.folder.close())
	})
	return s.closeErr
}

// protocolLog passes gofakes3's failures on; its other levels are lines per request. That a client goes before it has read an
// object to its end is none: who only wants to know what an object says of itself does so.
type protocolLog struct{ log *slog.Logger }

func (l protocolLog) Print(level gofakes3.LogLevel, v ...interface{}) {
	if level != gofakes3.LogErr {
		return
	}
	serious := slog.LevelError
	for _, one := range v {
		if err, ok := one.(error); ok && (errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.ECONNRESET)) {
			serious = slog.LevelDebug
		}
	}
	l.log.Log(context.Background(), serious, "object store", "error", fmt.Sprint(v...))
}
