package throughput

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"strconv"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/services/e2e/realparts"
	"catsvdogs/services/e2e/supervise"
	"catsvdogs/services/pipeline/broker"
	"catsvdogs/services/pipeline/contest"
	"catsvdogs/services/pipeline/rule"
	"catsvdogs/services/pipeline/topic"
	"catsvdogs/services/pipeline/tweet"
	"catsvdogs/services/simulator/wire"
	"catsvdogs/services/simulator/world"
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
	asked, err := contest.Load(contestFile)
	if err != nil {
		return err
	}
	var rules []*rule.Rule
	var matching [][]byte
	for i, r := range asked.StreamRules() {
		parsed, err := rule.Parse(r.Value)
		if err != nil {
			return err
		}
		rules, matching = append(rules, parsed), append(matching, wire.Rule(strconv.Itoa(i+1), r.Tag))
	}
	fields, mistakes := wire.Request(url.Values{
		"tweet.fields": {"attachments,author_id,conversation_id,created_at,edit_history_tweet_ids,entities,in_reply_to_user_id,lang,note_tweet,possibly_sensitive,public_metrics,referenced_tweets"},
		"expansions":   {"attachments.media_keys,referenced_tweets.id,referenced_tweets.id.attachments.media_keys"},
		"media.fields": {"media_key,type,url,preview_image_url,width,height,duration_ms,alt_text"},
	})
	if len(mistakes) > 0 {
		return fmt.Errorf("the fields: %v", mistakes)
	}
	w := world.New(1, 500, time.Now().Add(-time.Hour))
	w.SetRules(rules)
	for n := 0; n < records; {
		p := w.Next()
		if p == nil {
			continue
		}
		n++
		raw := tweet.Raw{
			Key: strconv.AppendUint(nil, p.First, 10), Value: wire.AppendPost(nil, p, fields, matching), Schema: tweet.SchemaX, Kind: tweet.KindStream,
			Source: tweet.SourceSimulator, ObservedAt: p.At,
		}
		r := &kgo.Record{Topic: topic.Raw, Key: raw.Key, Value: raw.Value}
		for _, h := range raw.Headers() {
			r.Headers = append(r.Headers, kgo.RecordHeader(h))
		}
		cl.Produce(ctx, r, nil)
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
