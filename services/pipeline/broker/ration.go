package broker

import (
	"errors"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/twmb/franz-go/pkg/kgo"
)

// ErrRationed says that a batch is fetched again once there is room for it, which is no trouble. A poll has it where it is
// the first batch of a partition that there is no room for.
var ErrRationed = errors.New("what was fetched ahead takes its share of the memory")

// ration bounds what is fetched ahead by the bytes that it takes in memory. The client bounds it by the bytes that come over
// the wire, which says nothing: text that repeats itself unpacks to some thousand times its size.
//
// It refuses to unpack a batch while what the client holds is at the bound. The client then hands over what it has unpacked
// of the partition before, and asks for the rest with its next fetch. What goes over the bound is one batch, for each broker
// whose answers are being read at one time, because one is unpacked wherever nothing is held.
type ration struct {
	unpacker kgo.Decompressor
	max      int64
	shown    prometheus.Gauge

	ahead atomic.Int64 // of records that the client holds
	fresh atomic.Int64 // of records that are being made of an answer; the client does not hold them yet
}

// Rationed are the options of a client that fetches at most this many bytes ahead, as they are in memory, and a batch more;
// shown is kept at what it holds. A poll then returns no more than that, and may return ErrRationed, which is no trouble.
func Rationed(maxBytes int, shown prometheus.Gauge) []kgo.Opt {
	r := &ration{unpacker: kgo.DefaultDecompressor(), max: int64(maxBytes), shown: shown}
	shown.Set(0)
	return []kgo.Opt{kgo.WithDecompressor(r), kgo.WithHooks(r)}
}

// Decompress implements kgo.Decompressor.
func (r *ration) Decompress(src []byte, codec kgo.CompressionCodecType) ([]byte, error) {
	if r.ahead.Load()+r.fresh.Load() >= r.max {
		return nil, ErrRationed
	}
	out, err := r.unpacker.Decompress(src, codec)
	r.fresh.Add(int64(len(out)))
	return out, err
}

// OnBrokerRead implements kgo.HookBrokerRead: what was made of the answers before is held by now, or was left out.
func (r *ration) OnBrokerRead(_ kgo.BrokerMetadata, key int16, _ int, _, _ time.Duration, _ error) {
	const fetch = 1 // key of the request in the protocol
	if key == fetch {
		r.fresh.Store(0)
	}
}

// OnFetchBatchRead implements kgo.HookFetchBatchRead.
func (r *ration) OnFetchBatchRead(_ kgo.BrokerMetadata, _ string, _ int32, batch kgo.FetchBatchMetrics) {
	r.fresh.Add(int64(batch.NumRecords) * recordBytes)
}

// OnFetchRecordBuffered implements kgo.HookFetchRecordBuffered.
func (r *ration) OnFetchRecordBuffered(record *kgo.Record) { r.hold(Footprint(record)) }

// OnFetchRecordUnbuffered implements kgo.HookFetchRecordUnbuffered.
func (r *ration) OnFetchRecordUnbuffered(record *kgo.Record, _ bool) { r.hold(-Footprint(record)) }

// recordBytes is about what a record takes in the client besides its key, value and headers.
const recordBytes = 768

// Footprint is about how many bytes a record takes in memory.
func Footprint(r *kgo.Record) int {
	n := recordBytes + len(r.Key) + len(r.Value)
	for _, h := range r.Headers {
		n += len(h.Key) + len(h.Value)
	}
	return n
}

func (r *ration) hold(bytes int) { r.shown.Set(float64(r.ahead.Add(int64(bytes)))) }
