package ingest

import (
	"context"
	"fmt"

	"catsvdogs/services/pipeline/checkpoint"
	"catsvdogs/services/pipeline/spend"
)

// besideX tells a governor what the refresher has spent, which looks the posts of the same account up again.
type besideX struct {
	source *xSource
	spend  *spend.Governor
}

// know tells it what is known so far. It comes before X is asked for its own count, which has both.
func (b besideX) know(ctx context.Context) error {
	value, err := checkpoint.Load(ctx, b.source.cfg.Kafka, b.source.tel, b.key())
	if err != nil {
		return fmt.Errorf("read what the refresher has spent: %w", err)
	}
	if value != nil { // or there is none, and the budget is ours alone
		b.tell(value)
	}
	return nil
}

// follow tells it what comes until ctx ends.
func (b besideX) follow(ctx context.Context) {
	if err := checkpoint.Follow(ctx, b.source.cfg.Kafka, b.source.tel, b.key(), b.tell); err != nil {
		b.source.tel.Logger.Warn("what the refresher spends is not known; together both may spend more than the budget", "error", err)
	}
}

func (b besideX) key() string { return checkpoint.RefresherOf(b.source.source) }

func (b besideX) tell(value []byte) {
	count, err := spend.ReadCount(value)
	if err != nil {
		b.source.tel.Logger.Warn("what the refresher has spent cannot be read", "error", err)
		return
	}
	b.spend.Beside(count)
}
