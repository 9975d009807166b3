package refresher

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"catsvdogs/services/pipeline/broker"
	"catsvdogs/services/pipeline/stage"
	"catsvdogs/services/pipeline/telemetry"
)

// term is the time in which a process has the lease: what it knows it knows from Kafka as of then.
type term struct {
	// held ends when the lease is lost, and not when the process is asked to stop: what is under way then is finished.
	held context.Context
	firm func() bool // whether something may still be begun that is sent to Kafka
	sure func() bool // whether the lease holds at this moment
	tel  *telemetry.Stage
}

// detached is stage.Detached for work that the loss of the lease must cut.
func (t term) detached(ctx context.Context) (context.Context, context.CancelFunc) {
	working, done := stage.Detached(ctx)
	undo := context.AfterFunc(t.held, done)
	return working, func() { undo(); done() }
}

// terms runs one term after the other until ctx ends, or until one ends with an error that is not the loss of the lease. In
// between it stands by.
func terms(ctx context.Context, cfg Config, tel *telemetry.Stage, m *metrics, s *status, run func(context.Context, term) error) error {
	session := cfg.Session
	if session == 0 {
		session = broker.SessionTimeout
	}
	l, err := openLease(ctx, cfg.Kafka, tel, cfg.source(), session)
	if err != nil {
		return err
	}
	defer l.close()
	for {
		held, release, err := l.await(ctx, func() {
			tel.Logger.Info("standing by: another refresher looks at the posts of this source, or the broker is away", "source", cfg.source(), "group", groupOf(cfg.source()))
			m.standing.Set(1)
			s.standBy()
			tel.Ready() // to take over
		})
		if err != nil {
			return err
		}
		m.standing.Set(0)
		err = oneTerm(ctx, held, l, tel, run)
		release()
		switch {
		case ctx.Err() != nil:
			return err
		case !errors.Is(context.Cause(held), errLeaseLost):
			return err
		}
		tel.Logger.Warn("the lease is lost, to another refresher or because the broker is away: what is under way is dropped, and the schedule is made anew")
		m.idle()
		tel.Unready(errLeaseLost.Error())
	}
}

func oneTerm(ctx, held context.Context, l *lease, tel *telemetry.Stage, run func(context.Context, term) error) error {
	ctx, end := context.WithCancelCause(ctx)
	defer end(nil)
	defer context.AfterFunc(held, func() { end(errLeaseLost) })()
	own := &metricsOfTerm{Registerer: tel.Registerer}
	defer own.unregister()
	scoped := *tel
	scoped.Registerer = own
	return run(ctx, term{held: held, tel: &scoped, firm: func() bool { return l.firm(time.Now()) }, sure: func() bool { return l.left(time.Now()) > 0 }})
}

// metricsOfTerm registers metrics that leave with the term: the next one has its own by the same names.
type metricsOfTerm struct {
	prometheus.Registerer

	mu   sync.Mutex
	mine []prometheus.Collector
}

// Register implements prometheus.Registerer.
func (m *metricsOfTerm) Register(c prometheus.Collector) error {
	if err := m.Registerer.Register(c); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.mine = append(m.mine, c)
	return nil
}

// MustRegister implements prometheus.Registerer.
func (m *metricsOfTerm) MustRegister(all ...prometheus.Collector) {
	for _, c := range all {
		if err := m.Register(c); err != nil {
			panic(err) // as the interface says
		}
	}
}

func (m *metricsOfTerm) unregister() {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, c := range m.mine {
		m.Unregister(c)
	}
}
