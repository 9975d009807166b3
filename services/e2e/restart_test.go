//go:build unix

package e2e

import (
	"os"
	"syscall"
	"testing"
	"time"

	"catsvdogs/services/e2e/realparts"
)

// realParts says that the tests against real servers were asked for (make test-real).
const realParts = "TEST_REAL"

// TestRealServersThatAreKilledInTheMiddleLoseAndDoubleNothing runs the pipeline, as a process, on a real Kafka,
// Elasticsearch and MinIO, kills each of them and then the pipeline itself, and balances the account.
func TestRealServersThatAreKilledInTheMiddleLoseAndDoubleNothing(t *testing.T) {
	if os.Getenv(realParts) == "" {
		t.Skip("needs a real Kafka, Elasticsearch and MinIO: make test-real")
	}
	t.Parallel()
	kafka, broker := realparts.Kafka(t)
	elasticsearch, index := realparts.Elasticsearch(t)
	minio, store := realparts.MinIO(t)
	args := []string{
		"--data", t.TempDir(), "--malformed", "0.02", "--kafka-brokers", broker, "--elasticsearch-url", index,
		"--s3-endpoint", store, "--s3-access-key", realparts.MinIOAccessKey, "--s3-secret-key", realparts.MinIOSecretKey,
	}
	p := startDemo(t, demo(t), append(args, "--rate", "500")...)
	posts := int64(500)
	p.awaitPosts(t, posts)
	for _, s := range []*realparts.Server{elasticsearch, minio, kafka} {
		s.Kill()
		s.Start(t)
		posts += 1500
		p.awaitPosts(t, posts)
	}
	if err := p.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	waitFor(t, p)
	parse(t, p.stdout.Bytes()).balanced(t, "after every server was killed")

	p = startDemo(t, demo(t), append(args, "--rate", "1500")...)
	p.awaitPosts(t, posts+1000)
	if err := p.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = p.Wait()
	p = startDemo(t, demo(t), append(args, "--rate", "1500", "--posts", "500")...)
	waitFor(t, p)
	s := parse(t, p.stdout.Bytes())
	s.balanced(t, "the run after the kill")
	// What was on its way from the simulator when ingest was killed never arrived; from the first topic on a real broker
	// keeps the account exact.
	total := s.Total
	total.Emitted, total.Posts = total.Raw, total.Indexed
	total.balanced(t, "total")
}

// waitFor waits for a process that is to end by itself.
func waitFor(t *testing.T, p *process) {
	t.Helper()
	stuck := time.AfterFunc(3*time.Minute, func() { _ = p.Process.Kill() })
	defer stuck.Stop()
	if err := p.Wait(); err != nil {
		t.Fatalf("%v\n%s", err, &p.stderr)
	}
}
