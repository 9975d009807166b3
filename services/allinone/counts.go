package allinone

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/services/pipeline/archived"
	"catsvdogs/services/pipeline/broker"
	"catsvdogs/services/pipeline/contest"
	"catsvdogs/services/pipeline/elastic"
	"catsvdogs/services/pipeline/objectstore"
	"catsvdogs/services/pipeline/telemetry"
	"catsvdogs/services/pipeline/topic"
	"catsvdogs/services/pipeline/tweet"
)

// counter counts records where they ended up. A record belongs to this run when it was observed after the run began,
// so that what an earlier run left to do is not counted again.
type counter struct {
	began   time.Time // in milliseconds, the precision of the index
	cfg     Config
	process *telemetry.Process
	teams   []string
	client  *kgo.Client
	admin   *kadm.Client
	index   esapi.Transport
	archive *archived.Bucket

	topics map[string]topicCount // what readTopics found
}

func newCounter(cfg Config, process *telemetry.Process, began time.Time) (*counter, error) {
	c := &counter{began: began.Truncate(time.Millisecond), cfg: cfg, process: process}
	rules, err := contest.Load(cfg.Contest)
	if err != nil {
		return nil, err
	}
	for _, t := range rules.Teams {
		c.teams = append(c.teams, t.ID)
	}
	if c.index, err = elastic.Connect(cfg.Elasticsearch); err != nil {
		return nil, err
	}
	store, err := objectstore.Connect(cfg.S3)
	if err != nil {
		return nil, err
	}
	c.archive = archived.NewBucket(store, cfg.S3.S3Bucket)
	if c.client, err = kgo.NewClient(broker.Dialing(cfg.Kafka)...); err != nil {
		return nil, fmt.Errorf("connect to Kafka: %w", err)
	}
	c.admin = kadm.NewClient(c.client)
	return c, nil
}

func (c *counter) close() { c.client.Close() }

// enricherBehind says what is not in tweets.raw, or not done by the enricher; nil when nothing is. emitted is how many
// lines the source handed out.
func (c *counter) enricherBehind(ctx context.Context, emitted int64) error {
	written, err := c.process.Count("catsvdogs_ingest_written_records_total")
	if err != nil {
		return err
	}
	if written < emitted {
		return fmt.Errorf("%s has %d of %d lines", topic.Raw, written, emitted)
	}
	ends, err := c.ends(ctx, topic.Raw)
	if err != nil {
		return err
	}
	last := map[topicPartition]int64{}
	ends.Each(func(o kadm.ListedOffset) { last[topicPartition{o.Topic, o.Partition}] = o.Offset - 1 })
	return c.groupBehind(ctx, "enricher", last)
}

// sinkBehind says which record the sink has not stored; nil when none. It looks at the records that readTopics found,
// not at the ends of the topics: a transaction's marker is the last offset of a partition, and no consumer commits it.
func (c *counter) sinkBehind(ctx context.Context) error {
	return errors.Join(
		c.groupBehind(ctx, "sink-index", c.topics[topic.Enriched].last),
		c.groupBehind(ctx, "sink-archive", c.topics[topic.Enriched].last),
		c.groupBehind(ctx, "sink-archive", c.topics[topic.Raw].last),
		c.groupBehind(ctx, "sink-dead-letters", c.topics[topic.DeadLetter].last),
	)
}

func (c *counter) groupBehind(ctx context.Context, group string, last map[topicPartition]int64) error {
	done, err := c.admin.FetchOffsets(ctx, group)
	if err != nil {
		return fmt.Errorf("ask how far %s is: %w", group, err)
	}
	for at, offset := range last {
		if offset < 0 {
			continue // nothing was ever written there
		}
		if o, ok := done.Lookup(at.topic, at.partition); !ok || o.At <= offset {
			return fmt.Errorf("%s has not done offset %d of %s/%d", group, offset, at.topic, at.partition)
		}
	}
	return nil
}

func (c *counter) ends(ctx context.Context, topicName string) (kadm.ListedOffsets, error) {
	ends, err := c.admin.ListCommittedOffsets(ctx, topicName)
	if err == nil {
		err = ends.Error()
	}
	if err != nil {
		return nil, fmt.Errorf("ask for the end of %s: %w", topicName, err)
	}
	return ends, nil
}

// readTopics reads every topic from its start to its end, committed records only, and counts.
func (c *counter) readTopics(ctx context.Context) error {
	c.topics = map[string]topicCount{}
	for _, t := range []string{topic.Raw, topic.Enriched, topic.DeadLetter} {
		counted, err := c.readTopic(ctx, t)
		if err != nil {
			return fmt.Errorf("count %s: %w", t, err)
		}
		c.topics[t] = counted
	}
	return nil
}

func (c *counter) readTopic(ctx context.Context, topicName string) (topicCount, error) {
	counted := topicCount{last: map[topicPartition]int64{}}
	if topicName == topic.Raw { // the one that the sum asks it of
		counted.writings = newWritings()
	}
	ends, err := c.ends(ctx, topicName)
	if err != nil {
		return counted, err
	}
	starts, err := c.admin.ListStartOffsets(ctx, topicName)
	if err != nil {
		return counted, err
	}
	open := map[topicPartition]int64{} // end offsets of the partitions that are not read to their end
	from := map[int32]kgo.Offset{}
	ends.Each(func(o kadm.ListedOffset) {
		if start, ok := starts.Lookup(o.Topic, o.Partition); ok && start.Offset < o.Offset {
			open[topicPartition{o.Topic, o.Partition}] = o.Offset
			from[o.Partition] = kgo.NewOffset().At(start.Offset)
		}
	})
	cl, err := kgo.NewClient(append(append(broker.Dialing(c.cfg.Kafka), broker.ReadCommitted()...),
		kgo.KeepControlRecords(), // they show that the end has been reached
		kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{topicName: from}))...)
	if err != nil {
		return counted, err
	}
	defer cl.Close()
	for len(open) > 0 {
		fetches := cl.PollFetches(ctx)
		if ctx.Err() != nil {
			return counted, context.Cause(ctx)
		}
		if err := fetches.Err(); err != nil {
			return counted, err
		}
		fetches.EachRecord(func(r *kgo.Record) {
			at := topicPartition{r.Topic, r.Partition}
			if end, ok := open[at]; ok && r.Offset >= end-1 {
				delete(open, at)
			}
			if r.Attrs.IsControl() {
				return
			}
			counted.last[at] = r.Offset
			counted.add(c.ofThisRun(r), r)
		})
	}
	return counted, nil
}

// ofThisRun says whether a record, in a topic or in the archive, was observed in this run.
func (c *counter) ofThisRun(r *kgo.Record) bool { return !broker.ObservedAt(r).Before(c.began) }

type topicPartition struct {
	topic     string
	partition int32
}

// topicCount is what a topic or the archive of a topic holds.
type topicCount struct {
	run, total tallied
	last       map[topicPartition]int64 // offset of the last record

	writings *writings // nil where nobody asks what was written again
}

// tallied counts records, and those of them that are later looks at posts, tell that posts are gone, were put there to break
// something, or are there already, as far as that was asked.
type tallied struct{ records, refreshes, deletions, poisoned, again int64 }

func (t *tallied) add(r *kgo.Record, again bool) {
	t.records++
	if again {
		t.again++
	}
	if header(r, poisoned) != "" {
		t.poisoned++
	}
	switch tweet.Kind(header(r, topic.HeaderKind)) {
	case tweet.KindRefresh:
		t.refreshes++
	case tweet.KindDelete:
		t.deletions++
	}
}

func (t *topicCount) add(ofThisRun bool, r *kgo.Record) {
	again := t.writings != nil && t.writings.again(r)
	t.total.add(r, again)
	if ofThisRun {
		t.run.add(r, again)
	}
}

// header is the value of a record's header; "" where there is none.
func header(r *kgo.Record, key string) string {
	for _, h := range r.Headers {
		if h.Key == key {
			return string(h.Value)
		}
	}
	return ""
}

// archived counts the lines that the archive holds of a topic.
func (c *counter) archived(ctx context.Context, topicName string) (topicCount, error) {
	var counted topicCount
	err := c.archive.Read(ctx, topicName, func(l archived.Line) error {
		counted.add(c.ofThisRun(l.Record), l.Record)
		return nil
	})
	return counted, err
}

// deletedAt is the field that stubs of deleted posts have, and they alone.
const deletedAt = "deleted_at"

// documents counts the posts in the index that match all filters.
func (c *counter) documents(ctx context.Context, filters ...any) (int64, error) {
	return c.count(ctx, map[string]any{"filter": append([]any{}, filters...), "must_not": []any{isStub}}) // no list is ever null
}

// stubs counts the deleted posts in the index that match all filters.
func (c *counter) stubs(ctx context.Context, filters ...any) (int64, error) {
	return c.count(ctx, map[string]any{"filter": append([]any{isStub}, filters...)})
}

var isStub = map[string]any{"exists": map[string]any{"field": deletedAt}}

func (c *counter) count(ctx context.Context, clauses map[string]any) (int64, error) {
	body, err := json.Marshal(map[string]any{"query": map[string]any{"bool": clauses}})
	if err != nil {
		return 0, fmt.Errorf("count documents: %w", err)
	}
	allowNone := true
	answer, err := elastic.Do(ctx, c.index, esapi.CountRequest{
		Index: []string{tweet.IndexPattern}, Body: bytes.NewReader(body), AllowNoIndices: &allowNone}, 1<<20)
	if err != nil {
		return 0, fmt.Errorf("count documents: %w", err)
	}
	var counted struct {
		Count int64 `json:"count"`
	}
	if err := json.Unmarshal(answer, &counted); err != nil {
		return 0, fmt.Errorf("count documents: %w", err)
	}
	return counted.Count, nil
}

func (c *counter) refresh(ctx context.Context) error {
	_, err := elastic.Do(ctx, c.index, esapi.IndicesRefreshRequest{Index: []string{tweet.IndexPattern}}, 1<<20)
	if err != nil {
		return fmt.Errorf("refresh the index: %w", err)
	}
	return nil
}
