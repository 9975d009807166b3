package kafka

import (
	"context"
	"log/slog"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

const enriched = "enriched"

// start starts a broker that lives as long as the test.
func start(t *testing.T, dir string) *Server {
	t.Helper()
	s, err := Start(t.Context(), dir, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// killed returns the folder that a kill of the broker now would leave.
func killed(t *testing.T, dir string) string {
	t.Helper()
	left := t.TempDir()
	if err := os.CopyFS(left, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	return left
}

func client(t *testing.T, s *Server, options ...kgo.Opt) *kgo.Client {
	t.Helper()
	cl, err := kgo.NewClient(append(options, kgo.SeedBrokers(s.Addrs()...), kgo.DefaultProduceTopic(enriched))...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cl.Close)
	return cl
}

// transaction begins a transaction with these records.
func transaction(t *testing.T, cl *kgo.Client, values ...string) {
	t.Helper()
	if err := cl.BeginTransaction(); err != nil {
		t.Fatal(err)
	}
	for _, value := range values {
		if err := cl.ProduceSync(t.Context(), kgo.StringRecord(value)).FirstErr(); err != nil {
			t.Fatal(err)
		}
	}
}

func end(t *testing.T, cl *kgo.Client, how kgo.TransactionEndTry) {
	t.Helper()
	if err := cl.EndTransaction(t.Context(), how); err != nil {
		t.Fatal(err)
	}
}

// committed reads the topic's committed records from its start to its end, in answers of about so many bytes.
func committed(t *testing.T, s *Server, partitionBytes int32) []string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	cl := client(t, s, kgo.ConsumeTopics(enriched), kgo.FetchIsolationLevel(kgo.ReadCommitted()), kgo.KeepControlRecords(),
		kgo.FetchMaxPartitionBytes(partitionBytes))
	ends, err := kadm.NewClient(cl).ListCommittedOffsets(ctx, enriched)
	if err != nil {
		t.Fatal(err)
	}
	last, _ := ends.Lookup(enriched, 0)
	var values []string
	for at := int64(-1); at < last.Offset-1; {
		fetches := cl.PollFetches(ctx)
		if err := fetches.Err(); err != nil {
			t.Fatalf("read after offset %d of %d: %v; got %q", at, last.Offset, err, values)
		}
		fetches.EachRecord(func(r *kgo.Record) {
			at = r.Offset
			if !r.Attrs.IsControl() {
				values = append(values, string(r.Value))
			}
		})
	}
	return values
}

func TestAfterAKillInATransactionAReaderGetsEveryCommittedRecordAndNoOther(t *testing.T) {
	t.Parallel()
	first := t.TempDir()
	s := start(t, first)
	if _, err := kadm.NewClient(client(t, s)).CreateTopic(t.Context(), 1, 1, nil, enriched); err != nil {
		t.Fatal(err)
	}
	writer := kgo.TransactionalID("enricher")
	cl := client(t, s, writer)
	transaction(t, cl, "before")
	end(t, cl, kgo.TryCommit)
	transaction(t, cl, "open in the first kill", "and more of it")

	second := killed(t, first)
	s = start(t, second)
	cl = client(t, s, writer)
	transaction(t, cl, "between the kills")
	end(t, cl, kgo.TryCommit)
	transaction(t, cl, "aborted")
	end(t, cl, kgo.TryAbort)
	transaction(t, cl, "open in the second kill")

	s = start(t, killed(t, second))
	cl = client(t, s, writer)
	transaction(t, cl, "after the kills")
	end(t, cl, kgo.TryCommit)

	want := []string{"before", "between the kills", "after the kills"}
	for _, partitionBytes := range []int32{1, 150, 1 << 20} { // a batch of one record is about 80 bytes
		if got := committed(t, s, partitionBytes); !slices.Equal(got, want) {
			t.Errorf("in answers of %d bytes: got %q, want %q", partitionBytes, got, want)
		}
	}
}

func TestTheFolderOfARunningBrokerDoesNotSayThatItWasClosed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := start(t, dir)
	s.Close()
	s = start(t, dir)
	if _, err := os.Stat(s.closed); !os.IsNotExist(err) {
		t.Errorf("the folder of a running broker says that it was closed: %v", err)
	}
}
