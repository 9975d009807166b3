package ledger

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"catsvdogs/services/ledger/account"
	"catsvdogs/services/pipeline/service"
	"catsvdogs/services/pipeline/telemetry"
	"catsvdogs/services/pipeline/topic"
)

// ErrFound is wrapped by the error of Audit when something is wrong with what was audited, not with auditing.
var ErrFound = fmt.Errorf("the account: %w", service.ErrFound)

// lookAgain is after what time an audit looks again at what is in flight.
const lookAgain = 500 * time.Millisecond

// Audit prints one account of what there was when it began. What is in flight then it waits for, up to cfg.Settle. Its
// error wraps ErrFound when anything is wrong.
func Audit(ctx context.Context, cfg AuditConfig) error {
	a, err := newAudit(cfg, time.Now())
	if err != nil {
		return err
	}
	defer a.close()
	drawn, err := a.settled(ctx)
	if err != nil {
		return err
	}
	out := cfg.Out
	if out == nil {
		out = os.Stdout
	}
	if err := write(out, drawn, cfg.JSON); err != nil {
		return fmt.Errorf("print the account: %w", err)
	}
	if cfg.State != "" {
		if err := a.save(cfg.State); err != nil {
			return err
		}
	}
	if !drawn.Balanced {
		return fmt.Errorf("%w: %d findings", ErrFound, drawn.FindingsAll)
	}
	if drawn.Raw.Records+drawn.Enriched.Records+drawn.DeadLetters.Records+drawn.Raw.Archived+drawn.Enriched.Archived == 0 && cfg.Since == "" {
		return errNothing
	}
	return nil
}

func newAudit(cfg AuditConfig, now time.Time) (*auditor, error) {
	a, err := newAuditor(cfg.Config, telemetry.NewLogger(os.Stderr, cfg.Telemetry.LogLevel, cfg.Telemetry.LogFormat))
	if err != nil {
		return nil, err
	}
	a.isAudit, a.partition = true, cfg.Partition
	if cfg.Topic != "" && cfg.Topic != "all" {
		a.topics = []string{cfg.Topic}
	}
	var sinceErr, fromErr, toErr error
	a.from, fromErr = parseBound(cfg.From)
	a.to, toErr = parseBound(cfg.To)
	if cfg.Since != "" {
		a.from, sinceErr = parseSince(cfg.Since, now)
		a.exact = true
	}
	err = errors.Join(sinceErr, fromErr, toErr)
	if err == nil && cfg.Since == sinceLast {
		err = a.load(cfg.State)
	}
	if err != nil {
		a.close()
		return nil, err
	}
	return a, nil
}

// settled draws accounts up until nothing is pending of what there was when the first one began, or cfg.Settle is over. What
// is pending even then is a finding, unless cfg.Settle is 0.
func (a *auditor) settled(ctx context.Context) (*account.Account, error) {
	deadline := time.Now().Add(a.cfg.Settle)
	for {
		drawn, err := a.round(ctx)
		if err != nil {
			return nil, err
		}
		over := !time.Now().Before(deadline)
		if drawn.Settled || over && a.rounds > 1 {
			if !drawn.Settled && a.cfg.Settle > 0 {
				a.behind(drawn)
			}
			return drawn, nil
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(lookAgain):
		}
	}
}

// behind makes findings of what is pending.
func (a *auditor) behind(out *account.Account) {
	var found []account.Finding
	add := func(p account.Partition, n int64, from int64, detail string) {
		if n > 0 {
			found = append(found, account.Finding{Kind: account.Behind, Topic: p.Topic, Partition: p.Partition, First: from, Last: a.limit(p.Topic)(p.Partition) - 1, Records: n, Detail: detail})
		}
	}
	for _, p := range out.Partitions {
		if p.Topic == topic.Raw {
			add(p, p.Pending, p.From, "the enricher has not come to them")
		}
		add(p, p.Behind, p.ArchivedTo, "the archive has not come to them")
	}
	whole := func(topicName string, n int64, detail string) {
		if n > 0 {
			found = append(found, account.Finding{Kind: account.Behind, Topic: topicName, Partition: -1, First: -1, Last: -1, Records: n, Detail: detail})
		}
	}
	whole(topic.Enriched, out.Posts.Pending, "the index has not come to these posts")
	whole(topic.DeadLetter, out.DeadLetters.Pending, "these refusals have no document yet")
	if out.Handed != nil {
		whole(topic.Raw, out.Handed.Pending, "these lines were handed over and are not there yet")
	}
	a.tell(out, found...)
	pending := out.Pending
	a.findings(out)
	out.Balanced, out.Pending = false, pending
	out.Retell()
}
