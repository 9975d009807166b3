package throughput

import (
	"os/exec"
	"slices"
	"syscall"
	"testing"
	"time"
)

// BenchmarkLatencyAtLowLoad (TEST_REAL=1: on a real Kafka) reports how many milliseconds pass at 20 posts a second from
// the writing of a raw record until its document can be read as a committed one.
func BenchmarkLatencyAtLowLoad(b *testing.B) {
	binary := build(b, "../../enricher", "./cmd/enricher")
	addr := startBroker(b, 0)
	s := startStream(b, addr, 20)
	cmd := exec.Command(binary, "--kafka-brokers", addr, "--contest", contestFile, "--telemetry-addr", "127.0.0.1:0", "--log-level", "error")
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	defer func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait()
	}()
	owned(b, addr, 1)
	took, _ := s.over(15*time.Second, func() {})
	if len(took) == 0 {
		b.Fatal("nothing comes out")
	}
	slices.Sort(took)
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(milliseconds(took[len(took)/2]), "ms-p50")
	b.ReportMetric(milliseconds(took[len(took)*99/100]), "ms-p99")
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
