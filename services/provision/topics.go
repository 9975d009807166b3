package provision

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/cenkalti/backoff/v5"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/services/pipeline/broker"
	"catsvdogs/services/pipeline/topic"
)

// topics makes the topics that are missing and tells how the others differ.
func (p *provisioner) topics(ctx context.Context) error {
	cl, err := p.broker()
	if err != nil {
		return err
	}
	defer cl.Close()
	specs := topic.Specs(p.cfg.Partitions, p.cfg.KeepAll)
	if p.cfg.MinInsync > 0 {
		for _, s := range specs {
			s.Settings["min.insync.replicas"] = strconv.Itoa(p.cfg.MinInsync)
		}
	}
	lines, err := broker.EnsureTopics(ctx, cl, specs, p.cfg.Replication)
	for _, line := range lines {
		subject, outcome, _ := strings.Cut(line, ": ")
		p.tell(subject, "%s", outcome)
	}
	return refusedByBroker(err)
}

// broker returns a client of Kafka.
func (p *provisioner) broker() (*kgo.Client, error) {
	cl, err := kgo.NewClient(append(broker.Dialing(p.cfg.Kafka),
		kgo.ClientID("catsvdogs-provision"),
		// Short, since it is tried again, and a person wants to know what is waited for.
		kgo.RetryTimeout(3*time.Second),
	)...)
	if err != nil {
		return nil, backoff.Permanent(fmt.Errorf("connect to Kafka: %w", err))
	}
	return cl, nil
}

// refusals of a broker that no waiting changes. INVALID_REPLICATION_FACTOR is not one of them: brokers come up one
// after the other.
var refusals = []error{
	kerr.TopicAuthorizationFailed, kerr.ClusterAuthorizationFailed, kerr.InvalidConfig, kerr.InvalidPartitions,
	kerr.PolicyViolation, kerr.InvalidTopicException, broker.ErrUnusableTopic,
}

func refusedByBroker(err error) error {
	for _, refusal := range refusals {
		if errors.Is(err, refusal) {
			return backoff.Permanent(err)
		}
	}
	return err
}
