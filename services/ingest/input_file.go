package ingest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"catsvdogs/services/ingest/line"
	"catsvdogs/services/pipeline/telemetry"
	"catsvdogs/services/pipeline/topic"
	"catsvdogs/services/pipeline/tweet"
)

// standardInput is the name of the standard input.
const standardInput = "-"

// progressEvery is how often a person is told how far a file has been read.
const progressEvery = 5 * time.Second

// fileSource delivers lines as X's stream sends them, or as Jetstream does.
//
// A line of X that says which rules it matched is taken at its word, and a deletion is passed on. Posts that match no rule of
// the contest are passed over, as X would not have sent them, and counted. An event of Bluesky is treated as one that came
// from Jetstream (see blueskyPosts). A line that is neither is delivered all the same: it is refused further down, where that
// is counted and explained.
type fileSource struct {
	name   string
	open   func() (io.ReadCloser, int64, error) // and how many bytes there are; 0 when nobody can tell
	take   takeLine
	recall func(ctx context.Context) error // reads what must be known of the past; nil for nothing
	logger *slog.Logger
	status func(reason string)

	lines prometheus.Counter
	read  int64 // bytes
}

// takeLine delivers what a line asks for and returns how many records that were. It must be called from one goroutine.
type takeLine func(ctx context.Context, l line.Line, deliver func(ctx context.Context, record tweet.Raw)) (records int)

// inputFile returns a file, or the standard input, as a source.
func inputFile(cfg Config, tel *telemetry.Stage, status func(reason string)) (Source, error) {
	s := &fileSource{
		name: cfg.File, open: func() (io.ReadCloser, int64, error) { return openFile(cfg.File) }, logger: tel.Logger, status: status,
		lines: promauto.With(tel.Registerer).NewCounter(prometheus.CounterOpts{Name: "catsvdogs_ingest_lines_total", Help: "Lines read, empty ones not counted."}),
	}
	if cfg.FileSource == tweet.SourceBluesky {
		posts, err := newBlueskyPosts(cfg, tel.Registerer)
		if err != nil {
			return nil, err
		}
		s.take = blueskyLines(posts)
		s.recall = func(ctx context.Context) error {
			status("reading what was delivered before")
			return recallMemory(ctx, cfg.Kafka, tel, posts.memory)
		}
		return s, nil
	}
	posts, err := newXLines(cfg, tel.Registerer)
	if err != nil {
		return nil, err
	}
	s.take = posts.take
	return s, nil
}

func openFile(name string) (io.ReadCloser, int64, error) {
	if name == standardInput {
		return os.Stdin, 0, nil
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, 0, fmt.Errorf("--file: %w", err)
	}
	info, err := f.Stat()
	if err == nil && info.IsDir() {
		err = errors.New("--file: " + name + " is a folder; give a file")
	}
	if err != nil {
		return nil, 0, errors.Join(err, f.Close())
	}
	if !info.Mode().IsRegular() {
		return f, 0, nil
	}
	return f, info.Size(), nil
}

// lineOrEnd is a line, or why there is none.
type lineOrEnd struct {
	line.Line
	err error
}

// Run reads the file once.
func (s *fileSource) Run(ctx context.Context, deliver func(ctx context.Context, record tweet.Raw)) error {
	in, size, err := s.open()
	if err != nil {
		return err
	}
	if s.recall != nil {
		if err := s.recall(ctx); err != nil {
			if ctx.Err() != nil {
				err = nil
			}
			return errors.Join(err, in.Close())
		}
	}
	s.status("")
	// Closing is what ends a read of a pipe. A read of a terminal does not end so; it ends with the process, and this
	// does not wait for it.
	defer func() { _ = in.Close() }()
	lines := make(chan lineOrEnd)
	go func() {
		r := line.NewReader(in, topic.MaxLineBytes, line.KeptBytes)
		for {
			l, err := r.Next()
			select {
			case lines <- lineOrEnd{l, err}:
			case <-ctx.Done():
				return
			}
			if err != nil {
				return
			}
		}
	}()
	progress := time.NewTicker(progressEvery)
	defer progress.Stop()
	lineCount, records, passedOver := 0, 0, 0
	tally := func() []any {
		return []any{"file", s.name, "lines", lineCount, "delivered", records, "passed_over", passedOver, "bytes", s.read}
	}
	for {
		select {
		case <-ctx.Done():
			s.logger.Warn("stopped before the end of the file", tally()...)
			return nil
		case <-progress.C:
			s.logger.Info("reading", append(tally(), "percent", percent(s.read, size))...)
		case l := <-lines:
			if errors.Is(l.err, io.EOF) || errors.Is(l.err, fs.ErrClosed) {
				s.logger.Info("read to the end", tally()...)
				return nil
			}
			if l.err != nil {
				return fmt.Errorf("read %s after %d bytes: %w", s.name, s.read, l.err)
			}
			s.read += l.Length + 1
			if l.Length == 0 {
				continue
			}
			s.lines.Inc()
			lineCount++
			n := s.take(ctx, l.Line, deliver)
			if records += n; n == 0 {
				passedOver++
			}
		}
	}
}

// percent is how much of size has been read, as far as that is known.
func percent(read, size int64) string {
	if size <= 0 {
		return "unknown"
	}
	return fmt.Sprint(min(100, 100*read/size))
}
