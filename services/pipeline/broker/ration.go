package broker

import (
	"errors"
	"net"
	"sync"
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

	mu       sync.Mutex
	fresh    map[place]unheld // what is being made of answers; the client does not hold it yet
	allFresh int64
}

// place is a partition, of which one answer at a time is read.
type place struct {
	topic     string
	partition int32
}

// unheld are the bytes of a partition in the last answer of a broker.
type unheld struct {
	bytes  int64
	broker int32
}

// maxBatchBytes is what a batch may unpack to. The client stops reading a partition at a larger one, and says so.
const maxBatchBytes = 64 << 20

// Rationed are the options of a client that fetches at most this many bytes ahead, as they are in memory, and a batch more;
// shown is kept at what it holds. A poll then returns no more than that, and may return ErrRationed, which is no trouble. A
// batch that unpacks to more than 64 MiB ends the reading of its partition with a kgo.ErrDecompressTooLarge.
func Rationed(maxBytes int, shown prometheus.Gauge) []kgo.Opt {
	r := newRation(maxBytes, shown)
	shown.Set(0)
	return []kgo.Opt{kgo.WithDecompressor(r), kgo.WithHooks(r)}
}

func newRation(maxBytes int, shown prometheus.Gauge) *ration {
	return &ration{unpacker: boundedUnpacker(), max: int64(maxBytes), shown: shown, fresh: map[place]unheld{}}
}

// boundedUnpacker takes its unpacker from a client that dials nobody: only a client makes one with a bound, and only for
// itself.
func boundedUnpacker() kgo.Decompressor {
	if cl, err := kgo.NewClient(kgo.MaxDecompressBatchBytes(maxBatchBytes)); err == nil {
		defer cl.Close()
		if bounded, ok := cl.OptValue(kgo.WithDecompressor).(kgo.Decompressor); ok {
			return bounded
		}
	}
	return kgo.DefaultDecompressor()
}

// Decompress implements kgo.Decompressor.
func (r *ration) Decompress(src []byte, codec kgo.CompressionCodecType) ([]byte, error) {
	r.mu.Lock()
	full := r.ahead.Load()+r.allFresh >= r.max
	r.mu.Unlock()
	if full {
		return nil, ErrRationed
	}
	return r.unpacker.Decompress(src, codec)
}

// OnBrokerRead implements kgo.HookBrokerRead: what was made of this broker's answers before is held by now, or was left out.
func (r *ration) OnBrokerRead(from kgo.BrokerMetadata, key int16, _ int, _, _ time.Duration, _ error) {
	const fetch = 1 // key of the request in the protocol
	if key == fetch {
		r.forget(from.NodeID)
	}
}

// OnBrokerDisconnect implements kgo.HookBrokerDisconnect: a broker that is gone sends no answer that would tell.
func (r *ration) OnBrokerDisconnect(from kgo.BrokerMetadata, _ net.Conn) { r.forget(from.NodeID) }

func (r *ration) forget(broker int32) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for at, left := range r.fresh {
		if left.broker == broker {
			r.allFresh -= left.bytes
			delete(r.fresh, at)
		}
	}
}

// OnFetchBatchRead implements kgo.HookFetchBatchRead.
func (r *ration) OnFetchBatchRead(from kgo.BrokerMetadata, topic string, partition int32, batch kgo.FetchBatchMetrics) {
	if batch.NumRecords == 0 {
		return // such as one that was not unpacked
	}
	more := int64(batch.UncompressedBytes) + int64(batch.NumRecords)*recordBytes
	at := place{topic, partition}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.fresh[at] = unheld{r.fresh[at].bytes + more, from.NodeID}
	r.allFresh += more
}

// OnFetchRecordBuffered implements kgo.HookFetchRecordBuffered: of this partition all is held now.
func (r *ration) OnFetchRecordBuffered(record *kgo.Record) {
	r.hold(Footprint(record))
	at := place{record.Topic, record.Partition}
	r.mu.Lock()
	defer r.mu.Unlock()
	if left, ok := r.fresh[at]; ok {
		r.allFresh -= left.bytes
		delete(r.fresh, at)
	}
}

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
