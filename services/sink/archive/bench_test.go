//go:build unix

package archive

import (
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/services/pipeline/archived"
	"catsvdogs/services/pipeline/topic"
)

// BenchmarkArchive packs records of two kilobytes into objects, on one core, and compares that with the compressor alone,
// which gets the same lines ready made. MB/s are of lines; share is the part of the compressor's speed that is left, by the
// processor's time, which does not count what else the machine does.
func BenchmarkArchive(b *testing.B) {
	for _, format := range []archived.Format{archived.Zstd, archived.Gzip} {
		b.Run(string(format), func(b *testing.B) {
			records := posts(4000)
			var lines [][]byte
			size := 0
			for _, r := range records {
				lines = append(lines, archived.AppendLine(nil, r))
				size += len(lines[len(lines)-1])
			}
			packer, err := format.NewPacker(io.Discard)
			if err != nil {
				b.Fatal(err)
			}
			m := &memory{packers: packers{}}
			how := packing{format: format, rotation: never}
			var whole, alone time.Duration
			rounds := 0
			b.SetBytes(int64(size))
			b.ReportAllocs()
			for b.Loop() {
				began := cpuTime(b)
				p := &partition{topicPartition: topicPartition{topic.Raw, 3}, start: 0}
				for _, r := range records {
					if _, err := p.add(r, 0, m, how); err != nil {
						b.Fatal(err)
					}
				}
				c, err := p.close(reasonStop, how)
				if err != nil {
					b.Fatal(err)
				}
				c.drop()
				whole += cpuTime(b) - began

				b.StopTimer()
				began = cpuTime(b)
				packer.Reset(io.Discard)
				for _, line := range lines {
					if _, err := packer.Write(line); err != nil {
						b.Fatal(err)
					}
				}
				if err := packer.Close(); err != nil {
					b.Fatal(err)
				}
				alone += cpuTime(b) - began
				rounds++
				b.StartTimer()
			}
			b.ReportMetric(alone.Seconds()/whole.Seconds(), "share")
			b.ReportMetric(float64(size*rounds)/1e6/alone.Seconds(), "compressor-MB/core-s")
			b.ReportMetric(float64(size*rounds)/1e6/whole.Seconds(), "MB/core-s")
		})
	}
}

// cpuTime is what this process has used so far.
func cpuTime(b *testing.B) time.Duration {
	b.Helper()
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// posts are invented records in the form of X's stream, the same ones each time.
func posts(n int) []*kgo.Record {
	r := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // the same posts each time
	words := strings.Fields("cat kitten dog puppy looks at the window and sleeps all day long what a lovely little friend today again 😺 #cats #dogs #puppy never mind")
	out := make([]*kgo.Record, n)
	for i := range out {
		var text []string
		for range 20 + r.IntN(20) {
			text = append(text, words[r.IntN(len(words))])
		}
		id, author := 1_900_000_000_000_000_000+r.Int64N(1e15), r.Int64N(1e18)
		value := fmt.Sprintf(`{"data":{"id":"%d","edit_history_tweet_ids":["%d"],"text":"%s","created_at":"2026-06-03T12:00:%02d.000Z","lang":"en","author_id":"%d","possibly_sensitive":false,`+
			`"public_metrics":{"retweet_count":%d,"reply_count":%d,"like_count":%d,"quote_count":0,"bookmark_count":0,"impression_count":%d},`+
			`"entities":{"hashtags":[{"start":10,"end":15,"tag":"cats"},{"start":20,"end":26,"tag":"puppy"}],"urls":[{"start":30,"end":53,"url":"https://example.org/%x","expanded_url":"https://example.org/status/%d/photo/1","display_url":"example.org/%x","media_key":"3_%d"}]},`+
			`"attachments":{"media_keys":["3_%d"]},"context_annotations":[{"domain":{"id":"65","name":"Interests","description":"Opinions on pets and everything else that people like"},"entity":{"id":"%d","name":"Pets"}}]},`+
			`"includes":{"media":[{"media_key":"3_%d","type":"photo","url":"https://example.org/media/%x.jpg","width":1200,"height":%d}],"users":[{"id":"%d","name":"An invented person %d","username":"invented%d","verified":false,"created_at":"2019-01-%02dT00:00:00.000Z","description":"%s","public_metrics":{"followers_count":%d,"following_count":%d,"tweet_count":%d,"listed_count":0}}]},`+
			`"matching_rules":[{"id":"1700000000000000001","tag":"cats with images"}]}`,
			id, id, strings.Join(text, " "), r.IntN(60), author, r.IntN(9), r.IntN(9), r.IntN(99), r.IntN(9999), r.Int64(), id, r.Int64(), id, id, r.IntN(1e9), id, r.Int64(),
			600+r.IntN(600), author, r.IntN(1e6), r.IntN(1e6), 1+r.IntN(28), strings.Join(text[:10], " "), r.IntN(1e5), r.IntN(1e3), r.IntN(1e5))
		out[i] = &kgo.Record{
			Topic: topic.Raw, Partition: 3, Offset: int64(i), Timestamp: time.UnixMilli(1780481730123), Key: fmt.Append(nil, id), Value: []byte(value),
			Headers: []kgo.RecordHeader{
				{Key: topic.HeaderSource, Value: []byte("simulator")}, {Key: topic.HeaderSchema, Value: []byte("x.tweet.v2")},
				{Key: topic.HeaderObservedAt, Value: []byte("2026-06-03T12:00:01.123456789Z")}, {Key: topic.HeaderKind, Value: []byte("stream")},
				{Key: topic.HeaderTraceparent, Value: fmt.Appendf(nil, "00-%016x%016x-%016x-01", r.Uint64(), r.Uint64(), r.Uint64())},
			},
		}
	}
	return out
}
