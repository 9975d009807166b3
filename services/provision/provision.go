package provision

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"

	"github.com/cenkalti/backoff/v5"
)

// Run makes what is missing and returns when everything is there and was read back:
//
//	Kafka ──▶ Elasticsearch ──▶ object store ──▶ Kibana
//	topics    lifecycle,        bucket,          data views,
//	          templates,        versions,        dashboards
//	          indices, aliases  lifecycle        (with --kibana-url)
//	ACLs      users, roles      users, policies
//	(with --kafka-acls and --access-dir)
//
// Each server is waited for in its turn. An error names the first thing that could not be made; what was made before
// stays.
func Run(ctx context.Context, cfg Config) error {
	objects, err := wantedObjects(cfg) // before anything is made: a mistake in the contest file is found at once
	if err != nil {
		return fmt.Errorf("make the dashboards: %w", err)
	}
	p := &provisioner{cfg: cfg, objects: objects, report: newReport(cfg.Out)}
	if cfg.Out == nil {
		p.report = newReport(os.Stdout)
	}
	steps := []step{{"Kafka", p.topics}, {"Elasticsearch", p.indices}, {"the object store", p.bucket}}
	if cfg.KafkaACLs {
		steps = slices.Insert(steps, 1, step{"Kafka", p.brokerAccess})
	}
	if cfg.AccessDir != "" {
		// First of all: Kibana, which starts meanwhile, has no password yet.
		steps = append(slices.Insert(steps, 0, step{"Elasticsearch", p.indexAccess}), step{"the object store", p.storeAccess})
	}
	if len(objects) > 0 {
		steps = append(steps, step{"Kibana", p.dashboards})
	}
	for _, s := range steps {
		if err := p.waiting(ctx, s); err != nil {
			return err
		}
	}
	return nil
}

type provisioner struct {
	*report

	cfg     Config
	objects []wanted
}

// step is the work at one server. It may be done again from its start at any time.
type step struct {
	server string
	do     func(context.Context) error
}

// waiting tries a step until it works or its time is over, because servers that start together come up in any order.
// An error that no waiting changes (backoff.Permanent) ends it at once.
func (p *provisioner) waiting(parent context.Context, s step) error {
	ctx, cancel := context.WithTimeout(parent, p.cfg.WaitFor)
	defer cancel()
	pause := backoff.NewExponentialBackOff()
	pause.InitialInterval, pause.MaxInterval = pauseAtFirst, pauseAtMost
	var reason error // of the last failure that was not the end of the time itself
	final := false
	progress := newProgress(p.report, s.server)
	_, err := backoff.Retry(ctx, func() (struct{}, error) {
		err := s.do(ctx)
		var permanent *backoff.PermanentError
		final = errors.As(err, &permanent)
		if err != nil && (reason == nil || ctx.Err() == nil) {
			reason = err
		}
		return struct{}{}, err
	}, backoff.WithBackOff(pause), backoff.WithMaxElapsedTime(0), backoff.WithNotify(progress.failed))
	switch {
	case err == nil:
		return nil
	case parent.Err() != nil:
		return fmt.Errorf("stopped while waiting for %s: %w", s.server, context.Cause(parent))
	case final:
		return reason
	}
	return fmt.Errorf("%s is not ready after %s: %w", s.server, p.cfg.WaitFor, reason)
}
