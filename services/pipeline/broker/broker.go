// Package broker connects to Kafka with franz-go: how the brokers are reached, which it lends to another client as well,
// the settings that every client of the pipeline shares, and the topics. It owns no consuming or producing.
package broker

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/cenkalti/backoff/v5"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/plugin/kprom"
	"github.com/twmb/franz-go/plugin/kslog"

	"catsvdogs/services/pipeline/telemetry"
	"catsvdogs/services/pipeline/topic"
	"catsvdogs/services/pipeline/tweet"
)

// Options are what every client of the pipeline starts with. clientID names it in the broker's logs and in metrics
// (label client).
func Options(c Config, clientID string, tel *telemetry.Stage) []kgo.Opt {
	registerer := prometheus.WrapRegistererWith(prometheus.Labels{"client": clientID}, tel.Registerer)
	return append(Dialing(c),
		kgo.ClientID(clientID),
		kgo.WithLogger(kslog.New(quiet(tel.Logger))),
		kgo.WithHooks(kprom.NewMetrics("catsvdogs_kafka", kprom.Registerer(registerer))),
		kgo.ProducerBatchMaxBytes(topic.MaxRecordBytes),
		// ZSTD is what the topics are measured with; a broker keeps what the producer chose.
		kgo.ProducerBatchCompression(kgo.ZstdCompression()),
		kgo.MetadataMaxAge(30*time.Second), // how soon partitions that are added to a topic are read
		kgo.AlwaysRetryEOF(),               // a broker that restarts closes connections in the middle of answers
	)
}

// SessionTimeout is how long a member of a group may be silent before the others take its partitions over, which is what a
// crash costs. It is the shortest that brokers grant unless told otherwise (group.min.session.timeout.ms).
const SessionTimeout = 6 * time.Second

// heartbeatInterval is how soon a member learns that another one has come or gone. Until all have learned it nobody may
// commit, twice in a cooperative rebalance (KIP-429), and nobody reads what changes hands.
const heartbeatInterval = 500 * time.Millisecond

// GroupOptions are what every member of a consumer group starts with: from the start of the log where nothing was ever
// committed, committed records only, and partitions that stay with a member as long as they may.
func GroupOptions(group string, topics ...string) []kgo.Opt {
	return append(ReadCommitted(),
		kgo.ConsumerGroup(group),
		kgo.ConsumeTopics(topics...),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.Balancers(kgo.CooperativeStickyBalancer()),
		kgo.SessionTimeout(SessionTimeout),
		kgo.HeartbeatInterval(heartbeatInterval),
	)
}

// ReadCommitted are what every client starts with that reads committed records, of two topics at most. A smaller bound for
// a partition may follow; a smaller one for an answer must not.
func ReadCommitted() []kgo.Opt {
	return []kgo.Opt{
		kgo.FetchIsolationLevel(kgo.ReadCommitted()),
		// What is fetched ahead, in bytes as they come over the wire, which is compressed. All partitions of two topics fit into
		// one answer: the demo's broker (kfake of 2026-09) leaves out of an answer that it cuts short which transactions were
		// aborted, and their records would pass for committed ones.
		kgo.FetchMaxBytes(16 << 20),
		kgo.FetchMaxPartitionBytes(512 << 10),
	}
}

// quiet lowers the client's chatter: its info level tells each step of a group's life, which is debug for us.
func quiet(l *slog.Logger) *slog.Logger { return slog.New(lowered{l.Handler()}) }

type lowered struct{ slog.Handler }

func (h lowered) Enabled(ctx context.Context, l slog.Level) bool {
	if l == slog.LevelInfo {
		l = slog.LevelDebug
	}
	return h.Handler.Enabled(ctx, l)
}

func (h lowered) WithAttrs(attrs []slog.Attr) slog.Handler {
	return lowered{h.Handler.WithAttrs(attrs)}
}
func (h lowered) WithGroup(name string) slog.Handler { return lowered{h.Handler.WithGroup(name)} }

// WaitForTopics returns once all topics are there. While the broker cannot be reached or a topic is missing it asks
// again, with growing pauses, and logs what it waits for.
func WaitForTopics(ctx context.Context, cl *kgo.Client, log *slog.Logger, topics ...string) error {
	adm := kadm.NewClient(cl)
	_, err := backoff.Retry(ctx, func() (struct{}, error) {
		asked, cancel := context.WithTimeout(ctx, 10*time.Second)
		defer cancel()
		found, err := adm.ListTopics(asked, topics...)
		if err != nil {
			return struct{}{}, fmt.Errorf("ask the broker for its topics: %w", err)
		}
		for _, t := range topics {
			if d := found[t]; d.Err != nil {
				return struct{}{}, fmt.Errorf("topic %s: %w; run provision to make it", t, d.Err)
			}
		}
		return struct{}{}, nil
	}, backoff.WithMaxElapsedTime(0), backoff.WithNotify(func(err error, d time.Duration) {
		log.Warn("waiting for the broker", "error", err, "again_in", d.Round(time.Millisecond))
	}))
	return err
}

// ObservedAt is when the post of a record was observed: as its header says, of several the last as in tweet.ParseRaw,
// otherwise when the record was written. A header that cannot be read is passed over, because it must not keep a deletion
// from being one; so is one whose time none of ours can have (tweet.ParseObserved). Of the record's own time, which is any
// number, no more is taken than RFC 3339 and an index's version can say.
func ObservedAt(r *kgo.Record) time.Time {
	for i := range r.Headers {
		if h := &r.Headers[len(r.Headers)-1-i]; h.Key == topic.HeaderObservedAt {
			if t, err := tweet.ParseObserved(string(h.Value)); err == nil {
				return t
			}
		}
	}
	return tweet.Observable(r.Timestamp)
}
