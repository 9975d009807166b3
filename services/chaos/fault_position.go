//go:build unix

package chaos

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/services/chaos/plan"
	"catsvdogs/services/pipeline/topic"
)

// errBroken is in the chain when a fault was met in a way that no end of the run would show.
var errBroken = errors.New("what must always hold did not")

// positionFaults are about what ingest keeps for its restart. A position that is ahead of what was written loses posts only
// after a kill, and not even then as long as the search makes up for them, so it is looked at itself, while the one can be
// kept and the other cannot be written.
func positionFaults() []kind {
	return []kind{{
		Kind: plan.Kind{Name: "network-brokers-but-one", Lane: "network", Takes: 12 * time.Second, Essential: true},
		says: "the ways to all brokers are cut but to the one that keeps ingest's position",
		make: func(s *scene, _ *rand.Rand) fault { return &apart{scene: s} },
		able: func(s *scene) bool { return s.cfg.Brokers > 1 },
	}}
}

// apart is for how long posts come that cannot be written, and are to count as not written.
const apartFor = 6 * time.Second

// apart cuts the ways to some brokers.
type apart struct {
	*scene
	cutLinks
	left int32 // the broker that can be reached
}

func (f *apart) inject(ctx context.Context) error {
	topics, err := f.admin.ListTopics(ctx, topic.IngestState)
	if err != nil {
		return fmt.Errorf("ask which broker has %s: %w", topic.IngestState, err)
	}
	f.left = topics[topic.IngestState].Partitions[0].Leader
	for n := range f.brokers.Servers {
		if int32(n+1) != f.left {
			f.links = append(f.links, f.network.to(toBroker(n+1)))
		}
	}
	if f.left < 1 || len(f.links) == len(f.brokers.Servers) {
		return fmt.Errorf("broker %d has %s: %w", f.left, topic.IngestState, errUnknownBroker)
	}
	return f.cutLinks.inject(ctx)
}

var errUnknownBroker = errors.New("there is no such broker")

func (f *apart) evidence(ctx context.Context) (string, error) {
	said, err := f.cutLinks.evidence(ctx)
	if err != nil {
		return "", err
	}
	pause(ctx, apartFor)
	kept, err := f.positionKept(ctx)
	if err != nil {
		return "", err
	}
	written, err := f.newestWritten(ctx) // after the other, so that it can only be further
	if err != nil {
		return "", err
	}
	if kept > written {
		return "", fmt.Errorf("%w: the position that ingest keeps is post %d, and the newest in %s is %d: after a kill the posts between are lost", errBroken, kept, topic.Raw, written)
	}
	return fmt.Sprintf("%s; broker %d, which has %s, can be reached, and the position there is of a post that is written", said, f.left, topic.IngestState), nil
}

// positionKept is the id of the post up to which ingest keeps that everything is written; 0 before there is one.
func (s *scene) positionKept(ctx context.Context) (id int64, err error) {
	err = s.readAll(ctx, topic.IngestState, time.Time{}, func(r *kgo.Record) {
		var kept struct {
			Stream struct{ Position struct{ ID string } }
		}
		if string(r.Key) == "simulator" && json.Unmarshal(r.Value, &kept) == nil {
			id, _ = strconv.ParseInt(kept.Stream.Position.ID, 10, 64) // one that is no number is of no post
		}
	})
	return id, err
}

// newestWritten is the highest id of a post of the stream in tweets.raw.
func (s *scene) newestWritten(ctx context.Context) (id int64, err error) {
	err = s.readAll(ctx, topic.Raw, s.watchedSince.Add(-time.Minute), func(r *kgo.Record) {
		var line struct{ Data struct{ ID string } }
		if !strings.Contains(headersOf(r), topic.HeaderSource+"=simulator ") || json.Unmarshal(r.Value, &line) != nil {
			return
		}
		if n, err := strconv.ParseInt(line.Data.ID, 10, 64); err == nil {
			id = max(id, n)
		}
	})
	return id, err
}

func headersOf(r *kgo.Record) string {
	var b strings.Builder
	for _, h := range r.Headers {
		fmt.Fprintf(&b, "%s=%s ", h.Key, h.Value)
	}
	return b.String()
}

// readAll passes every record that a topic has from a time on, past all proxies; the zero time is its beginning. It begins again
// where a broker was away, so a record may be passed more than once.
func (s *scene) readAll(ctx context.Context, name string, from time.Time, each func(*kgo.Record)) error {
	return await(ctx, proveWithin, "all records of "+name, func(ctx context.Context) error { return s.readOnce(ctx, name, from, each) })
}

func (s *scene) readOnce(ctx context.Context, name string, from time.Time, each func(*kgo.Record)) error {
	starts, err := s.admin.ListOffsetsAfterMilli(ctx, max(0, from.UnixMilli()), name)
	if err != nil {
		return fmt.Errorf("read %s: %w", name, err)
	}
	ends, err := s.admin.ListEndOffsets(ctx, name)
	if err != nil {
		return fmt.Errorf("read %s: %w", name, err)
	}
	at, open := map[int32]kgo.Offset{}, map[int32]int64{}
	for number, end := range ends[name] {
		if start, ok := starts.Lookup(name, number); ok && start.Err == nil && end.Err == nil && start.Offset < end.Offset {
			at[number], open[number] = kgo.NewOffset().At(start.Offset), end.Offset
		}
	}
	client, err := kgo.NewClient(kgo.SeedBrokers(s.brokers.Inside...), kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{name: at}), kgo.KeepControlRecords())
	if err != nil {
		return fmt.Errorf("connect to Kafka: %w", err)
	}
	defer client.Close()
	for len(open) > 0 {
		fetches := client.PollFetches(ctx)
		if ctx.Err() != nil {
			return fmt.Errorf("read %s: %w", name, ctx.Err())
		}
		fetches.EachRecord(func(r *kgo.Record) {
			if r.Offset+1 >= open[r.Partition] {
				delete(open, r.Partition)
			}
			if !r.Attrs.IsControl() {
				each(r)
			}
		})
	}
	return nil
}
