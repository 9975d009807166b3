//go:build unix

package e2e

import (
	"context"
	"errors"
	"os"
	"strings"
	"sync"
	"testing"

	"golang.org/x/sync/errgroup"

	"catsvdogs/services/e2e/realparts"
	"catsvdogs/services/pipeline/broker"
	"catsvdogs/services/pipeline/config"
	"catsvdogs/services/pipeline/elastic"
	"catsvdogs/services/pipeline/objectstore"
)

// realParts says that the tests against real servers were asked for (make test-real). They run one after the other,
// because they share the servers.
const realParts = "TEST_REAL"

// servers are a real Kafka, Elasticsearch and MinIO.
type servers struct{ kafka, index, store *realparts.Server }

var (
	startOnce = sync.OnceValues(startServers)
	started   []*realparts.Server
)

// realServers returns the servers that all tests share, or skips the test where they were not asked for.
func realServers(t *testing.T) *servers {
	t.Helper()
	if os.Getenv(realParts) == "" {
		t.Skip("needs a real Kafka, Elasticsearch and MinIO: make test-real")
	}
	s, err := startOnce()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for _, one := range s.all() {
			if t.Failed() && !one.Given() {
				t.Logf("the end of %s's output:\n%s", one.Name, one.Output())
			}
		}
	})
	realparts.Say("%s", t.Name())
	return s
}

func startServers() (*servers, error) {
	s := &servers{}
	group, ctx := errgroup.WithContext(context.Background())
	start := func(into **realparts.Server, start func(context.Context) (*realparts.Server, error)) {
		group.Go(func() (err error) {
			*into, err = start(ctx)
			return err
		})
	}
	start(&s.kafka, realparts.Kafka)
	start(&s.index, realparts.Elasticsearch)
	start(&s.store, realparts.MinIO)
	err := group.Wait()
	for _, one := range s.all() {
		if one != nil {
			started = append(started, one)
		}
	}
	return s, err
}

func closeServers() error {
	var errs []error
	for _, s := range started {
		errs = append(errs, s.Close())
	}
	return errors.Join(errs...)
}

func (s *servers) all() []*realparts.Server {
	return []*realparts.Server{s.kafka, s.index, s.store}
}

func (s *servers) broker() broker.Config {
	return broker.Config{KafkaBrokers: strings.Split(s.kafka.Addr, ",")}
}

func (s *servers) elastic() elastic.Config { return elastic.Config{ElasticsearchURL: s.index.Addr} }

// bucket is a bucket of this name in the store; it need not be there.
func (s *servers) bucket(name string) objectstore.Config {
	return objectstore.Config{
		S3Endpoint: s.store.Addr, S3AccessKey: s.store.AccessKey, S3SecretKey: config.Secret(s.store.SecretKey),
		S3Bucket: name, S3Region: "us-east-1",
	}
}
