package ingest

import (
	"context"
	"encoding/json"
	"log/slog"
	"reflect"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"catsvdogs/services/ingest/xstream"
	"catsvdogs/services/pipeline/spend"
)

// How often the state is written: when it has changed, at most once a second and at the latest after keepEvery. What is
// billed is on its way to tweets.raw for some time, and forgotten if the process is killed: so after that many posts, too.
const (
	keepTick  = time.Second
	keepEvery = 10 * time.Second
	keepPosts = 20
)

// maxMarks bounds the positions that wait for the broker.
const maxMarks = 64

// keeper writes what the next process has to know. Safe for concurrent use.
type keeper struct {
	save         func(ctx context.Context, value []byte) error
	spend        *spend.Governor
	acknowledged func() int64 // records that the broker has, counted as delivered is
	logger       *slog.Logger
	unavailable  prometheus.Gauge
	errors       prometheus.Counter

	delivered atomic.Int64 // records

	// turn is taken by who writes, for as long as that takes. No mutex, because to wait for it must end with a context.
	turn    chan struct{}
	durable xstream.Resume // up to which the broker has everything
	marks   []mark         // after it, oldest first
	last    xState         // as it was written
	failed  bool           // it was not
}

// mark is a position, and how many records had been delivered when the stream was there.
type mark struct {
	delivered int64
	position  xstream.Resume
}

func newKeeper(s *xSource, from xstream.Resume, governor *spend.Governor) *keeper {
	base := s.acknowledged()
	auto := promauto.With(s.tel.Registerer)
	return &keeper{
		spend: governor, turn: make(chan struct{}, 1), durable: from, logger: s.tel.Logger,
		acknowledged: func() int64 { return s.acknowledged() - base },
		unavailable:  auto.NewGauge(prometheus.GaugeOpts{Name: "catsvdogs_ingest_state_unavailable", Help: "1 while the topic ingest.state is missing or takes nothing: a restart may forget connects and money, else 0."}),
		errors:       auto.NewCounter(prometheus.CounterOpts{Name: "catsvdogs_ingest_state_write_errors_total", Help: "Attempts to write to ingest.state that failed."}),
	}
}

// remember writes m, with the position as far as the broker has it, and what was billed. It is over in a second.
func (k *keeper) remember(ctx context.Context, m xstream.Memory) {
	if !k.take(ctx) {
		return
	}
	defer k.release()
	k.write(ctx, k.state(m))
}

func (k *keeper) take(ctx context.Context) bool {
	select {
	case k.turn <- struct{}{}:
		return true
	case <-ctx.Done():
		return false
	}
}

func (k *keeper) release() { <-k.turn }

// state returns what there is to write. A position that tweets.raw does not reach yet would be one after a hole if the
// process was killed.
func (k *keeper) state(m xstream.Memory) xState {
	// In this order: what m tells of was delivered by now.
	delivered, acknowledged := k.delivered.Load(), k.acknowledged()
	if n := len(k.marks); n == 0 || k.marks[n-1].position != m.Position {
		if n == maxMarks {
			k.marks = k.marks[:n-1]
		}
		k.marks = append(k.marks, mark{delivered, m.Position})
	}
	for len(k.marks) > 0 && k.marks[0].delivered <= acknowledged {
		k.durable = k.marks[0].position
		k.marks = k.marks[1:]
	}
	m.Position = k.durable
	count := k.spend.Count()
	return xState{Version: stateVersion, At: count.At, Stream: m, Billed: count}
}

func (k *keeper) write(ctx context.Context, s xState) {
	if k.save == nil {
		return
	}
	value, err := json.Marshal(s)
	if err == nil {
		err = k.save(ctx, value)
	}
	if err != nil && ctx.Err() != nil {
		return // a stop; run writes once more
	}
	if err != nil {
		k.errors.Inc()
		if !k.failed {
			k.logger.Warn("what the next process has to know could not be written; it is tried again", "error", err)
		}
		k.unavailable.Set(1)
		k.failed = true
		return
	}
	if k.failed {
		k.logger.Info("what the next process has to know is written again")
	}
	k.unavailable.Set(0)
	k.failed, k.last = false, s
}

// run writes what memory tells until ctx ends, and then once more.
func (k *keeper) run(ctx context.Context, memory func() xstream.Memory) {
	tick := time.NewTicker(keepTick)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			k.look(ctx, memory())
		case <-ctx.Done():
			k.remember(context.WithoutCancel(ctx), memory())
			return
		}
	}
}

// look writes m if that is due.
func (k *keeper) look(ctx context.Context, m xstream.Memory) {
	if !k.take(ctx) {
		return
	}
	defer k.release()
	s := k.state(m)
	billed := s.Billed.Month - k.last.Billed.Month
	switch late := s.At.Sub(k.last.At) >= keepEvery; {
	case billed >= keepPosts || billed < 0:
	case late && (k.failed || !reflect.DeepEqual(forgetTimes(s), forgetTimes(k.last))):
	default:
		return
	}
	k.write(ctx, s)
}

// forgetTimes takes out what changes by itself.
func forgetTimes(s xState) xState {
	s.At, s.Billed.At, s.Stream.Pace = time.Time{}, time.Time{}, 0
	return s
}
