//go:build unix

package chaos

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
	"golang.org/x/sync/errgroup"

	"catsvdogs/services/chaos/volume"
	"catsvdogs/services/e2e/realparts"
	"catsvdogs/services/pipeline/faultproxy"
)

// Names of the ways to servers; those to brokers are kafka-1 and so on.
const (
	toIndex = "elasticsearch"
	toStore = "s3"
)

// scene is the product with all that it runs on, and everything that can be broken about it.
type scene struct {
	cfg  Config
	said *timeline
	dir  string
	bin  string

	brokers *realparts.KafkaCluster
	index   *realparts.Server
	store   *realparts.Server

	// Disks that can be filled; nil where this machine has none.
	brokerDisks            []*volume.Volume
	indexDisk, storeDisk   *volume.Volume
	network                *network
	indexFront, storeFront *faultproxy.Proxy

	client *kgo.Client // past all proxies
	admin  *kadm.Client

	simulator string // its address
	truth     string // file
	page      string // the live page's address
	// watchedSince is when all services ran: what was posted before nobody had asked for yet.
	watchedSince time.Time
	instances    map[string]*instance
}

// Room on the disks. What Kafka writes here in an hour at the usual rate is some hundred megabytes.
const (
	brokerRoom = 1 << 30
	indexRoom  = 1 << 30
	storeRoom  = 2 << 30 // MinIO wants some free before it takes anything
)

// prepare starts servers and builds the product. After an error close takes away what there is.
func (s *scene) prepare(ctx context.Context) error {
	s.network, s.instances = newNetwork(), map[string]*instance{}
	if err := os.MkdirAll(s.logs(), 0o700); err != nil {
		return fmt.Errorf("make a folder for the logs: %w", err)
	}
	s.mount()
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() (err error) {
		s.bin, err = build(ctx, s.dir, s.cfg.Overlay)
		return err
	})
	group.Go(func() (err error) {
		s.brokers, err = realparts.StartKafkaCluster(ctx, realparts.Brokers{
			Count: s.cfg.Brokers, HeapMB: 320,
			Advertise: func(broker int, addr string) (string, error) {
				l, err := s.network.open(toBroker(broker), addr)
				if err != nil {
					return "", err
				}
				return l.addr, nil
			},
			Data: func(broker int) string { return dirOf(s.diskOf(broker)) },
		})
		return err
	})
	group.Go(func() (err error) {
		s.index, err = realparts.ElasticsearchAs(ctx, realparts.Node{
			Data: dirOf(s.indexDisk), HeapMB: 768,
			// How soon a disk that is full, or is not any more, is noticed: the shortest, and less than two minutes.
			Settings: []string{"cluster.info.update.interval: 10s", "monitor.fs.health.refresh_interval: 5s"},
		})
		if err == nil {
			s.indexFront, err = s.front(ctx, toIndex, s.index.Addr)
		}
		return err
	})
	group.Go(func() (err error) {
		s.store, err = realparts.MinIOAs(ctx, realparts.Node{Data: dirOf(s.storeDisk)})
		if err == nil {
			s.storeFront, err = s.front(ctx, toStore, s.store.Addr)
		}
		return err
	})
	if err := group.Wait(); err != nil {
		return err
	}
	var err error
	if s.client, err = kgo.NewClient(kgo.SeedBrokers(s.brokers.Inside...), kgo.ManualFlushing(), kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.MetadataMinAge(200*time.Millisecond)); err != nil {
		return fmt.Errorf("connect to Kafka: %w", err)
	}
	s.admin = kadm.NewClient(s.client)
	return nil
}

// mount makes disks for the servers, or none.
func (s *scene) mount() {
	disk := func(name string, room int64) *volume.Volume {
		v, err := volume.Mount(filepath.Join(s.dir, name), room)
		if err != nil {
			s.said.say("prepare", "no disk of its own for %s, so that cannot be filled: %v", name, err)
			return nil
		}
		return v
	}
	s.brokerDisks = make([]*volume.Volume, s.cfg.Brokers)
	for i := range s.brokerDisks {
		if s.brokerDisks[i] = disk(toBroker(i+1), brokerRoom); s.brokerDisks[i] == nil {
			return
		}
	}
	s.indexDisk, s.storeDisk = disk(toIndex, indexRoom), disk(toStore, storeRoom)
}

func (s *scene) diskOf(broker int) *volume.Volume { return s.brokerDisks[broker-1] }

func dirOf(v *volume.Volume) string {
	if v == nil {
		return ""
	}
	return v.Dir
}

func toBroker(n int) string { return fmt.Sprintf("kafka-%d", n) }

// front puts a proxy that misbehaves in front of an HTTP server, and the network in front of that.
func (s *scene) front(ctx context.Context, name, server string) (*faultproxy.Proxy, error) {
	p, err := faultproxy.Listen(ctx, server, slog.New(slog.DiscardHandler)) // what goes wrong is meant to
	if err != nil {
		return nil, fmt.Errorf("put a proxy in front of %s: %w", name, err)
	}
	_, err = s.network.open(name, p.Addr())
	return p, err // to be closed, whatever the network says
}

func (s *scene) logs() string {
	if s.cfg.Logs != "" {
		return s.cfg.Logs
	}
	return filepath.Join(s.dir, "logs")
}

// close ends everything and removes it; the logs stay where keep says so.
func (s *scene) close(keep bool) error {
	var errs []error
	for _, i := range s.instances {
		errs = append(errs, i.close())
	}
	if s.client != nil {
		s.client.Close()
	}
	for _, front := range []*faultproxy.Proxy{s.indexFront, s.storeFront} {
		if front != nil {
			errs = append(errs, front.Close())
		}
	}
	s.network.close()
	if s.brokers != nil {
		errs = append(errs, s.brokers.Close())
	}
	for _, server := range []*realparts.Server{s.index, s.store} {
		if server != nil {
			errs = append(errs, server.Close())
		}
	}
	for _, v := range append(s.brokerDisks, s.indexDisk, s.storeDisk) {
		if v != nil {
			errs = append(errs, v.Close())
		}
	}
	entries, err := os.ReadDir(s.dir)
	errs = append(errs, err)
	for _, e := range entries {
		if keep && (e.Name() == "logs" || e.Name() == filepath.Base(s.truth)) {
			continue
		}
		errs = append(errs, os.RemoveAll(filepath.Join(s.dir, e.Name())))
	}
	if !keep {
		errs = append(errs, os.Remove(s.dir))
	}
	return errors.Join(errs...)
}

// kafka are the addresses of the brokers as the services are told them.
func (s *scene) kafka() string {
	var addrs []string
	for _, b := range s.brokers.Servers {
		addrs = append(addrs, b.Addr)
	}
	return strings.Join(addrs, ",")
}

// all are the instances of a service, by name.
func (s *scene) all(service string) []*instance {
	var all []*instance
	for n := 0; ; n++ {
		i, ok := s.instances[fmt.Sprintf("%s-%d", service, n+1)]
		if !ok {
			return all
		}
		all = append(all, i)
	}
}
