//go:build unix

package realparts

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
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
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
group.initial.rebalance.delay.ms=0
broker.session.timeout.ms=2000
broker.heartbeat.interval.ms=500
log.cleaner.backoff.ms=500
auto.create.topics.enable=false`

// Broker is how a broker of one node is started; the zero value is the usual way.
type Broker struct {
	Data   string // folder for the data; empty for one in the scratch folder. It must be there, and is left there.
	HeapMB int    // 0 for the usual one
	// Settings returns all lines of server.properties but log.dirs, for a broker that clients find at one address, and whose
	// controller listens on the other; nil for the usual ones.
	Settings func(clients, controller string) []string
	// Client is what a client needs beside the address, where Settings let not everybody in.
	Client []kgo.Opt
}

// Kafka gives a broker of one node (KRaft).
func Kafka(ctx context.Context) (*Server, error) {
	addr := os.Getenv("KAFKA_BROKERS")
	if addr == "" {
		return KafkaAs(ctx, Broker{})
	}
	s := &Server{Name: "Kafka", Addr: addr}
	s.ready = func(ctx context.Context) error { return ping(ctx, kgo.SeedBrokers(strings.Split(addr, ",")...)) }
	return given(ctx, s, "KAFKA_BROKERS")
}

// KafkaAs starts a broker of our own as b says.
func KafkaAs(ctx context.Context, b Broker) (*Server, error) {
	k, err := findKafka(ctx)
	if err != nil {
		return nil, err
	}
	addrs, err := freeAddrs(ctx, 2)
	if err != nil {
		return nil, err
	}
	settings := fmt.Sprintf(kafkaSettings, addrs[0], addrs[1])
	if b.Settings != nil {
		settings = strings.Join(b.Settings(addrs[0], addrs[1]), "\n")
	}
	s := &Server{Name: "Kafka", Addr: addrs[0]}
	client := slices.Concat(b.Client, []kgo.Opt{kgo.SeedBrokers(s.Addr)})
	s.ready = func(ctx context.Context) error { return ping(ctx, client...) }
	return k.begin(ctx, s, settings, b.Data, b.HeapMB)
}

// kafka is Apache Kafka as it was fetched, and the Java that runs it.
type kafka struct{ java, classes string }

func findKafka(ctx context.Context) (kafka, error) {
	home, err := jdk(ctx)
	if err != nil {
		return kafka{}, err
	}
	dir, err := fetched(ctx, "kafka-"+kafkaVersion, "Apache Kafka "+kafkaVersion+" (43 MB)", fetchKafka)
	return kafka{filepath.Join(home, "bin", "java"), filepath.Join(dir, "lib", "*")}, err
}

func fetchKafka(ctx context.Context, dir string) error {
	if err := os.WriteFile(filepath.Join(dir, "pom.xml"), []byte(kafkaPOM), 0o600); err != nil {
		return err
	}
	return maven(ctx, dir, "dependency:copy-dependencies", "-DoutputDirectory=lib")
}

// begin starts a broker on a folder for data, which is formatted unless a broker has used it before; empty for one in the
// scratch folder.
func (k kafka) begin(ctx context.Context, s *Server, settings, data string, heapMB int) (*Server, error) {
	return begin(ctx, s, func(scratch string) (supervise.Program, error) {
		file := filepath.Join(scratch, "server.properties")
		data := cmp.Or(data, filepath.Join(scratch, "data"))
		err := os.WriteFile(file, []byte(settings+"\nlog.dirs="+data+"\n"), 0o600)
		if _, formatted := os.Stat(filepath.Join(data, "meta.properties")); formatted != nil && err == nil {
			err = command(ctx, scratch, nil, k.java, "-cp", k.classes, "kafka.tools.StorageTool", "format", "-t", "catsvdogs-test-cluster", "-c", file)
		}
		heap := fmt.Sprintf("-Xmx%dm", cmp.Or(heapMB, 512))
		return supervise.Program{Path: k.java, Args: []string{heap, "-cp", k.classes, "kafka.Kafka", file}}, err
	})
}

// ping says whether a broker answers a client.
func ping(ctx context.Context, client ...kgo.Opt) error {
	cl, err := kgo.NewClient(client...)
	if err != nil {
		return err
	}
	defer cl.Close()
	return cl.Ping(ctx)
}
