//go:build unix

package realparts

import (
	"context"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"strings"

	"github.com/twmb/franz-go/pkg/kgo"
	"golang.org/x/sync/errgroup"
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
default.replication.factor=%[7]d
min.insync.replicas=%[8]d
offsets.topic.replication.factor=%[7]d
offsets.topic.num.partitions=3
transaction.state.log.replication.factor=%[7]d
transaction.state.log.min.isr=%[8]d
transaction.state.log.num.partitions=3
log.index.size.max.bytes=1048576
group.initial.rebalance.delay.ms=0
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=500
replica.lag.time.max.ms=5000
auto.create.topics.enable=false`

// StartKafkaCluster starts brokers of our own; KAFKA_BROKERS is not looked at. After an error nothing is left.
func StartKafkaCluster(ctx context.Context, b Brokers) (*KafkaCluster, error) {
	k, err := findKafka(ctx)
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
	group, ctx := errgroup.WithContext(ctx)
	for i := range b.Count {
		group.Go(func() (err error) {
			c.Servers[i], err = b.start(ctx, k, i+1, strings.Join(voters, ","), addrs[3*i:3*i+3])
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

// start starts one broker, which answers when the others are there, too.
func (b Brokers) start(ctx context.Context, k kafka, number int, voters string, addrs []string) (*Server, error) {
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
		return ping(ctx, kgo.SeedBrokers(addrs[1]))
	}
	data := ""
	if b.Data != nil {
		if folder := b.Data(number); folder != "" {
			data = filepath.Join(folder, "data") // a disk of its own holds more than that
		}
	}
	copies := min(3, b.Count)
	settings := fmt.Sprintf(clusterSettings, number, voters, addrs[0], addrs[1], addrs[2], s.Addr, copies, max(1, copies-1))
	return k.begin(ctx, s, settings, data, b.HeapMB)
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
