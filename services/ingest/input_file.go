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
	"catsvdogs/services/ingest/traceparent"
	"catsvdogs/services/pipeline/matching"
	"catsvdogs/services/pipeline/telemetry"
	"catsvdogs/services/pipeline/topic"
	"catsvdogs/services/pipeline/tweet"
)

// standardInput is the name of the standard input.
const standardInput = "-"

// progressEvery is how often a person is told how far a file has been read.
const progressEvery = 5 * time.Second

// fileSource delivers lines as X's stream sends them. A line that says which rules it matched is taken at its word. Of
// the others those that match no rule of the contest are passed over, as X would not have sent them. A line that is no
// post is delivered all the same: it is refused further down, where that is counted and explained.
type fileSource struct {
	name   string
	open   func() (io.ReadCloser, int64, error) // and how many bytes there are; 0 when nobody can tell
	source string
	rules  *matching.Matcher
	traces traceparent.Maker
	logger *slog.Logger
	status func(reason string)

	lines, unmatched prometheus.Counter
	read             int64 // bytes
}

// inputFile returns a file, or the standard input, as a source.
func inputFile(cfg Config, tel *telemetry.Stage, status func(reason string)) (Source, error) {
	c, err := cfg.contest()
	if err != nil {
		return nil, err
	}
	rules, err := matching.New(c)
	if err != nil {
		return nil, fmt.Errorf("read the rules of the contest: %w", err)
	}
	source := cfg.FileSource
	if source == "" {
		source = tweet.SourceX
	}
	auto := promauto.With(tel.Registerer)
	return &fileSource{
		name: cfg.File, open: func() (io.ReadCloser, int64, error) { return openFile(cfg.File) },
		source: source, rules: rules, traces: traceparent.New(), logger: tel.Logger, status: status,
		lines:     auto.NewCounter(prometheus.CounterOpts{Name: "catsvdogs_ingest_lines_total", Help: "Lines read, empty ones not counted."}),
		unmatched: auto.NewCounter(prometheus.CounterOpts{Name: "catsvdogs_ingest_unmatched_posts_total", Help: "Posts that match no rule of the contest and were passed over."}),
	}, nil
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
	delivered, passedOver := 0, 0
	for {
		select {
		case <-ctx.Done():
			s.logger.Warn("stopped before the end of the file", "file", s.name, "delivered", delivered, "bytes", s.read)
			return nil
		case <-progress.C:
			s.logger.Info("reading", "file", s.name, "delivered", delivered, "unmatched", passedOver, "bytes", s.read, "percent", percent(s.read, size))
		case l := <-lines:
			if errors.Is(l.err, io.EOF) || errors.Is(l.err, fs.ErrClosed) {
				s.logger.Info("read to the end", "file", s.name, "delivered", delivered, "unmatched", passedOver, "bytes", s.read)
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
			record, wanted := s.record(l.Line)
			if !wanted {
				s.unmatched.Inc()
				passedOver++
				continue
			}
			deliver(ctx, record)
			delivered++
		}
	}
}

func (s *fileSource) record(l line.Line) (record tweet.Raw, wanted bool) {
	key, post, judge := readLine(l.Bytes)
	record = tweet.Raw{
		Key: key, Value: l.Bytes, Source: s.source, Schema: tweet.SchemaX,
		ObservedAt: time.Now().UTC(), Kind: tweet.KindStream, Traceparent: s.traces.Next(),
	}
	if l.Truncated() {
		record.Truncated = &tweet.Truncation{Length: l.Length, SHA256: l.SHA256}
		return record, true
	}
	if !judge {
		return record, true
	}
	record.MatchedRules = s.rules.Match(post)
	return record, record.MatchedRules != nil
}

// percent is how much of size has been read, as far as that is known.
func percent(read, size int64) string {
	if size <= 0 {
		return "unknown"
	}
	return fmt.Sprint(min(100, 100*read/size))
}
