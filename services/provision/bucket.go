package provision

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/cenkalti/backoff/v5"
	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/lifecycle"

	"catsvdogs/services/pipeline/objectstore"
)

// What the bucket's rule says. The archive never replaces an object, so an old version is what a person has deleted or
// overwritten: it can be brought back for this long.
const (
	ruleID          = "catsvdogs"
	rulePrefix      = "tweets." // the archive's objects begin with their topic
	keepOldVersions = 30        // days
	abandonUploads  = 7         // days
)

// bucket makes the bucket of the archive, with versions and a rule that lets them go. What is there already and was set
// by a person, such as suspended versions or other rules, stays.
func (p *provisioner) bucket(ctx context.Context) error {
	store, err := objectstore.Connect(p.cfg.S3)
	if err != nil {
		return backoff.Permanent(err)
	}
	b := &bucketServer{store: store, name: p.cfg.S3.S3Bucket, tell: p.tell}
	for _, step := range []func(context.Context) error{
		func(ctx context.Context) error { return b.ensure(ctx, p.cfg.S3.S3Region) },
		b.ensureVersions,
		b.ensureRule,
	} {
		if err := step(ctx); err != nil {
			return refusedByStore(fmt.Errorf("bucket %s: %w", b.name, err))
		}
	}
	return nil
}

// bucketServer is the object store as provision uses it.
type bucketServer struct {
	store *minio.Client
	name  string
	tell  func(subject, format string, args ...any)
}

func (b *bucketServer) ensure(ctx context.Context, region string) error {
	found, err := b.store.BucketExists(ctx, b.name)
	if err != nil {
		return fmt.Errorf("look for it (s3:ListBucket): %w", err)
	}
	if found {
		b.tell("bucket "+b.name, "found")
		return nil
	}
	made := b.store.MakeBucket(ctx, b.name, minio.MakeBucketOptions{Region: region})
	taken := slices.Contains([]string{minio.BucketAlreadyOwnedByYou, minio.BucketAlreadyExists}, minio.ToErrorResponse(made).Code)
	if made != nil && !taken {
		return fmt.Errorf("make it (s3:CreateBucket): %w", made)
	}
	found, err = b.store.BucketExists(ctx, b.name)
	switch {
	case err == nil && !found && taken:
		return fmt.Errorf("make it (s3:CreateBucket): %w", made)
	case err != nil || !found:
		return errors.Join(errors.New("it was made, but cannot be seen yet"), err)
	}
	// One that was taken and can be seen is ours: another provision made it a moment ago.
	b.tell("bucket "+b.name, "made")
	return nil
}

func (b *bucketServer) ensureVersions(ctx context.Context) error {
	subject := "versions in bucket " + b.name
	have, err := b.store.GetBucketVersioning(ctx, b.name)
	switch {
	case isUnsupported(err):
		b.tell(subject, "this store has none; what is deleted or overwritten there is gone")
		return nil
	case err != nil:
		return fmt.Errorf("read whether it has versions (s3:GetBucketVersioning): %w", err)
	case have.Enabled():
		b.tell(subject, "found")
		return nil
	case have.Suspended():
		b.tell(subject, "different: a person has suspended them; left as it is")
		return nil
	}
	if err := b.store.EnableVersioning(ctx, b.name); isUnsupported(err) {
		b.tell(subject, "this store has none; what is deleted or overwritten there is gone")
		return nil
	} else if err != nil {
		return fmt.Errorf("give it versions (s3:PutBucketVersioning): %w", err)
	}
	if have, err = b.store.GetBucketVersioning(ctx, b.name); err != nil || !have.Enabled() {
		return errors.Join(errors.New("it was given versions, but reads back without"), err)
	}
	b.tell(subject, "made")
	return nil
}

// ensureRule adds our rule to those that are there. An older rule of ours that says something else stays: a shorter
// time would delete versions.
func (b *bucketServer) ensureRule(ctx context.Context) error {
	subject := "lifecycle of bucket " + b.name
	all, err := b.rules(ctx)
	if isUnsupported(err) {
		b.tell(subject, "this store has none; old versions and abandoned uploads stay")
		return nil
	}
	if err != nil {
		return fmt.Errorf("read its lifecycle (s3:GetLifecycleConfiguration): %w", err)
	}
	if have, ok := ruleIn(all); ok {
		if days := int(have.NoncurrentVersionExpiration.NoncurrentDays); days != keepOldVersions || have.Status != "Enabled" {
			b.tell(subject, "different: the rule %s is %s and keeps old versions %d days, not %d; left as it is", ruleID, have.Status, days, keepOldVersions)
			return nil
		}
		b.tell(subject, "found, old versions go after %d days", keepOldVersions)
		return nil
	}
	all.Rules = append(all.Rules, lifecycle.Rule{
		ID: ruleID, Status: "Enabled", RuleFilter: lifecycle.Filter{Prefix: rulePrefix},
		NoncurrentVersionExpiration:    lifecycle.NoncurrentVersionExpiration{NoncurrentDays: keepOldVersions},
		AbortIncompleteMultipartUpload: lifecycle.AbortIncompleteMultipartUpload{DaysAfterInitiation: abandonUploads},
	})
	if err := b.store.SetBucketLifecycle(ctx, b.name, all); isUnsupported(err) {
		b.tell(subject, "this store has none; old versions and abandoned uploads stay")
		return nil
	} else if err != nil {
		return fmt.Errorf("give it a lifecycle (s3:PutLifecycleConfiguration): %w", err)
	}
	if all, err = b.rules(ctx); err != nil {
		return fmt.Errorf("read its lifecycle back: %w", err)
	}
	if _, ok := ruleIn(all); !ok {
		return errors.New("it was given a lifecycle, but reads back without")
	}
	b.tell(subject, "made, old versions go after %d days", keepOldVersions)
	return nil
}

func (b *bucketServer) rules(ctx context.Context) (*lifecycle.Configuration, error) {
	all, err := b.store.GetBucketLifecycle(ctx, b.name)
	if minio.ToErrorResponse(err).Code == "NoSuchLifecycleConfiguration" {
		return lifecycle.NewConfiguration(), nil
	}
	return all, err
}

func ruleIn(all *lifecycle.Configuration) (lifecycle.Rule, bool) {
	at := slices.IndexFunc(all.Rules, func(r lifecycle.Rule) bool { return r.ID == ruleID })
	if at < 0 {
		return lifecycle.Rule{}, false
	}
	return all.Rules[at], true
}

// isUnsupported says that the store does not have the operation at all.
func isUnsupported(err error) bool {
	answer := minio.ToErrorResponse(err)
	return err != nil && (answer.Code == minio.NotImplemented || answer.Code == minio.MethodNotAllowed ||
		answer.StatusCode == http.StatusNotImplemented || answer.StatusCode == http.StatusMethodNotAllowed)
}

// refusedByStore ends the waiting where waiting cannot help.
func refusedByStore(err error) error {
	var answer minio.ErrorResponse
	if !errors.As(err, &answer) {
		return err
	}
	switch answer.Code {
	case minio.AccessDenied:
		return backoff.Permanent(fmt.Errorf("%w; the access key may not do this, or it is not known: check --s3-access-key and --s3-secret-key", err))
	case minio.InvalidAccessKeyID, minio.SignatureDoesNotMatch, minio.AuthorizationHeaderMalformed:
		return backoff.Permanent(fmt.Errorf("%w; check --s3-access-key, --s3-secret-key and --s3-region", err))
	case minio.BucketAlreadyExists:
		return backoff.Permanent(fmt.Errorf("%w; somebody else has a bucket of this name, give another --s3-bucket", err))
	case minio.InvalidBucketName, "PermanentRedirect":
		return backoff.Permanent(err)
	}
	return err
}
