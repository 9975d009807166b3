//go:build unix

package e2e

import (
	"syscall"
	"testing"

	"catsvdogs/services/e2e/realparts"
	"catsvdogs/services/pipeline/topic"
)

// TestRealServersThatEndInTheMiddleLoseAndDoubleNothing runs the pipeline, as a process, on a real Kafka, Elasticsearch
// and MinIO, kills each of them, stops each of them, then kills the pipeline itself, and balances the account.
func TestRealServersThatEndInTheMiddleLoseAndDoubleNothing(t *testing.T) {
	s := realServers(t)
	bucket := pristine(t, s)
	args := []string{
		"--data", t.TempDir(), "--malformed", "0.02", "--kafka-brokers", s.kafka.Addr, "--elasticsearch-url", s.index.Addr,
		"--s3-endpoint", s.store.Addr, "--s3-access-key", s.store.AccessKey, "--s3-secret-key", s.store.SecretKey, "--s3-bucket", bucket.S3Bucket,
	}
	p := startDemo(t, demo(t), append(args, "--rate", "500")...)
	posts := int64(500)
	p.awaitPosts(t, posts)
	for _, one := range []*realparts.Server{s.index, s.store, s.kafka} {
		for _, end := range []func() error{one.Kill, one.Stop} {
			if one.Given() {
				realparts.Say("%s was given and is not ended", one.Name)
				continue
			}
			if err := end(); err != nil {
				t.Fatal(err)
			}
			if err := one.Start(t.Context()); err != nil {
				t.Fatal(err)
			}
			posts += 1000
			p.awaitPosts(t, posts)
			realparts.Say("over %d posts went through", posts)
		}
	}
	p.signal(t, syscall.SIGTERM)
	p.awaitEnd(t)
	outlived := parse(t, p.printed("stdout"))
	// A broker that ends before it has answered leaves ingest in doubt; it writes again, which is at least once.
	if repeated := outlived.Raw - outlived.Refreshed - outlived.Gone - outlived.Emitted; repeated > 0 {
		realparts.Say("%d lines of %d were written twice to %s, in doubt", repeated, outlived.Emitted, topic.Raw)
		outlived.Emitted += repeated
	}
	outlived.balanced(t, "after every server has ended twice")

	p = startDemo(t, demo(t), append(args, "--rate", "1500")...)
	p.awaitPosts(t, posts+1000)
	p.signal(t, syscall.SIGKILL)
	<-p.Done()
	p = startDemo(t, demo(t), append(args, "--rate", "1500", "--posts", "500")...)
	p.awaitEnd(t)
	run := parse(t, p.printed("stdout"))
	run.balanced(t, "the run after the kill")
	// What was on its way from the simulator when ingest was killed never arrived; from the first topic on a real broker
	// keeps the account exact.
	total := run.Total
	total.Emitted, total.Posts = total.Raw-total.Refreshed-total.Gone, total.Indexed+total.Deleted
	total.balanced(t, "total")
	realparts.Say("the account balances over %d records", total.Raw)
}
