package ledger

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"

	"catsvdogs/services/pipeline/topic"
)

// logSpan is what Kafka has of a partition, end excluded; both 0 when it does not have the partition.
type logSpan struct{ start, end int64 }

// progress is how far everybody is, at the moment when a round begins. What comes later is the next round's.
type progress struct {
	logs                                  map[string]map[int32]logSpan
	enriched, indexed, archived, lettered map[string]map[int32]int64 // committed offsets, by topic
}

func at(of map[string]map[int32]int64, topicName string, partition int32) int64 {
	if offset, ok := of[topicName][partition]; ok {
		return offset
	}
	return -1
}

// topicNames are the topics that are audited.
var topicNames = []string{topic.Raw, topic.Enriched, topic.DeadLetter}

// ask asks Kafka. The groups before the ends, so that nothing counts as done that Kafka is not asked for.
func (a *auditor) ask(ctx context.Context) (progress, error) {
	admin := kadm.NewClient(a.kafka)
	p := progress{logs: map[string]map[int32]logSpan{}}
	for group, into := range map[string]*map[string]map[int32]int64{
		a.cfg.EnricherGroup: &p.enriched, a.cfg.IndexGroup: &p.indexed, a.cfg.ArchiveGroup: &p.archived, a.cfg.DeadLettersGroup: &p.lettered,
	} {
		committed, err := committedOf(ctx, admin, group)
		if err != nil {
			return p, err
		}
		*into = committed
	}
	starts, err := admin.ListStartOffsets(ctx, topicNames...)
	if err == nil {
		err = starts.Error()
	}
	if err != nil {
		return p, fmt.Errorf("ask Kafka where the topics begin: %w", err)
	}
	ends, err := admin.ListCommittedOffsets(ctx, topicNames...)
	if err == nil {
		err = ends.Error()
	}
	if err != nil {
		return p, fmt.Errorf("ask Kafka where the topics end: %w", err)
	}
	ends.Each(func(o kadm.ListedOffset) {
		if p.logs[o.Topic] == nil {
			p.logs[o.Topic] = map[int32]logSpan{}
		}
		start, _ := starts.Lookup(o.Topic, o.Partition)
		p.logs[o.Topic][o.Partition] = logSpan{start: start.Offset, end: o.Offset}
	})
	return p, nil
}

func committedOf(ctx context.Context, admin *kadm.Client, group string) (map[string]map[int32]int64, error) {
	offsets, err := admin.FetchOffsets(ctx, group)
	if errors.Is(err, kerr.GroupIDNotFound) {
		return nil, nil // it has never committed
	}
	if err != nil {
		return nil, fmt.Errorf("ask how far %s is: %w", group, err)
	}
	committed := map[string]map[int32]int64{}
	for topicName, partitions := range offsets {
		committed[topicName] = map[int32]int64{}
		for partition, o := range partitions {
			if o.Err != nil {
				return nil, fmt.Errorf("ask how far %s is with %s/%d: %w", group, topicName, partition, o.Err)
			}
			committed[topicName][partition] = o.At
		}
	}
	return committed, nil
}

// offsetsAt returns the first offset of each partition of a topic whose record is of a time or later; the end where none is.
func (a *auditor) offsetsAt(ctx context.Context, topicName string, t time.Time) (map[int32]int64, error) {
	listed, err := kadm.NewClient(a.kafka).ListOffsetsAfterMilli(ctx, t.UnixMilli(), topicName)
	if err == nil {
		err = listed.Error()
	}
	if err != nil {
		return nil, fmt.Errorf("ask Kafka for the offsets of %s at %s: %w", topicName, t.Format(time.RFC3339), err)
	}
	offsets := map[int32]int64{}
	listed.Each(func(o kadm.ListedOffset) { offsets[o.Partition] = o.Offset })
	return offsets, nil
}

// compactionLag is how young a record of tweets.enriched must at most be to be compacted away
// (https://kafka.apache.org/documentation/#topicconfigs_min.compaction.lag.ms); false where the topic is not compacted.
func (a *auditor) compactionLag(ctx context.Context) (lag time.Duration, compacted bool, err error) {
	configs, err := kadm.NewClient(a.kafka).DescribeTopicConfigs(ctx, topic.Enriched)
	if err != nil {
		return 0, false, fmt.Errorf("ask Kafka how %s is compacted: %w", topic.Enriched, err)
	}
	for _, c := range configs {
		if c.Err != nil {
			return 0, false, fmt.Errorf("ask Kafka how %s is compacted: %w", topic.Enriched, c.Err)
		}
		for _, one := range c.Configs {
			switch one.Key {
			case "cleanup.policy":
				compacted = one.MaybeValue() != "delete"
			case "min.compaction.lag.ms":
				if ms, err := strconv.ParseInt(one.MaybeValue(), 10, 64); err == nil {
					lag = time.Duration(ms) * time.Millisecond
				}
			}
		}
	}
	return lag, compacted, nil
}
