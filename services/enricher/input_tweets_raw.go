package enricher

import (
	"context"
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/services/pipeline/broker"
	"catsvdogs/services/pipeline/telemetry"
	"catsvdogs/services/pipeline/topic"
)

// transactionTimeout is how long the broker keeps a transaction open that nobody ends: readers of committed records wait
// for it after a crash. It is shorter than the session, because a member that is thrown out of the group must not find
// its transaction still open.
const transactionTimeout = broker.SessionTimeout * 2 / 3

// fetchPartitionBytes is what is fetched ahead of a partition, compressed as it comes over the wire: unpacked and with what
// the client keeps of each record, posts that are much alike take some fifty times that.
const fetchPartitionBytes = 48 << 10

// aheadBytes is what all that is fetched ahead takes in memory. Text that repeats itself unpacks to some thousand times its
// size, which fetchPartitionBytes does not bound.
const aheadBytes = batchBytes

// How soon replicas make way for each other. A rebalance waits rebalanceTimeout for members that do not answer, such as one
// that was killed, and it takes two of them to move partitions (KIP-429); until they are over nobody commits, and that is to
// be less than two seconds. Who comes too late loses its batch, not its place: the group keeps it for its name.
const (
	heartbeatInterval = 250 * time.Millisecond
	rebalanceTimeout  = 900 * time.Millisecond
)

func openSession(ctx context.Context, cfg Config, name string, tel *telemetry.Stage, ahead prometheus.Gauge, watch *assignment) (*kgo.GroupTransactSession, error) {
	options := append(broker.Options(cfg.Kafka, name, tel), broker.GroupOptions(cfg.Group, topic.Raw)...)
	options = append(options, watch.options()...)
	options = append(options, broker.Rationed(aheadBytes, ahead)...)
	options = append(options, kgo.FetchMaxPartitionBytes(fetchPartitionBytes))
	session, err := kgo.NewGroupTransactSession(append(options,
		kgo.InstanceID(name), // a replica that comes back within the session has its partitions back without a rebalance (KIP-345)
		kgo.HeartbeatInterval(heartbeatInterval),
		kgo.RebalanceTimeout(rebalanceTimeout),
		kgo.TransactionalID(name),
		kgo.TransactionTimeout(transactionTimeout),
		kgo.ProducerBatchCompression(kgo.ZstdCompression().WithLevel(1)),
		kgo.ProducerLinger(0), // a batch is produced whole and flushed by the commit; waiting for more is only delay
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
		return nil, fmt.Errorf("start transactions as %s: %w", name, err)
	}
	return session, nil
}
