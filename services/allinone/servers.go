package allinone

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/gofrs/flock"
	"golang.org/x/sync/errgroup"

	"catsvdogs/services/embedded/elasticsearch"
	"catsvdogs/services/embedded/kafka"
	"catsvdogs/services/embedded/s3"
	"catsvdogs/services/pipeline/broker"
	"catsvdogs/services/pipeline/config"
)

// lockData makes the data folder and takes it for this process alone: two demos in one folder would write into each
// other's files. The result gives it back.
func lockData(dir string) (unlock func(), err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the data folder: %w; choose another with --data", err)
	}
	lock := flock.New(filepath.Join(dir, "demo.lock"))
	free, err := lock.TryLock()
	if err != nil {
		return nil, fmt.Errorf("write to the data folder: %w; choose another with --data", err)
	}
	if !free {
		return nil, fmt.Errorf("another demo uses the data folder %s; stop it, or choose another with --data", dir)
	}
	return func() { _ = lock.Unlock() }, nil // the end of the process gives it back too
}

// servers are the embedded servers that stand in for those that were not given.
type servers struct {
	kafka *kafka.Server
	index *elasticsearch.Server
	store *s3.Server
}

// startServers starts what cfg does not name and writes the addresses into it.
func startServers(ctx context.Context, cfg *Config, log *slog.Logger) (*servers, error) {
	s := &servers{}
	accessKey, secretKey := rand.Text(), rand.Text()
	var group errgroup.Group
	if len(cfg.Kafka.KafkaBrokers) == 0 {
		group.Go(func() (err error) {
			s.kafka, err = kafka.Start(ctx, filepath.Join(cfg.Data, "kafka"), log.With("stage", "kafka"))
			return err
		})
	}
	if cfg.Elasticsearch.ElasticsearchURL == "" {
		group.Go(func() (err error) {
			s.index, err = elasticsearch.Start(ctx, elasticsearch.Config{
				Listen: "127.0.0.1:0", Dir: filepath.Join(cfg.Data, "elasticsearch"), Logger: log.With("stage", "elasticsearch")})
			return err
		})
	}
	if cfg.S3.S3Endpoint == "" {
		group.Go(func() (err error) {
			s.store, err = s3.Start(ctx, s3.Config{
				Listen: "127.0.0.1:0", Dir: filepath.Join(cfg.Data, "archive"), Logger: log.With("stage", "s3"),
				AccessKey: accessKey, SecretKey: secretKey})
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, errors.Join(err, s.close())
	}
	if s.kafka != nil {
		cfg.Kafka = broker.Config{KafkaBrokers: s.kafka.Addrs()}
	}
	if s.index != nil {
		cfg.Elasticsearch.ElasticsearchURL = s.index.URL()
	}
	if s.store != nil {
		cfg.S3.S3Endpoint, cfg.S3.S3AccessKey, cfg.S3.S3SecretKey = s.store.URL(), accessKey, config.Secret(secretKey)
	}
	return s, nil
}

// close stops the servers. It may be called when some have not started.
func (s *servers) close() error {
	var errs []error
	if s.index != nil {
		errs = append(errs, s.index.Close())
	}
	if s.store != nil {
		errs = append(errs, s.store.Close())
	}
	if s.kafka != nil {
		s.kafka.Close()
	}
	return errors.Join(errs...)
}
