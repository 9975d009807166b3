package redrive

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/services/pipeline/delivery"
)

const (
	// transactionalID is one for all redrives, because it is what keeps two of them from doing the same. It is no flag: with
	// two names there would be two at a time.
	transactionalID = "enricher-redrive"
	// transactionTimeout is how long readers of posts wait for a transaction that a crash left open, unless another run
	// ends it first.
	transactionTimeout = 10 * time.Second

	batchRecords = 500
	batchBytes   = 4 << 20
)

// ErrFenced says that another redrive was started while this one ran. What this one has put back stays so; the other one
// knows of it and does the rest.
var ErrFenced = errors.New("another redrive was started and has taken over; this one has ended and left the rest to it")

// writer puts dead letters back, in transactions. After an error it is of no more use, as doc.go says.
type writer struct{ client *kgo.Client }

// newWriter takes the transactions over from any other redrive. Close the client afterwards.
func newWriter(ctx context.Context, options []kgo.Opt) (*writer, error) {
	cl, err := kgo.NewClient(append(options,
		kgo.TransactionalID(transactionalID),
		kgo.TransactionTimeout(transactionTimeout),
		kgo.RecordPartitioner(whereItWas()),
		kgo.ProducerLinger(0), // a transaction is produced whole; waiting for more is only delay
		kgo.RetryTimeout(answerTimeout),
	)...)
	if err != nil {
		return nil, fmt.Errorf("connect to Kafka: %w", err)
	}
	ctx, cancel := context.WithTimeoutCause(ctx, 2*answerTimeout, fmt.Errorf("the broker has not answered for %s", 2*answerTimeout))
	defer cancel()
	if _, _, err := cl.ProducerID(ctx); err != nil {
		cl.Close()
		return nil, fmt.Errorf("start transactions as %s: %w", transactionalID, because(ctx, err))
	}
	return &writer{client: cl}, nil
}

// whereItWas sends a record to the partition that it names, which keeps the order that its key had, and where the topic
// has no such partition to the one of its key, as every producer of the pipeline does.
func whereItWas() kgo.Partitioner {
	byKey := kgo.StickyKeyPartitioner(nil)
	return kgo.BasicConsistentPartitioner(func(topicName string) func(*kgo.Record, int) int {
		keyed := byKey.ForTopic(topicName)
		return func(r *kgo.Record, n int) int {
			if int(r.Partition) < n {
				return int(r.Partition)
			}
			return keyed.Partition(r, n)
		}
	})
}

// putBack writes what the letters become and their resolutions: all or nothing. ctx is one that a stop does not end at
// once.
func (w *writer) putBack(ctx context.Context, letters []*kgo.Record, now time.Time) error {
	if err := w.client.BeginTransaction(); err != nil {
		return fmt.Errorf("begin a transaction: %w", fenced(err))
	}
	produced := kgo.AbortingFirstErrPromise(w.client)
	var err error
	for _, letter := range letters {
		var again *kgo.Record
		if again, err = delivery.Redriven(letter); err != nil {
			break // judge has let through what it must not
		}
		w.client.Produce(ctx, again, produced.Promise())
		w.client.Produce(ctx, delivery.Resolution(letter, now), produced.Promise())
	}
	if err = errors.Join(err, produced.Err()); err == nil {
		err = w.client.EndTransaction(ctx, kgo.TryCommit)
	}
	if err == nil {
		return nil
	}
	if err = fenced(err); !errors.Is(err, ErrFenced) {
		// So that readers of posts need not wait for the timeout. Whoever is fenced must not do it: the client might ask for
		// a new producer id and throw the other redrive out.
		_ = w.client.EndTransaction(ctx, kgo.TryAbort) // the transaction's timeout does it otherwise
	}
	return fmt.Errorf("%d dead letters, from %s to %s, were not put back: %w", len(letters), recordName(letters[0]), recordName(letters[len(letters)-1]), err)
}

// fenced returns ErrFenced for what brokers answer to a producer whose transactional id has a new owner. They answer the
// same when a transaction has timed out, which is as final: its owner may have been away for long enough for another.
func fenced(err error) error {
	if errors.Is(err, kerr.ProducerFenced) || errors.Is(err, kerr.InvalidProducerEpoch) {
		return fmt.Errorf("%w (or a transaction took longer than %s; then start it again): %w", ErrFenced, transactionTimeout, err)
	}
	return err
}
