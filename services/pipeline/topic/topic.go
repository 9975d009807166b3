// Package topic names the Kafka topics of the pipeline and what they are made of: partitions, settings and the names
// of record headers. It owns no connection and no record format.
package topic

import (
	"maps"
	"strconv"
	"time"
)

// The topics, in the order in which a record passes them.
const (
	Raw        = "tweets.raw"      // ingest to enricher and archive: bytes as the source sent them
	Enriched   = "tweets.enriched" // enricher to sink and live: one JSON document a record; read it committed
	DeadLetter = "tweets.dlq"      // what could not be processed, with the reason in the headers
)

// IngestState holds what ingest must know of each source after a restart and tweets.raw does not tell: the key is the
// source, the value JSON. Its one partition keeps the latest record of each.
const IngestState = "ingest.state"

// RefresherState holds which likes and reposts of Bluesky's posts count: the key is the address of the reaction, the value
// that of the post, and nothing when it was taken back. The stream tells of a reaction once, and never of how many there
// are. Its one partition keeps the latest record of each key for as long as posts are looked at.
const RefresherState = "refresher.state"

// Partitions is the default number of partitions of every topic, and so the largest useful number of enrichers.
const Partitions = 12

// Bounds on one record, in bytes.
const (
	// MaxLineBytes bounds the value of a raw record. Of a longer line only the first part is kept
	// (see tweet.Truncation).
	MaxLineBytes = 1 << 20

	// MaxRecordBytes is the largest batch that the topics take (max.message.bytes). It leaves room above
	// MaxLineBytes because a batch carries its own framing and a dead letter carries more headers than its origin.
	MaxRecordBytes = 4 << 20
)

// Headers of records. schemas/ says what they hold.
const (
	HeaderSource          = "source"
	HeaderSchema          = "schema"
	HeaderObservedAt      = "observed_at"
	HeaderKind            = "kind"
	HeaderTraceparent     = "traceparent"
	HeaderTruncatedLength = "truncated_length"
	HeaderTruncatedSHA256 = "truncated_sha256"

	// HeaderReplayed is on a record that was read back from the archive: where the original stood, as topic/partition/offset.
	HeaderReplayed = "replayed"

	HeaderErrorStage  = "error_stage"
	HeaderErrorReason = "error_reason"
	HeaderErrorDetail = "error_detail"
	HeaderOriginTopic = "origin_topic"

	// On a dead letter and on a record of tweets.enriched: which record it was made of. That one is of tweets.raw where
	// HeaderOriginTopic does not say otherwise.
	HeaderOriginPartition = "origin_partition"
	HeaderOriginOffset    = "origin_offset"

	// On a dead letter that was put back, and on what says so in tweets.dlq (package delivery).
	HeaderRedriveAttempt = "redrive_attempt"
	HeaderRedriveOf      = "redrive_of"
	HeaderRedrivenAt     = "redriven_at"
)

// Retention is how long records stay in Kafka. The archive keeps them for good.
const Retention = 7 * 24 * time.Hour

// Spec is what a topic is made with.
type Spec struct {
	Name       string
	Partitions int32
	Settings   map[string]string // topic-level configuration, by Kafka's names
}

// Specs lists the topics of the pipeline with the given number of partitions each, but for IngestState and RefresherState,
// which have one and are always compacted: what it holds is worth nothing once there is a later record.
//
// tweets.enriched is compacted as well, so that a deleted post leaves Kafka too; the compaction lag of a day lets every
// consumer see the deletion first. keepAll leaves retention and compaction out: nothing ever leaves a topic.
func Specs(partitions int32, keepAll bool) []Spec {
	settings := func(extra map[string]string) map[string]string {
		s := map[string]string{
			"compression.type":  "producer",
			"max.message.bytes": strconv.Itoa(MaxRecordBytes),
		}
		if keepAll {
			s["cleanup.policy"], s["retention.ms"] = "delete", "-1"
			return s
		}
		s["retention.ms"] = millis(Retention)
		maps.Copy(s, extra)
		return s
	}
	return []Spec{
		{Name: Raw, Partitions: partitions, Settings: settings(nil)},
		{Name: Enriched, Partitions: partitions, Settings: settings(map[string]string{
			"cleanup.policy":        "compact,delete",
			"min.compaction.lag.ms": millis(24 * time.Hour),
		})},
		{Name: DeadLetter, Partitions: partitions, Settings: settings(nil)},
		{Name: IngestState, Partitions: 1, Settings: map[string]string{
			"cleanup.policy":   "compact",
			"compression.type": "producer",
			// A segment that is being written is not compacted, and the whole topic is read at each start of ingest.
			"segment.bytes": strconv.Itoa(16 << 20),
			"segment.ms":    millis(24 * time.Hour),
		}},
		{Name: RefresherState, Partitions: 1, Settings: map[string]string{
			"cleanup.policy":   "compact,delete",
			"retention.ms":     millis(Retention),
			"compression.type": "producer",
			"segment.bytes":    strconv.Itoa(64 << 20),
			"segment.ms":       millis(time.Hour), // a segment that is being written is not compacted
		}},
	}
}

func millis(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) }
