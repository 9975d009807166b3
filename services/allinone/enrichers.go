package allinone

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"

	"catsvdogs/services/allinone/rehearsal"
	"catsvdogs/services/enricher"
	"catsvdogs/services/pipeline/telemetry"
)

// enrichers run one enricher after another: one that is killed leaves the broker in the middle of what it does, without a
// word, and the next takes its name and its place. What a process could do when it is killed, nothing, this does by cutting
// the lines of the one that is to die.
type enrichers struct {
	cfg  enricher.Config
	log  *slog.Logger
	died *atomic.Bool // the first one: it is not heard any more

	mu   sync.Mutex
	line *rehearsal.Line // of the one that lives
	kill chan func()     // receives what to call for each connection that is cut
}

func newEnrichers(cfg enricher.Config, log *slog.Logger, died *atomic.Bool) *enrichers {
	return &enrichers{cfg: cfg, log: log, died: died, kill: make(chan func())}
}

// run returns when ctx ends or an enricher that was not killed does. Those that were killed are left to themselves: their
// client cannot give up a batch of which it does not know whether it has arrived, so they end with the process.
func (e *enrichers) run(ctx context.Context) error {
	died := e.died
	for first := true; ; first = false {
		cfg := e.cfg
		line := &rehearsal.Line{Under: cfg.Kafka.Network}
		cfg.Kafka.Network = line.Dial
		if !first {
			// A metric is registered once in a process. Those that are shown stay the first one's.
			died = new(atomic.Bool)
			cfg.Telemetry.Process = telemetry.NewProcess(slog.New(mortal{e.log.Handler(), "enricher", died}))
		}
		e.mu.Lock()
		e.line = line
		e.mu.Unlock()
		life, end := context.WithCancel(ctx)
		ended := make(chan error, 1)
		go func() { ended <- enricher.Run(life, cfg) }()
		select {
		case err := <-ended:
			end()
			return err
		case hit := <-e.kill:
			died.Store(true)
			line.Cut(hit)
			line.Thaw()
			end()
		}
	}
}

// killed is the fault: the enricher is gone at once, and the next one begins.
func (e *enrichers) killed(ctx context.Context, hit func()) error {
	select {
	case e.kill <- hit:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// freeze and thaw are the fault in which the enricher is there and nothing of it moves.
func (e *enrichers) freeze(_ context.Context, hit func()) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.line.Freeze(hit)
	return nil
}

func (e *enrichers) thaw() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.line.Thaw()
}

// mortal is a log in which a stage is no longer heard once it has died.
type mortal struct {
	slog.Handler
	stage string // "" once it is the stage's own
	died  *atomic.Bool
}

// Enabled implements slog.Handler.
func (m mortal) Enabled(ctx context.Context, level slog.Level) bool {
	return (m.stage != "" || !m.died.Load()) && m.Handler.Enabled(ctx, level)
}

// WithAttrs implements slog.Handler.
func (m mortal) WithAttrs(attrs []slog.Attr) slog.Handler {
	own := slices.ContainsFunc(attrs, func(a slog.Attr) bool { return m.stage != "" && a.Key == "stage" && a.Value.String() == m.stage })
	m.Handler = m.Handler.WithAttrs(attrs)
	if own {
		m.stage = ""
	}
	return m
}

// WithGroup implements slog.Handler.
func (m mortal) WithGroup(name string) slog.Handler {
	m.Handler = m.Handler.WithGroup(name)
	return m
}
