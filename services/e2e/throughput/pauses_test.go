package throughput

import (
	"context"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/services/pipeline/topic"
)

// Of the benchmark of pauses.
const (
	steadyRate = 600 // posts a second, so that none of the partitions is ever quiet for long by itself
	settling   = 4 * time.Second
	watched    = 16 * time.Second // longer than any session
)

// BenchmarkComingAndGoing (TEST_REAL=1: on a real Kafka) has three enrichers work under a steady load, and reports for how
// many milliseconds a partition of those that have nothing to do with it comes to a halt at most, and any partition, when
// one joins, leaves, is killed and comes back, and is killed while another one joins.
func BenchmarkComingAndGoing(b *testing.B) {
	binary := build(b, "../../enricher", "./cmd/enricher")
	addr := startBroker(b, 0)
	s := startStream(b, addr, steadyRate)
	running := map[string]*exec.Cmd{}
	start := func(name string) {
		cmd := exec.Command(binary, "--kafka-brokers", addr, "--contest", contestFile, "--transactional-id", name,
			"--telemetry-addr", "127.0.0.1:0", "--log-level", "error")
		if err := cmd.Start(); err != nil {
			b.Fatal(err)
		}
		running[name] = cmd
	}
	end := func(name string, with syscall.Signal) {
		_ = running[name].Process.Signal(with)
		_ = running[name].Wait()
		delete(running, name)
	}
	b.Cleanup(func() {
		for name := range running {
			end(name, syscall.SIGKILL)
		}
	})
	for _, event := range []struct {
		name    string
		before  string // those that run, a letter each
		who     string // whose partitions are not the others'
		happens func()
	}{
		{"one joins", "abc", "", func() { start("d") }},
		{"one leaves", "abcd", "d", func() { end("d", syscall.SIGTERM) }},
		{"one is killed and comes back", "abc", "c", func() { end("c", syscall.SIGKILL); start("c") }},
		{"one is killed and comes back later", "abc", "c", func() { end("c", syscall.SIGKILL); <-time.After(2 * time.Second); start("c") }},
		{"one is killed", "abc", "c", func() { end("c", syscall.SIGKILL) }},
		{"one is killed and another joins", "abc", "c", func() { end("c", syscall.SIGKILL); start("e") }},
	} {
		b.Run(event.name, func(b *testing.B) {
			for name := range running {
				if !strings.Contains(event.before, name) {
					end(name, syscall.SIGTERM)
				}
			}
			for _, letter := range event.before {
				if running[string(letter)] == nil {
					start(string(letter))
				}
			}
			own := owned(b, addr, len(event.before))
			_, longest := s.over(watched, event.happens)
			var others, all time.Duration
			for p, d := range longest {
				all = max(all, d)
				if !slices.Contains(own[event.who], int32(p)) {
					others = max(others, d)
				}
			}
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(float64(others.Milliseconds()), "ms-others")
			b.ReportMetric(float64(all.Milliseconds()), "ms-any")
		})
	}
}

// owned waits for a settled group of so many members and returns which partitions each of them has.
func owned(b *testing.B, addr string, members int) map[string][]int32 {
	b.Helper()
	cl, err := kgo.NewClient(kgo.SeedBrokers(addr))
	if err != nil {
		b.Fatal(err)
	}
	defer cl.Close()
	ctx, cancel := context.WithTimeout(b.Context(), time.Minute)
	defer cancel()
	since := time.Now()
	for {
		own := map[string][]int32{}
		partitions := 0
		if groups, err := kadm.NewClient(cl).DescribeGroups(ctx, "enricher"); err == nil && groups["enricher"].State == "Stable" {
			for _, m := range groups["enricher"].Members {
				if a, ok := m.Assigned.AsConsumer(); ok {
					for _, t := range a.Topics {
						own[m.ClientID] = t.Partitions
						partitions += len(t.Partitions)
					}
				}
			}
		}
		if len(own) != members || partitions != topic.Partitions {
			since = time.Now()
		}
		if time.Since(since) > settling {
			return own
		}
		select {
		case <-ctx.Done():
			b.Fatalf("the group does not settle with %d members: %v", members, own)
		case <-time.After(50 * time.Millisecond):
		}
	}
}
