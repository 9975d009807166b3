package refresher

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"catsvdogs/services/pipeline/checkpoint"
	"catsvdogs/services/pipeline/spend"
)

// purse is what looks may cost: the part of the budgets that is theirs, as far as ingest leaves it.
type purse struct {
	cfg      spend.Config
	share    float64 // of the budgets, 0 to 1
	governor *spend.Governor
}

func newPurse(cfg Config, spent spend.Count, r prometheus.Registerer) *purse {
	return &purse{cfg: cfg.Budget, share: float64(cfg.RefreshShare) / 100, governor: spend.New(spend.Options{
		Service: "refresher", PostPrice: cfg.Budget.XPostPrice, Daily: cfg.Budget.XDailyBudget, Monthly: cfg.Budget.XMonthlyBudget,
		Spent: spent, Lookups: true, Shared: true, Registerer: r,
	})}
}

// reserve asks for leave to read so many posts that are billed for.
func (p *purse) reserve(posts int) *spend.Reservation {
	c := p.governor.Count()
	return p.governor.Reserve(min(posts, p.left(p.cfg.XDailyBudget, c.Day), p.left(p.cfg.XMonthlyBudget, c.Month)))
}

// left is how many posts are left of the part of a budget.
func (p *purse) left(budget float64, billed int64) int {
	const all = 1 << 30
	if budget <= 0 {
		return all
	}
	return max(0, int(min(budget*p.share/p.cfg.XPostPrice-float64(billed), all)))
}

// beside tells the governor what ingest has spent, which reads posts of the same account.
func (r *refresher) beside(value []byte) {
	count, err := spend.ReadCount(value)
	if err != nil {
		r.tel.Logger.Warn("what ingest has spent cannot be read", "error", err)
		return
	}
	r.purse.governor.Beside(count)
}

// knowIngest tells the governor what ingest has spent so far.
func (r *refresher) knowIngest(ctx context.Context) error {
	value, err := checkpoint.Load(ctx, r.cfg.Kafka, r.tel, r.source)
	switch {
	case errors.Is(err, checkpoint.ErrNoTopic):
		r.tel.Logger.Warn("what ingest spends is not known; together both may spend more than the budget", "error", err)
	case err != nil:
		return fmt.Errorf("read what ingest has spent: %w", err)
	}
	if value == nil { // nothing was ever spent
		r.purse.governor.Beside(spend.Count{At: time.Now()})
		return nil
	}
	r.beside(value)
	return nil
}

// followIngest tells the governor what ingest spends until ctx ends.
func (r *refresher) followIngest(ctx context.Context) error {
	if err := checkpoint.Follow(ctx, r.cfg.Kafka, r.tel, r.source, r.beside); err != nil {
		return fmt.Errorf("follow what ingest spends: %w", err)
	}
	return nil
}
