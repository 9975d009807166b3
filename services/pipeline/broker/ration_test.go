package broker

import (
	"bytes"
	"errors"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/twmb/franz-go/pkg/kgo"
)

// packed are n zeros as a batch of that many bytes comes over the wire.
func packed(t *testing.T, n int) []byte {
	t.Helper()
	c, err := kgo.DefaultCompressor(kgo.ZstdCompression())
	if err != nil {
		t.Fatal(err)
	}
	src, codec := c.Compress(new(bytes.Buffer), make([]byte, n))
	if codec != kgo.CodecZstd {
		t.Fatalf("packed with %v", codec)
	}
	return bytes.Clone(src)
}

func gauge() prometheus.Gauge { return prometheus.NewGauge(prometheus.GaugeOpts{Name: "ahead"}) }

func TestAnAnswerIsBoundedWhateverOtherBrokersAnswerMeanwhile(t *testing.T) {
	t.Parallel()
	const fetch, size, bound = 1, 1 << 20, 4 << 20
	src := packed(t, size)
	r := newRation(bound, gauge())
	one, two := kgo.BrokerMetadata{NodeID: 1}, kgo.BrokerMetadata{NodeID: 2}
	unpack := func() (n int) {
		for range 40 {
			if _, err := r.Decompress(src, kgo.CodecZstd); err == nil {
				r.OnFetchBatchRead(one, "t", 0, kgo.FetchBatchMetrics{NumRecords: 1, UncompressedBytes: size})
				n++
			} else if !errors.Is(err, ErrRationed) {
				t.Fatal(err)
			}
			r.OnBrokerRead(two, fetch, 0, 0, 0, nil)
		}
		return n
	}
	if n := unpack(); n != bound/size {
		t.Errorf("%d MiB of one answer were unpacked, want %d", n, bound/size)
	}
	r.OnBrokerRead(one, fetch, 0, 0, 0, nil) // nothing of it was held
	if n := unpack(); n != bound/size {
		t.Errorf("%d MiB of the next answer were unpacked, want %d", n, bound/size)
	}
	r.OnBrokerDisconnect(one, nil)
	if n := unpack(); n != bound/size {
		t.Errorf("%d MiB were unpacked after the broker had gone, want %d", n, bound/size)
	}
}

func TestWhatTheClientHoldsIsCountedOnce(t *testing.T) {
	t.Parallel()
	const size, bound = 1 << 20, 4 << 20
	src := packed(t, size)
	r := newRation(bound, gauge())
	var held []*kgo.Record
	for i := range 3 {
		r.OnFetchBatchRead(kgo.BrokerMetadata{NodeID: 1}, "t", int32(i), kgo.FetchBatchMetrics{NumRecords: 1, UncompressedBytes: size})
		held = append(held, &kgo.Record{Topic: "t", Partition: int32(i), Value: make([]byte, size)})
		r.OnFetchRecordBuffered(held[i])
	}
	if _, err := r.Decompress(src, kgo.CodecZstd); err != nil {
		t.Errorf("with 3 of 4 MiB held: %v", err)
	}
	r.OnFetchRecordBuffered(&kgo.Record{Topic: "t", Partition: 9, Value: make([]byte, size)})
	if _, err := r.Decompress(src, kgo.CodecZstd); !errors.Is(err, ErrRationed) {
		t.Errorf("with 4 of 4 MiB held: %v", err)
	}
	r.OnFetchRecordUnbuffered(held[0], true)
	if _, err := r.Decompress(src, kgo.CodecZstd); err != nil {
		t.Errorf("with 3 of 4 MiB held again: %v", err)
	}
}

func TestABatchThatUnpacksToMoreThanItsBoundIsRefusedAsTheClientWould(t *testing.T) {
	t.Parallel()
	r := newRation(1, gauge())
	if out, err := r.Decompress(packed(t, maxBatchBytes), kgo.CodecZstd); err != nil || len(out) != maxBatchBytes {
		t.Errorf("at the bound: %d bytes, %v", len(out), err)
	}
	if _, err := r.Decompress(packed(t, maxBatchBytes+1), kgo.CodecZstd); !errors.Is(err, kgo.ErrMaxDecompress) {
		t.Errorf("over the bound: %v", err)
	}
}
