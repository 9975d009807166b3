package provision

import (
	"context"
	"errors"
	"fmt"

	"github.com/cenkalti/backoff/v5"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"

	"catsvdogs/services/provision/access"
)

// brokerAccess makes the ACLs of the services. Those that others have made stay: ACLs only ever add up, and a person may have
// given a service more on purpose.
func (p *provisioner) brokerAccess(ctx context.Context) error {
	cl, err := p.broker()
	if err != nil {
		return err
	}
	defer cl.Close()
	adm := kadm.NewClient(cl)
	missing := map[string]int{}
	var services []string
	for _, a := range access.ACLs() {
		if _, known := missing[a.Service]; !known {
			services = append(services, a.Service)
		}
		n, err := ensureACL(ctx, adm, a)
		if err != nil {
			return refusedByBroker(fmt.Errorf("ACLs of %s: %w", access.Principal(a.Service), err))
		}
		missing[a.Service] += n
	}
	for _, service := range services {
		subject := "ACLs of " + access.Principal(service)
		if n := missing[service]; n > 0 {
			p.tell(subject, "%d made", n)
			continue
		}
		p.tell(subject, "found")
	}
	return nil
}

// ensureACL makes what is missing of an ACL, reads it back, and returns how much that was.
func ensureACL(ctx context.Context, adm *kadm.Client, a access.ACL) (made int, err error) {
	before, err := matching(ctx, adm, a)
	if err != nil || before == len(a.Operations) {
		return 0, err
	}
	results, err := adm.CreateACLs(ctx, aclBuilder(a).Allow("User:"+access.Principal(a.Service)).AllowHosts("*"))
	for _, r := range results {
		err = errors.Join(err, r.Err)
	}
	if err != nil {
		return 0, err
	}
	after, err := matching(ctx, adm, a)
	if err == nil && after < len(a.Operations) {
		err = errors.New("they were made, but cannot be seen yet")
	}
	return after - before, err
}

// matching counts the operations that an ACL has on the broker.
func matching(ctx context.Context, adm *kadm.Client, a access.ACL) (int, error) {
	results, err := adm.DescribeACLs(ctx, aclBuilder(a).Allow("User:"+access.Principal(a.Service)).AllowHosts("*"))
	if err != nil {
		return 0, err
	}
	found := 0
	for _, r := range results {
		if errors.Is(r.Err, kerr.SecurityDisabled) {
			return 0, backoff.Permanent(errors.New("--kafka-acls: this broker has no authorizer, so ACLs would do nothing; give it one (authorizer.class.name), or leave the flag out"))
		}
		if r.Err != nil {
			return 0, r.Err
		}
		found += len(r.Described)
	}
	return found, nil
}

func aclBuilder(a access.ACL) *kadm.ACLBuilder {
	b := kadm.NewACLs().Operations(a.Operations...).ResourcePatternType(kadm.ACLPatternLiteral)
	if a.Prefix {
		b = b.ResourcePatternType(kadm.ACLPatternPrefixed)
	}
	switch a.Kind {
	case access.Group:
		return b.Groups(a.Name)
	case access.Transaction:
		return b.TransactionalIDs(a.Name)
	}
	return b.Topics(a.Name)
}
