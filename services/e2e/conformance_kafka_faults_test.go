//go:build unix

package e2e

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/services/pipeline/kafkatest"
)

// compactionLag counts what is left of two records of one key where the compaction lag is a day, once compaction has
// taken the first of two where there is no lag.
func compactionLag(t *testing.T, x *brokerUnderTest) []string {
	compact := func() {}
	if x.embedded { // its cleaner runs once a minute; this one is the same without a folder
		cluster, cfg := kafkatest.Start(t, 1)
		x, compact = newBrokerUnderTest(t, cfg), cluster.Compact
	}
	settings := []string{"cleanup.policy", "compact", "segment.ms", "100", "min.cleanable.dirty.ratio", "0.001", "min.compaction.lag.ms"}
	lag, none := x.topic(t, append(settings, "86400000")...), x.topic(t, append(settings, "0")...)
	cl := x.client(t)
	for _, name := range []string{lag, none} {
		if err := x.produce(t, cl, name, "first", "second"); err != nil {
			return []string{code(err)}
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
	for {
		// What is being written to is never compacted, so something must follow.
		for _, name := range []string{lag, none} {
			if err := cl.ProduceSync(ctx, &kgo.Record{Topic: name, Key: []byte("other"), Value: []byte("other")}).FirstErr(); err != nil {
				return []string{code(err)}
			}
		}
		compact()
		if count(x.values(t, none, false), "first") == 0 {
			left := x.values(t, lag, false)
			return []string{fmt.Sprint(count(left, "first") + count(left, "second"))}
		}
		select {
		case <-ctx.Done():
			return []string{"nothing is ever compacted"}
		case <-time.After(300 * time.Millisecond):
		}
	}
}

func count(values []string, what string) (n int) {
	for _, v := range values {
		if v == what {
			n++
		}
	}
	return n
}

// brokenConnections breaks all connections of a producer again and again while it writes.
func brokenConnections(t *testing.T, x *brokerUnderTest) []string {
	const records = 2000
	name := x.topic(t)
	var lines openLines
	cl := x.client(t, kgo.Dialer(lines.dial), kgo.DefaultProduceTopic(name), kgo.MaxBufferedRecords(100))
	failed := make(chan error, records)
	for i := range records {
		cl.Produce(t.Context(), kgo.StringRecord(strconv.Itoa(i)), func(_ *kgo.Record, err error) { failed <- err })
		if i%250 == 249 {
			lines.cut()
		}
	}
	var err error
	for range records {
		err = errors.Join(err, <-failed)
	}
	if err != nil {
		return []string{code(err)}
	}
	if lines.broken == 0 {
		return []string{"no connection was broken"}
	}
	for i, v := range x.values(t, name, false) {
		if v != strconv.Itoa(i) {
			return []string{fmt.Sprintf("record %d is %s", i, v)}
		}
	}
	return []string{fmt.Sprintf("%d records, each once, in order", len(x.values(t, name, false)))}
}

// openLines are a client's connections.
type openLines struct {
	mu     sync.Mutex
	open   []net.Conn
	broken int
}

func (l *openLines) dial(ctx context.Context, network, host string) (net.Conn, error) {
	conn, err := new(net.Dialer).DialContext(ctx, network, host)
	if err == nil {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.open = append(l.open, conn)
	}
	return conn, err
}

func (l *openLines) cut() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, conn := range l.open {
		_ = conn.Close()
		l.broken++
	}
	l.open = nil
}
