package throughput

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"testing"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/services/e2e/realparts"
	"catsvdogs/services/e2e/supervise"
	"catsvdogs/services/pipeline/broker"
	"catsvdogs/services/pipeline/topic"
)

// asBroker makes the test binary a broker with so many raw records, in a process of its own.
const asBroker = "THROUGHPUT_BROKER"

const contestFile = "../../../contest.yaml"

func TestMain(m *testing.M) {
	supervise.Main()
	if records, err := strconv.Atoi(os.Getenv(asBroker)); err == nil {
		if err := serveBroker(context.Background(), records); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// serveBroker fills the topic, prints the broker's address and ends with its standard input.
func serveBroker(ctx context.Context, records int) error {
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1))
	if err != nil {
		return err
	}
	defer cluster.Close()
	if err := fill(ctx, cluster.ListenAddrs()[0], records); err != nil {
		return err
	}
	fmt.Println(cluster.ListenAddrs()[0])
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}

// fill writes made-up posts to tweets.raw as ingest does.
func fill(ctx context.Context, addr string, records int) error {
	cl, err := kgo.NewClient(append(broker.Dialing(broker.Config{KafkaBrokers: []string{addr}}), kgo.ProducerBatchCompression(kgo.ZstdCompression()),
		kgo.AllowAutoTopicCreation())...)
	if err != nil {
		return err
	}
	defer cl.Close()
	if _, err := broker.EnsureTopics(ctx, cl, topic.Specs(topic.Partitions, true), 1); err != nil {
		return err
	}
	if _, err := kadm.NewClient(cl).CreateTopic(ctx, topic.Partitions, 1, nil, "flat"); err != nil {
		return err
	}
	made, err := newPosts()
	if err != nil {
		return err
	}
	for range records {
		cl.Produce(ctx, made.next(), nil)
	}
	return cl.Flush(ctx)
}

// startBroker starts one with so many records: a real Kafka with TEST_REAL=1, otherwise the embedded kind.
func startBroker(b *testing.B, records int) (addr string) {
	b.Helper()
	if os.Getenv("TEST_REAL") != "" {
		return startKafka(b, records)
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env, cmd.Stderr = append(os.Environ(), asBroker+"="+strconv.Itoa(records)), os.Stderr
	end, err := cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	said, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		_ = end.Close()
		_ = cmd.Wait()
	})
	if _, err := fmt.Fscan(bufio.NewReader(said), &addr); err != nil {
		b.Fatal(err)
	}
	return addr
}

func startKafka(b *testing.B, records int) (addr string) {
	b.Helper()
	server, err := realparts.Kafka(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = server.Close() })
	if server.Given() {
		b.Skip("a Kafka that is given may hold topics of these names; the benchmark wants one of its own")
	}
	if err := fill(b.Context(), server.Addr, records); err != nil {
		b.Fatal(err)
	}
	return server.Addr
}
