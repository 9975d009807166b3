package provision

import (
	"context"
	"fmt"

	"github.com/cenkalti/backoff/v5"

	"catsvdogs/services/pipeline/config"
	"catsvdogs/services/pipeline/objectstore"
	"catsvdogs/services/provision/access"
	"catsvdogs/services/provision/minioadmin"
)

// storeAccess gives the object store a user and a policy for each service.
func (p *provisioner) storeAccess(ctx context.Context) error {
	admin, err := minioadmin.Connect(p.cfg.S3)
	if err != nil {
		return backoff.Permanent(err)
	}
	for _, policy := range access.Policies(p.cfg.S3.S3Bucket) {
		if err := p.ensureStoreUser(ctx, admin, policy); err != nil {
			return refusedByStore(fmt.Errorf("user %s of the object store: %w", access.Principal(policy.Service), err))
		}
	}
	return nil
}

// ensureStoreUser puts policy and user right: each request replaces what is there, and the same changes nothing.
func (p *provisioner) ensureStoreUser(ctx context.Context, admin *minioadmin.Client, policy access.Policy) error {
	name := access.Principal(policy.Service)
	secret, err := p.cfg.passwordOf("s3-" + name)
	if err != nil {
		return backoff.Permanent(err)
	}
	document, err := policy.Document()
	if err != nil {
		return backoff.Permanent(err)
	}
	outcome := "found"
	if err := admin.PutPolicy(ctx, name, document); err != nil {
		return fmt.Errorf("put its policy: %w", err)
	}
	if !p.storeUserWorks(ctx, name, secret) {
		outcome = "made, or given its key"
		if err := admin.PutUser(ctx, name, secret.Reveal()); err != nil {
			return fmt.Errorf("put it: %w", err)
		}
	}
	if err := admin.Attach(ctx, name, name); err != nil {
		return fmt.Errorf("give it its policy: %w", err)
	}
	if !p.storeUserWorks(ctx, name, secret) {
		return fmt.Errorf("it was made, but cannot look into the bucket %s yet", p.cfg.S3.S3Bucket)
	}
	p.tell("user "+name+" of the object store", "%s", outcome)
	return nil
}

// storeUserWorks says whether a user can look into the bucket.
func (p *provisioner) storeUserWorks(ctx context.Context, name string, secret config.Secret) bool {
	as := p.cfg.S3
	as.S3AccessKey, as.S3SecretKey, as.S3SecretKeyFile = name, secret, ""
	store, err := objectstore.Connect(as)
	if err != nil {
		return false
	}
	there, err := store.BucketExists(ctx, as.S3Bucket)
	return err == nil && there
}
