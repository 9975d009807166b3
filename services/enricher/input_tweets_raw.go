package enricher

import (
	"context"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/services/pipeline/broker"
	"catsvdogs/services/pipeline/stage"
	"catsvdogs/services/pipeline/telemetry"
	"catsvdogs/services/pipeline/topic"
)

// transactionTimeout is how long the broker keeps a transaction open that nobody ends. Readers of committed records
// wait for it after a crash, so it is short; it stays below the session timeout (45 s), because a member that is thrown
// out of the group must not find its transaction still open.
const transactionTimeout = 15 * time.Second

func openSession(ctx context.Context, cfg Config, transactionalID string, tel *telemetry.Stage) (*kgo.GroupTransactSession, error) {
	session, err := kgo.NewGroupTransactSession(append(broker.Options(cfg.Kafka, transactionalID, tel),
		kgo.ConsumerGroup(cfg.Group),
		kgo.ConsumeTopics(topic.Raw),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.FetchIsolationLevel(kgo.ReadCommitted()),
		kgo.Balancers(kgo.CooperativeStickyBalancer()),
		kgo.TransactionalID(transactionalID),
		kgo.TransactionTimeout(transactionTimeout),
		kgo.ProducerLinger(0), // a batch is produced whole and flushed by the commit; waiting for more is only delay
		// Memory in flight: what is fetched ahead, and what is produced, in bytes.
		kgo.FetchMaxBytes(16<<20),
		kgo.FetchMaxPartitionBytes(4<<20),
		kgo.MaxBufferedBytes(64<<20),
		// A group that lost its coordinator for good must not hold a stop up.
		kgo.RetryTimeout(30*time.Second),
	)...)
	if err != nil {
		return nil, fmt.Errorf("connect to Kafka: %w", err)
	}
	// Asking for the producer id ends what a crashed predecessor of this name left open. Otherwise the group's offsets
	// stay unreadable until that transaction has timed out.
	if _, _, err := session.Client().ProducerID(ctx); err != nil {
		session.Close()
		return nil, fmt.Errorf("start transactions as %s: %w", transactionalID, err)
	}
	return session, nil
}

// closeSession leaves the group, so that the other replicas take over at once, and does not wait for a broker that is
// away.
func closeSession(ctx context.Context, session *kgo.GroupTransactSession) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stage.DrainTimeout)
	defer cancel()
	_ = session.Client().LeaveGroupContext(ctx) // the session timeout does it otherwise
	session.Close()
}
