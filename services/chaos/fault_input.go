//go:build unix

package chaos

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/services/chaos/plan"
	"catsvdogs/services/pipeline/topic"
)

// inputFaults bring what nobody should have written, or too much of it.
func inputFaults() []kind {
	const lane = "input"
	return []kind{
		{
			Kind: plan.Kind{Name: "input-poison-raw", Lane: lane, Takes: 5 * time.Second, Essential: true},
			says: "records that are no posts stand in tweets.raw",
			make: func(s *scene, random *rand.Rand) fault { return &poison{scene: s, records: broken(random)} },
		},
		{
			Kind: plan.Kind{Name: "input-poison-enriched", Lane: lane, Takes: 5 * time.Second, Essential: true},
			says: "records that are no documents stand in tweets.enriched",
			make: func(s *scene, random *rand.Rand) fault { return &poison{scene: s, records: brokenDocuments(random)} },
		},
		{
			Kind: plan.Kind{Name: "input-flood", Lane: lane, Takes: 15 * time.Second, Essential: true},
			says: "ten seconds of ten times the rate come at once, by a second ingest that reads a file",
			make: func(s *scene, random *rand.Rand) fault { return &flood{scene: s, from: random.Uint32()} },
		},
	}
}

// produce writes records past all proxies and returns when they are acknowledged. They get their places.
func (s *scene) produce(ctx context.Context, records ...*kgo.Record) error {
	for _, r := range records {
		s.client.Produce(ctx, r, nil)
	}
	if err := s.client.Flush(ctx); err != nil {
		return fmt.Errorf("write %d records: %w", len(records), err)
	}
	for _, r := range records {
		if r.Timestamp.IsZero() {
			return fmt.Errorf("a record for %s was not written", r.Topic)
		}
	}
	return nil
}

func header(name, value string) kgo.RecordHeader {
	return kgo.RecordHeader{Key: name, Value: []byte(value)}
}

// headers are those of a line from X, which nobody's truth has: what the simulator hands over is the simulator's.
func headers() []kgo.RecordHeader {
	return []kgo.RecordHeader{
		header(topic.HeaderSource, "x"), header(topic.HeaderSchema, "x.tweet.v2"), header(topic.HeaderKind, "stream"),
		header(topic.HeaderObservedAt, time.Now().UTC().Format(time.RFC3339Nano)),
	}
}

// broken are records of tweets.raw of which the enricher can make nothing.
func broken(random *rand.Rand) (records []*kgo.Record) {
	deep := ""
	for range 20_000 {
		deep += "["
	}
	for _, value := range []string{
		`{"data":{"id":"20600000000000`, "\x00\x01\xff\xfe", `"a string"`, `{"data":{"id":-1}}`, `{"data":` + deep, `{"data":{"id":"1","text":"` + "\xff\xfe" + `"}`, "",
	} {
		records = append(records, &kgo.Record{Topic: topic.Raw, Partition: random.Int32N(topic.Partitions), Value: []byte(value), Headers: headers()})
	}
	return append(records, &kgo.Record{Topic: topic.Raw, Partition: random.Int32N(topic.Partitions), Value: []byte(`{"data":{"id":"1"}}`)}) // no headers
}

// brokenDocuments are records of tweets.enriched of which the index can make nothing.
func brokenDocuments(random *rand.Rand) (records []*kgo.Record) {
	id := snowflake(time.Now(), random.Int64N(1<<22))
	for _, value := range []string{
		`{"tweet_id":`, `{"tweet_id":"` + id + `","no_such_field":1}`, `{"tweet_id":"` + id + `","created_at":"yesterday"}`, `[]`,
	} {
		records = append(records, &kgo.Record{
			Topic: topic.Enriched, Partition: random.Int32N(topic.Partitions), Key: []byte(id), Value: []byte(value),
			Headers: []kgo.RecordHeader{header(topic.HeaderSource, "x"), header(topic.HeaderObservedAt, time.Now().UTC().Format(time.RFC3339Nano))},
		})
	}
	return records
}

// incompressible are large records for one partition of tweets.raw.
func incompressible(n, bytes int) (records []*kgo.Record) {
	random := rand.NewChaCha8([32]byte{1})
	for range n {
		value := make([]byte, bytes)
		_, _ = random.Read(value) // it never fails
		records = append(records, &kgo.Record{Topic: topic.Raw, Partition: 0, Value: value, Headers: headers()})
	}
	return records
}

// snowflake is an id of X for a time (https://developer.x.com/en/docs/x-ids).
func snowflake(at time.Time, low int64) string {
	return strconv.FormatInt((at.UnixMilli()-1288834974657)<<22|low, 10)
}

// poison is written, and must become dead letters.
type poison struct {
	*scene
	records []*kgo.Record
	letters *kgo.Client
}

func (f *poison) inject(ctx context.Context) (err error) {
	if f.letters, err = kgo.NewClient(kgo.SeedBrokers(f.brokers.Inside...), kgo.ConsumeTopics(topic.DeadLetter), kgo.ConsumeResetOffset(kgo.NewOffset().AfterMilli(time.Now().Add(-time.Second).UnixMilli())), kgo.FetchIsolationLevel(kgo.ReadCommitted())); err != nil {
		return fmt.Errorf("connect to Kafka: %w", err)
	}
	return f.produce(ctx, f.records...)
}

func (f *poison) evidence(ctx context.Context) (string, error) {
	waiting := map[string]bool{}
	for _, r := range f.records {
		waiting[fmt.Sprintf("%s/%d/%d", r.Topic, r.Partition, r.Offset)] = true
	}
	reasons := map[string]bool{}
	for len(waiting) > 0 {
		fetched := f.letters.PollFetches(ctx)
		if err := ctx.Err(); err != nil {
			return "", fmt.Errorf("%d of %d records have become no dead letters: %v: %w", len(waiting), len(f.records), waiting, err)
		}
		for _, r := range fetched.Records() {
			of := map[string]string{topic.HeaderOriginTopic: topic.Raw}
			for _, h := range r.Headers {
				of[h.Key] = string(h.Value)
			}
			at := fmt.Sprintf("%s/%s/%s", of[topic.HeaderOriginTopic], of[topic.HeaderOriginPartition], of[topic.HeaderOriginOffset])
			if waiting[at] {
				reasons[of[topic.HeaderErrorReason]] = true
			}
			delete(waiting, at)
		}
	}
	return fmt.Sprintf("%d records have become dead letters, for %d reasons", len(f.records), len(reasons)), nil
}

func (f *poison) heal(context.Context) error {
	if f.letters != nil {
		f.letters.Close()
	}
	return nil
}

// flood is a file of posts for an ingest of its own.
type flood struct {
	*scene
	from   uint32
	file   string
	posts  int
	ids    map[string]bool
	second *instance
	began  time.Time
}

const floodOf = 10 // times the rate, for so many seconds

func (f *flood) inject(context.Context) (err error) {
	f.posts = int(f.cfg.Rate) * floodOf * floodOf
	f.file = filepath.Join(f.dir, "flood.ndjson")
	var lines []byte
	now := time.Now()
	f.began, f.ids = now, map[string]bool{}
	for n := range f.posts {
		id := snowflake(now.Add(-time.Duration(n)*time.Millisecond), int64(f.from)%(1<<22))
		lines = fmt.Appendf(lines, `{"data":{"id":"%s","edit_history_tweet_ids":["%s"],"author_id":"7","created_at":"%s","text":"an invented #cat in a flood","lang":"en","public_metrics":{"retweet_count":0,"reply_count":0,"like_count":%d,"quote_count":0}},"matching_rules":[{"id":"1","tag":"cats with images"}]}`+"\r\n",
			id, id, now.UTC().Format("2006-01-02T15:04:05.000Z"), n)
		f.ids[id] = true
	}
	if err := os.WriteFile(f.file, lines, 0o600); err != nil {
		return fmt.Errorf("write a flood: %w", err)
	}
	f.second = &instance{
		name: "ingest-flood", service: "ingest", binary: filepath.Join(f.bin, "ingest"), logs: f.logs(), say: f.said.say,
		args: []string{"--kafka-brokers", f.kafka(), "--telemetry-addr", "127.0.0.1:0", "--contest", f.cfg.Contest, "--source", "file", "--file", f.file, "--file-source", "x"},
	}
	if err := f.second.start(); err != nil {
		return err
	}
	f.second.expect()
	return nil
}

func (f *flood) evidence(ctx context.Context) (string, error) {
	status, err := f.second.await(ctx, f.second.expect(), proveWithin)
	if err != nil {
		return "", err
	}
	if status != "exit status 0" {
		return "", fmt.Errorf("the ingest of the flood ended with %s", status)
	}
	if err := f.readAll(ctx, topic.Raw, f.began, func(r *kgo.Record) { delete(f.ids, string(r.Key)) }); err != nil {
		return "", err
	}
	// What a file has is in no truth, so that the account does not ask for it.
	if missing := len(f.ids); missing > 0 {
		return "", fmt.Errorf("%w: of %d posts in a file %d are not in %s, and the ingest that read it has ended well", errBroken, f.posts, missing, topic.Raw)
	}
	return fmt.Sprintf("%d posts were written to %s beside the others, each of them", f.posts, topic.Raw), nil
}

func (f *flood) heal(context.Context) (err error) {
	if f.second != nil {
		err = f.second.close()
	}
	if left := os.Remove(f.file); left != nil && !errors.Is(left, os.ErrNotExist) {
		err = errors.Join(err, fmt.Errorf("remove a flood: %w", left))
	}
	return err
}

// written is the sum of a topic's end offsets.
func (s *scene) written(ctx context.Context, name string) (n int64, err error) {
	ends, err := s.admin.ListEndOffsets(ctx, name)
	if err == nil {
		err = ends.Error()
	}
	for _, partitions := range ends {
		for _, p := range partitions {
			n += p.Offset
		}
	}
	if err != nil {
		return 0, fmt.Errorf("ask for the end of %s: %w", name, err)
	}
	return n, nil
}
