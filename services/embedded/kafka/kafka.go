// Package kafka is an embedded Kafka broker for the demo: franz-go's kfake with its data in a folder. It speaks the real
// protocol to any client on this machine, with transactions and consumer groups. It is one broker that keeps one copy.
// A kill leaves its log whole, because every append reaches the operating system before it is acknowledged.
package kafka

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/twmb/franz-go/pkg/kfake"
)

// Server is a running broker.
type Server struct {
	cluster *kfake.Cluster
	closed  string // the file that says that the last broker in the folder was closed
}

// Start starts a broker on a free loopback port with its data in dir, which is made when it is missing. One broker at a
// time may use a dir. After a kill it first ends the transactions that were open then, see abortOpenTransactions.
func Start(ctx context.Context, dir string, log *slog.Logger) (*Server, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the broker's folder: %w", err)
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("find the broker's folder: %w", err)
	}
	s := &Server{closed: filepath.Join(dir, "closed")}
	if err := s.open(dir, log); err != nil {
		return nil, err
	}
	switch err := os.Remove(s.closed); {
	case errors.Is(err, fs.ErrNotExist): // killed, or never used
		aborted, err := s.abortOpenTransactions(ctx)
		if err != nil {
			s.cluster.Close()
			return nil, fmt.Errorf("end the transactions that a kill of the embedded broker left open: %w", err)
		}
		if aborted > 0 {
			if err := s.replay(dir, log); err != nil {
				return nil, err
			}
			log.InfoContext(ctx, "ended what a kill left open", "partitions", aborted)
		}
	case err != nil:
		s.cluster.Close()
		return nil, fmt.Errorf("mark the embedded broker's folder as open: %w", err)
	}
	return s, nil
}

func (s *Server) open(dir string, log *slog.Logger) error {
	c, err := kfake.NewCluster(
		kfake.NumBrokers(1),
		kfake.DataDir(dir),
		kfake.WithLogger(logger{log}),
		kfake.BrokerConfigs(map[string]string{
			// Retention drops whole segments, so they are small, and looks for them once a minute.
			"log.segment.bytes":      "16777216",
			"log.cleaner.backoff.ms": "60000",
		}),
	)
	if err != nil {
		return fmt.Errorf("start the embedded broker in %s: %w", dir, err)
	}
	s.cluster = c
	return nil
}

// Addrs are the addresses to start from, as --kafka-brokers takes them.
func (s *Server) Addrs() []string { return s.cluster.ListenAddrs() }

// Close stops the broker and writes what it keeps in memory.
func (s *Server) Close() {
	s.cluster.Close()
	_ = os.WriteFile(s.closed, nil, 0o600) // without it the next start looks for open transactions
}

// logger hands the broker's messages on, a level lower than it calls them: its warnings tell of each step that took
// some milliseconds, its info of each request.
type logger struct{ log *slog.Logger }

func (l logger) Logf(level kfake.LogLevel, format string, args ...any) {
	at := slog.LevelDebug
	switch level {
	case kfake.LogLevelError:
		at = slog.LevelError
	case kfake.LogLevelWarn:
		at = slog.LevelInfo
	}
	if l.log.Enabled(context.Background(), at) {
		l.log.Log(context.Background(), at, fmt.Sprintf(format, args...))
	}
}
