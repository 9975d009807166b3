package spool

import (
	"log/slog"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"catsvdogs/services/pipeline/tweet"
)

// BenchmarkSpool puts posts of 1.5 KB in and takes them out again.
func BenchmarkSpool(b *testing.B) {
	s, err := Open(Options{Dir: b.TempDir(), MaxBytes: 1 << 40, Logger: slog.New(slog.DiscardHandler), Registerer: prometheus.NewRegistry()})
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	raw := tweet.Raw{Source: "x", Schema: "x.tweet.v2", ObservedAt: time.Now(), Kind: tweet.KindStream}
	r := Record{Key: []byte("1780481730123"), Value: make([]byte, 1500), Headers: raw.Headers(), Time: raw.ObservedAt}
	b.ReportAllocs()
	b.SetBytes(1500)
	n := 0
	for b.Loop() {
		if err := s.Append(&r); err != nil {
			b.Fatal(err)
		}
		if n++; n%1000 == 0 {
			records, err := s.Read(1000, 3<<20)
			if err != nil {
				b.Fatal(err)
			}
			if err := s.Done(len(records)); err != nil {
				b.Fatal(err)
			}
		}
	}
}
