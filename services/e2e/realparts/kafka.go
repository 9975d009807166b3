//go:build unix

package realparts

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/services/e2e/supervise"
)

const kafkaVersion = "4.4.0"

const kafkaPOM = `<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>catsvdogs</groupId><artifactId>kafka</artifactId><version>1</version><dependencies>
<dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>` + kafkaVersion + `</version></dependency>
<dependency><groupId>org.apache.logging.log4j</groupId><artifactId>log4j-slf4j-impl</artifactId><version>2.25.5</version></dependency>
</dependencies></project>`

// A single node has a single copy of its own topics; after a kill it is fenced until its session has ended; and its
// cleaner looks often enough for a test to see what compaction does.
const kafkaSettings = `process.roles=broker,controller
node.id=1
controller.quorum.voters=1@%[2]s
listeners=PLAINTEXT://%[1]s,CONTROLLER://%[2]s
advertised.listeners=PLAINTEXT://%[1]s
controller.listener.names=CONTROLLER
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
log.dirs=%[3]s
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
group.initial.rebalance.delay.ms=0
broker.session.timeout.ms=2000
broker.heartbeat.interval.ms=500
log.cleaner.backoff.ms=500
auto.create.topics.enable=false
`

// Kafka starts a broker of one node (KRaft).
func Kafka(ctx context.Context) (*Server, error) {
	s := &Server{Name: "Kafka", Addr: os.Getenv("KAFKA_BROKERS")}
	s.ready = func(ctx context.Context) error {
		cl, err := kgo.NewClient(kgo.SeedBrokers(strings.Split(s.Addr, ",")...))
		if err != nil {
			return err
		}
		defer cl.Close()
		return cl.Ping(ctx)
	}
	if s.Addr != "" {
		return given(ctx, s, "KAFKA_BROKERS")
	}
	home, err := jdk(ctx)
	if err != nil {
		return nil, err
	}
	dir, err := fetched(ctx, "kafka-"+kafkaVersion, "Apache Kafka "+kafkaVersion+" (43 MB)", fetchKafka)
	if err != nil {
		return nil, err
	}
	addrs, err := freeAddrs(ctx, 2)
	if err != nil {
		return nil, err
	}
	scratch, err := os.MkdirTemp("", "catsvdogs-kafka-")
	if err != nil {
		return nil, fmt.Errorf("make a folder for Kafka: %w", err)
	}
	s.Addr = addrs[0]
	java, classes, settings := filepath.Join(home, "bin", "java"), filepath.Join(dir, "lib", "*"), filepath.Join(scratch, "server.properties")
	err = os.WriteFile(settings, fmt.Appendf(nil, kafkaSettings, addrs[0], addrs[1], filepath.Join(scratch, "data")), 0o600)
	if err == nil {
		err = command(ctx, scratch, nil, java, "-cp", classes, "kafka.tools.StorageTool", "format", "-t", "catsvdogs-test-cluster", "-c", settings)
	}
	if err != nil {
		_ = os.RemoveAll(scratch)
		return nil, fmt.Errorf("format Kafka's storage: %w", err)
	}
	return begin(ctx, s, supervise.Program{Path: java, Args: []string{"-Xmx512m", "-cp", classes, "kafka.Kafka", settings}, Scratch: scratch})
}

func fetchKafka(ctx context.Context, dir string) error {
	if err := os.WriteFile(filepath.Join(dir, "pom.xml"), []byte(kafkaPOM), 0o600); err != nil {
		return err
	}
	return maven(ctx, dir, "dependency:copy-dependencies", "-DoutputDirectory=lib")
}
