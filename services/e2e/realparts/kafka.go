//go:build unix

package realparts

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"
)

const kafkaVersion = "4.4.0"

const kafkaPOM = `<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>catsvdogs</groupId><artifactId>kafka</artifactId><version>1</version><dependencies>
<dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>` + kafkaVersion + `</version></dependency>
<dependency><groupId>org.apache.logging.log4j</groupId><artifactId>log4j-slf4j-impl</artifactId><version>2.25.5</version></dependency>
</dependencies></project>`

// Kafka starts a broker of one node (KRaft) and returns it with its address.
func Kafka(t testing.TB) (s *Server, addr string) {
	t.Helper()
	dir := fetched(t, "kafka-"+kafkaVersion, "Apache Kafka "+kafkaVersion, func(dir string) error {
		if err := os.WriteFile(filepath.Join(dir, "pom.xml"), []byte(kafkaPOM), 0o644); err != nil {
			return err
		}
		return run(dir, nil, "mvn", "-q", "dependency:copy-dependencies", "-DoutputDirectory=lib")
	})
	classes := filepath.Join(dir, "lib", "*")
	addr, controller := freeAddr(t), freeAddr(t)
	scratch := t.TempDir()
	settings := filepath.Join(scratch, "server.properties")
	// A single node has a single copy of its own topics, and after a kill it is fenced until its session has ended.
	err := os.WriteFile(settings, fmt.Appendf(nil, `process.roles=broker,controller
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
auto.create.topics.enable=false
`, addr, controller, filepath.Join(scratch, "data")), 0o600)
	if err != nil {
		t.Fatal(err)
	}
	if err := run(scratch, nil, "java", "-cp", classes, "kafka.tools.StorageTool", "format", "-t", "catsvdogs-test-cluster", "-c", settings); err != nil {
		t.Fatalf("format Kafka's storage: %v", err)
	}
	s = start(t, "kafka", func() *exec.Cmd { return exec.Command("java", "-Xmx512m", "-cp", classes, "kafka.Kafka", settings) },
		func(ctx context.Context) error {
			cl, err := kgo.NewClient(kgo.SeedBrokers(addr))
			if err != nil {
				return err
			}
			defer cl.Close()
			return cl.Ping(ctx)
		})
	return s, addr
}
