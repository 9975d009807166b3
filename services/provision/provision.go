package provision

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/cenkalti/backoff/v5"
	"github.com/elastic/go-elasticsearch/v8/esapi"
	"github.com/minio/minio-go/v7"
	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/schemas"
	"catsvdogs/services/pipeline/broker"
	"catsvdogs/services/pipeline/elastic"
	"catsvdogs/services/pipeline/objectstore"
	"catsvdogs/services/pipeline/topic"
)

// Run makes what is missing and returns when everything is there. An error names the first thing that could not be
// made; what was made before stays.
func Run(ctx context.Context, cfg Config) error {
	out := cfg.Out
	if out == nil {
		out = os.Stdout
	}
	p := &provisioner{cfg: cfg, out: out}
	for _, step := range []struct {
		what string
		do   func(context.Context) error
	}{
		{"Kafka", p.topics},
		{"Elasticsearch", p.indexTemplates},
		{"the object store", p.bucket},
	} {
		if err := p.waiting(ctx, step.what, step.do); err != nil {
			return err
		}
	}
	return nil
}

type provisioner struct {
	cfg Config
	out io.Writer
}

func (p *provisioner) say(format string, args ...any) {
	_, _ = fmt.Fprintf(p.out, format+"\n", args...) // progress; its loss stops nothing
}

// waiting tries a step until it works or its time is over, because servers that start together come up in any order.
func (p *provisioner) waiting(parent context.Context, what string, step func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(parent, p.cfg.WaitFor)
	defer cancel()
	pause := backoff.NewExponentialBackOff()
	pause.MaxInterval = 5 * time.Second
	var last error
	_, err := backoff.Retry(ctx, func() (struct{}, error) {
		last = step(ctx)
		return struct{}{}, last
	}, backoff.WithBackOff(pause), backoff.WithMaxElapsedTime(0), backoff.WithNotify(func(err error, d time.Duration) {
		p.say("waiting for %s: %v; again in %s", what, err, d.Round(100*time.Millisecond))
	}))
	if stopped := context.Cause(parent); stopped != nil {
		return fmt.Errorf("stopped while waiting for %s: %w", what, stopped)
	}
	if err != nil {
		return fmt.Errorf("%s is not ready after %s: %w", what, p.cfg.WaitFor, last)
	}
	return nil
}

func (p *provisioner) topics(ctx context.Context) error {
	cl, err := kgo.NewClient(kgo.SeedBrokers(p.cfg.Kafka.KafkaBrokers...), kgo.RetryTimeout(10*time.Second))
	if err != nil {
		return backoff.Permanent(fmt.Errorf("connect to Kafka: %w", err))
	}
	defer cl.Close()
	lines, err := broker.EnsureTopics(ctx, cl, topic.Specs(p.cfg.Partitions, p.cfg.KeepAll), p.cfg.Replication)
	for _, line := range lines {
		p.say("%s", line)
	}
	return err
}

func (p *provisioner) indexTemplates(ctx context.Context) error {
	t, err := elastic.Connect(p.cfg.Elasticsearch)
	if err != nil {
		return backoff.Permanent(err)
	}
	for _, c := range schemas.ComponentTemplates() {
		if _, err := elastic.Do(ctx, t, esapi.ClusterPutComponentTemplateRequest{Name: c.Name, Body: bytes.NewReader(c.Body)}, 1<<20); err != nil {
			return fmt.Errorf("put the component template %s: %w", c.Name, err)
		}
	}
	for _, i := range schemas.IndexTemplates() {
		if _, err := elastic.Do(ctx, t, esapi.IndicesPutIndexTemplateRequest{Name: i.Name, Body: bytes.NewReader(i.Body)}, 1<<20); err != nil {
			return fmt.Errorf("put the index template %s: %w", i.Name, err)
		}
		p.say("index template %s: put, for %s-*", i.Name, i.Name)
	}
	return nil
}

func (p *provisioner) bucket(ctx context.Context) error {
	store, err := objectstore.Connect(p.cfg.S3)
	if err != nil {
		return backoff.Permanent(err)
	}
	found, err := store.BucketExists(ctx, p.cfg.S3.S3Bucket)
	if err != nil {
		return fmt.Errorf("look for bucket %s: %w", p.cfg.S3.S3Bucket, err)
	}
	if found {
		p.say("bucket %s: found", p.cfg.S3.S3Bucket)
		return nil
	}
	if err := store.MakeBucket(ctx, p.cfg.S3.S3Bucket, minio.MakeBucketOptions{Region: p.cfg.S3.S3Region}); err != nil {
		return fmt.Errorf("make bucket %s: %w", p.cfg.S3.S3Bucket, err)
	}
	p.say("bucket %s: made", p.cfg.S3.S3Bucket)
	return nil
}
