package ledger

import (
	"crypto/sha256"
	"encoding/binary"
	"strconv"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/services/ledger/account"
	"catsvdogs/services/pipeline/topic"
)

// header returns the last header of a name, which is the one that counts (schemas/dead-letter.v1.json).
func header(headers []kgo.RecordHeader, name string) (value []byte, ok bool) {
	for i := len(headers) - 1; i >= 0; i-- {
		if headers[i].Key == name {
			return headers[i].Value, true
		}
	}
	return nil, false
}

// originOf returns which record a record was made of, as its headers say; false when they do not, or not in the way that
// the pipeline writes numbers.
func originOf(headers []kgo.RecordHeader) (account.Place, bool) {
	place := account.Place{Topic: topic.Raw}
	if name, ok := header(headers, topic.HeaderOriginTopic); ok {
		place.Topic = string(name)
	}
	partition, okPartition := decimal(headers, topic.HeaderOriginPartition, 32)
	offset, okOffset := decimal(headers, topic.HeaderOriginOffset, 64)
	place.Partition, place.Offset = int32(partition), offset
	return place, okPartition && okOffset
}

func decimal(headers []kgo.RecordHeader, name string, bits int) (int64, bool) {
	text, ok := header(headers, name)
	n, err := strconv.ParseInt(string(text), 10, bits)
	return n, ok && err == nil && n >= 0
}

// observedOf is when what a record tells of was observed: as its header says, otherwise when it was written.
func observedOf(r *kgo.Record) time.Time {
	for _, h := range r.Headers {
		if h.Key == topic.HeaderObservedAt {
			if t, err := time.Parse(time.RFC3339Nano, string(h.Value)); err == nil {
				return t
			}
		}
	}
	return r.Timestamp
}

func digest(content []byte) account.Digest {
	sum := sha256.Sum256(content)
	return account.Digest(sum[:16])
}

// stampOf is what of a record is compared with its line in the archive.
func stampOf(r *kgo.Record) account.Stamp {
	s := account.Stamp{
		Topic: r.Topic, Partition: r.Partition, Offset: r.Offset, Key: r.Key, Time: r.Timestamp.UnixMilli(),
		Observed: observedOf(r).UnixMilli(), Headers: digestOf(r.Headers),
	}
	if r.Value != nil {
		s.Value = digest(r.Value)
	}
	return s
}

// digestOf is of names and values and their lengths, so that no two lists have one for being put together otherwise.
func digestOf(headers []kgo.RecordHeader) account.Digest {
	var b []byte
	for _, h := range headers {
		b = binary.AppendUvarint(b, uint64(len(h.Key)))
		b = append(b, h.Key...)
		if h.Value == nil {
			b = append(b, 0)
			continue
		}
		b = binary.AppendUvarint(b, uint64(len(h.Value))+1)
		b = append(b, h.Value...)
	}
	return digest(b)
}

// Twitter's epoch in Unix milliseconds, and the first id that tells a time
// (github.com/twitter-archive/snowflake, IdWorker.scala, twepoch).
const (
	snowflakeEpoch = 1288834974657
	firstSnowflake = 29700859247
)

// The letters of a timestamp identifier of the AT Protocol in their order (https://atproto.com/specs/tid).
const tidLetters = "234567abcdefghijklmnopqrstuvwxyz"

// dayOf is the day on which the post with a key was created, since 1970: of X's snowflake ids, or of the record key at the
// end of a Bluesky post's address; -1 for what tells no time.
func dayOf(key string) int32 {
	if address, ok := strings.CutPrefix(key, "at://"); ok {
		rkey := address[strings.LastIndexByte(address, '/')+1:]
		if len(rkey) != 13 {
			return -1
		}
		n := uint64(0)
		for i := range len(rkey) {
			letter := strings.IndexByte(tidLetters, rkey[i])
			if letter < 0 {
				return -1
			}
			n = n<<5 | uint64(letter)
		}
		return dayOfMilli(int64(n>>10) / 1000)
	}
	id, err := strconv.ParseInt(key, 10, 64)
	if err != nil || id < firstSnowflake {
		return -1
	}
	return dayOfMilli(id>>22 + snowflakeEpoch)
}

func dayOfMilli(ms int64) int32 { return int32(ms / (24 * time.Hour).Milliseconds()) }
