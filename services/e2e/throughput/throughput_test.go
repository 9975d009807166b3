// Package throughput measures what the enricher makes of a processor second, beside another stream processor that only
// flattens the same records, and what more replicas make of more processors. Broker, enrichers and rival are processes of
// their own; compare ratios of one run, not runs.
package throughput

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/services/pipeline/topic"
)

const records = 150_000

// BenchmarkEnricherBesideBento (TEST_REAL=1: on a real Kafka) takes the same records from one broker, one after the other: bento, then one, two and four
// enrichers of one core each.
func BenchmarkEnricherBesideBento(b *testing.B) {
	enricher, bento := build(b, "../../enricher", "./cmd/enricher"), build(b, "bento", ".")
	addr := startBroker(b, records)
	var flattened, one float64
	b.Run("bento flattens", func(b *testing.B) {
		cost := consume(b, addr, "bento", 1, func(group string, _ int) *exec.Cmd {
			cmd := exec.Command(bento, "-c", "bento/flatten.yaml")
			cmd.Env = append(os.Environ(), "BROKER="+addr, "GROUP="+group)
			return cmd
		})
		flattened = records / cost.processor.Seconds()
	})
	for _, replicas := range []int{1, 2, 4} {
		b.Run(fmt.Sprint("enrichers ", replicas), func(b *testing.B) {
			cost := consume(b, addr, fmt.Sprint("enricher-", replicas), replicas, func(group string, n int) *exec.Cmd {
				return exec.Command(enricher, "--kafka-brokers", addr, "--group", group, "--contest", contestFile,
					"--transactional-id", fmt.Sprint(group, "-", n), "--telemetry-addr", "127.0.0.1:0", "--log-level", "error")
			})
			rate := records / cost.processor.Seconds()
			if replicas == 1 {
				one = rate
			}
			if flattened > 0 {
				b.ReportMetric(rate/flattened, "x-bento")
			}
			if one > 0 {
				b.ReportMetric(rate/one, "x-one-replica")
			}
		})
	}
}

// cost is what a group took for all records.
type cost struct{ processor, wall time.Duration }

// consume runs replicas of a consumer group until they have done all records, once whatever b.N is.
func consume(b *testing.B, addr, group string, replicas int, replica func(group string, n int) *exec.Cmd) cost {
	b.Helper()
	began := time.Now()
	var running []*exec.Cmd
	for n := range replicas {
		cmd := replica(group, n)
		if cmd.Env == nil {
			cmd.Env = os.Environ()
		}
		cmd.Env = append(cmd.Env, "GOMAXPROCS=1")
		var said strings.Builder
		cmd.Stdout, cmd.Stderr = &said, &said
		if err := cmd.Start(); err != nil {
			b.Fatal(err)
		}
		running = append(running, cmd)
		b.Cleanup(func() {
			_ = cmd.Process.Kill()
			if b.Failed() {
				b.Logf("%.2000s", said.String())
			}
		})
	}
	awaitDone(b, addr, group)
	c := cost{wall: time.Since(began)}
	for _, cmd := range running {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait() // bento may end otherwise than well
		c.processor += cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	}
	b.ReportMetric(0, "ns/op") // an operation is no record
	b.ReportMetric(float64(c.processor.Microseconds())/records, "µs-cpu/record")
	b.ReportMetric(records/c.wall.Seconds(), "records/s")
	return c
}

// awaitDone returns when the group has committed the end of tweets.raw.
func awaitDone(b *testing.B, addr, group string) {
	b.Helper()
	ctx, cancel := context.WithTimeout(b.Context(), 3*time.Minute)
	defer cancel()
	cl, err := kgo.NewClient(kgo.SeedBrokers(addr))
	if err != nil {
		b.Fatal(err)
	}
	defer cl.Close()
	admin := kadm.NewClient(cl)
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		done, err := admin.FetchOffsets(ctx, group)
		if ctx.Err() != nil {
			b.Fatalf("%s has not done all records", group)
		}
		sum := int64(0)
		if err == nil {
			done.Each(func(o kadm.OffsetResponse) {
				if o.Topic == topic.Raw {
					sum += o.At
				}
			})
		}
		if sum == records {
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
		}
	}
}

// build compiles a command of a module, and skips the benchmark when that cannot be done: the rival's libraries may not be
// within reach.
func build(b *testing.B, module, pkg string) string {
	b.Helper()
	binary := filepath.Join(b.TempDir(), filepath.Base(module))
	cmd := exec.CommandContext(b.Context(), "go", "build", "-o", binary, pkg)
	cmd.Dir, cmd.Env = module, append(os.Environ(), "GOWORK=off")
	if said, err := cmd.CombinedOutput(); err != nil {
		b.Skipf("build %s: %v\n%.2000s", module, err, said)
	}
	return binary
}
