//go:build unix

package realparts

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"

	"github.com/twmb/franz-go/pkg/kgo"
	"golang.org/x/sync/errgroup"

	"catsvdogs/services/e2e/supervise"
)

// Brokers is how a cluster of brokers is started.
type Brokers struct {
	Count  int
	HeapMB int // of each; 0 for 512
	// Advertise returns the address at which clients are told to find a broker that listens on addr: a proxy's, say. nil
	// leaves them to the broker itself.
	Advertise func(broker int, addr string) (advertised string, err error)
	// Data returns the folder for a broker's data; nil, or an empty answer, for one in its scratch folder. It must be there.
	Data func(broker int) string
}

// KafkaCluster is some brokers of which each is a controller, too (KRaft).
type KafkaCluster struct {
	// Servers are the brokers, in the order of their numbers, which begin with 1. Addr is where clients are told to go.
	Servers []*Server
	// Inside are addresses by which a client reaches the brokers past whatever Advertise has put in front of them.
	Inside []string
}

// Each record has as many copies as there are brokers, up to three, and is acknowledged by all but one. Internal topics have
// few partitions, because each costs files on every broker.
const clusterSettings = `process.roles=broker,controller
node.id=%[1]d
controller.quorum.voters=%[2]s
listeners=CLIENT://%[3]s,INSIDE://%[4]s,CONTROLLER://%[5]s
advertised.listeners=CLIENT://%[6]s,INSIDE://%[4]s
inter.broker.listener.name=INSIDE
controller.listener.names=CONTROLLER
listener.security.protocol.map=CLIENT:PLAINTEXT,INSIDE:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs=%[7]s
default.replication.factor=%[8]d
min.insync.replicas=%[9]d
offsets.topic.replication.factor=%[8]d
offsets.topic.num.partitions=3
transaction.state.log.replication.factor=%[8]d
transaction.state.log.min.isr=%[9]d
transaction.state.log.num.partitions=3
log.index.size.max.bytes=1048576
group.initial.rebalance.delay.ms=0
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=500
replica.lag.time.max.ms=5000
auto.create.topics.enable=false
`

// StartKafkaCluster starts brokers of our own; KAFKA_BROKERS is not looked at. After an error nothing is left.
func StartKafkaCluster(ctx context.Context, b Brokers) (*KafkaCluster, error) {
	home, err := jdk(ctx)
	if err != nil {
		return nil, err
	}
	dir, err := fetched(ctx, "kafka-"+kafkaVersion, "Apache Kafka "+kafkaVersion+" (43 MB)", fetchKafka)
	if err != nil {
		return nil, err
	}
	addrs, err := freeAddrs(ctx, 3*b.Count)
	if err != nil {
		return nil, err
	}
	c := &KafkaCluster{Servers: make([]*Server, b.Count)}
	var voters []string
	for i := range b.Count {
		c.Inside = append(c.Inside, addrs[3*i+1])
		voters = append(voters, fmt.Sprintf("%d@%s", i+1, addrs[3*i+2]))
	}
	java, classes := filepath.Join(home, "bin", "java"), filepath.Join(dir, "lib", "*")
	group, ctx := errgroup.WithContext(ctx)
	for i := range b.Count {
		group.Go(func() (err error) {
			c.Servers[i], err = b.start(ctx, i+1, java, classes, strings.Join(voters, ","), addrs[3*i:3*i+3])
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

// start starts one broker, which answers when the others are there, too.
func (b Brokers) start(ctx context.Context, number int, java, classes, voters string, addrs []string) (*Server, error) {
	s := &Server{Name: fmt.Sprintf("Kafka %d", number), Addr: addrs[0]}
	if b.Advertise != nil {
		advertised, err := b.Advertise(number, addrs[0])
		if err != nil {
			return nil, fmt.Errorf("advertise %s: %w", s.Name, err)
		}
		s.Addr = advertised
	}
	s.ready = func(ctx context.Context) error {
		// Its own port first: the ping goes to any of those that the metadata names.
		conn, err := new(net.Dialer).DialContext(ctx, "tcp", addrs[0])
		if err != nil {
			return err
		}
		_ = conn.Close()
		cl, err := kgo.NewClient(kgo.SeedBrokers(addrs[1]))
		if err != nil {
			return err
		}
		defer cl.Close()
		return cl.Ping(ctx)
	}
	scratch, err := os.MkdirTemp("", "catsvdogs-kafka-")
	if err != nil {
		return nil, fmt.Errorf("make a folder for Kafka: %w", err)
	}
	data := ""
	if b.Data != nil {
		data = b.Data(number)
	}
	data = filepath.Join(cmp.Or(data, scratch), "data")
	copies := min(3, b.Count)
	settings := filepath.Join(scratch, "server.properties")
	err = os.WriteFile(settings, fmt.Appendf(nil, clusterSettings, number, voters, addrs[0], addrs[1], addrs[2], s.Addr, data, copies, max(1, copies-1)), 0o600)
	if err == nil {
		err = command(ctx, scratch, nil, java, "-cp", classes, "kafka.tools.StorageTool", "format", "-t", "catsvdogs-test-cluster", "-c", settings)
	}
	if err != nil {
		_ = os.RemoveAll(scratch)
		return nil, fmt.Errorf("format Kafka's storage: %w", err)
	}
	heap := fmt.Sprintf("-Xmx%dm", cmp.Or(b.HeapMB, 512))
	return begin(ctx, s, supervise.Program{Path: java, Args: []string{heap, "-cp", classes, "kafka.Kafka", settings}, Scratch: scratch})
}

// Close kills the brokers and removes their data.
func (c *KafkaCluster) Close() error {
	var errs []error
	for _, s := range c.Servers {
		if s != nil {
			errs = append(errs, s.Close())
		}
	}
	return errors.Join(errs...)
}
