// Package verify proves that the archive has every record exactly once, and that the index has every post at its newest
// version; or it says what is wrong. It changes nothing.
//
// # What the proof rests on
//
// Of a partition's offsets, those before the log's start Kafka has forgotten. There the objects' own bookkeeping decides
// (archived.Range): each must begin to cover where the one before ends, have as many lines as it says, in rising order.
// An offset without a line then carried no record, since who wrote the object counted what it was given. From the log's
// start on, the archive is held against Kafka, record by record; both must agree.
//
// How far the archive should reach is what its consumer group has committed; what lies behind that is not archived yet and
// no gap, but a finding where it was asked for by name.
//
// The index must have of each post what the newest of its observations says, field by field, but for what the index half
// adds; or nothing newer than it, where the dead letter of its very place tells that it was refused. At the same millisecond
// a deletion is newer than what else was observed then. What the index has must come from a record, if need be from one
// that is behind the end of what was asked for.
//
// Everything is read once, in the order of offsets, and held a line at a time; besides, 16 bytes an object, 60 a deletion, and
// the id of each post of a partition of which a later observation is still to come.
package verify

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/elastic/go-elasticsearch/v8/esapi"
	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/services/pipeline/archived"
	"catsvdogs/services/pipeline/topic"
	"catsvdogs/services/sink/archive/suppression"
)

// Verifier verifies an archive.
type Verifier struct {
	Archive      *archived.Bucket
	Kafka        *kgo.Client // for questions
	KafkaOptions []kgo.Opt   // to read with
	Index        esapi.Transport
	ArchiveGroup string
	IndexGroup   string

	From, To  Bound
	Topics    []string
	Partition int32 // the only one to verify; -1 for all

	// Found is told of each finding when it is found, Done of each partition when it has been verified, Progress now and
	// then how far that is. All are called from the goroutine of Run.
	Found    func(Finding)
	Done     func(Partition)
	Progress func(Partition)

	deleted suppression.Set
}

// Run verifies partition by partition. Its error says that it could not; what is wrong goes to Found.
func (v *Verifier) Run(ctx context.Context) error {
	v.deleted = suppression.Set{}
	if err := v.Archive.Deletions(ctx, func(list io.Reader) error {
		return suppression.Read(list, v.deleted.Add)
	}); err != nil {
		return err
	}
	for _, topicName := range v.Topics {
		if err := v.topic(ctx, topicName); err != nil {
			return fmt.Errorf("verify %s: %w", topicName, err)
		}
	}
	return nil
}

func (v *Verifier) topic(ctx context.Context, topicName string) error {
	spans, err := v.spans(ctx, topicName)
	if err != nil {
		return err
	}
	objects, err := v.inventory(ctx, topicName)
	if err != nil {
		return err
	}
	var posts *posts
	if topicName == topic.Enriched && v.Index != nil {
		if posts, err = newPosts(ctx, v.Index); err != nil {
			return err
		}
		if err := v.shape(ctx, topicName); err != nil {
			return err
		}
	}
	for partition := range objects {
		if spans[partition] == nil {
			spans[partition] = &span{archived: -1, indexed: -1, from: -1, to: -1}
		}
	}
	for _, partition := range slices.Sorted(maps.Keys(spans)) {
		if v.Partition >= 0 && v.Partition != partition {
			continue
		}
		if err := v.partition(ctx, topicName, partition, spans[partition], objects[partition], posts); err != nil {
			return fmt.Errorf("partition %d: %w", partition, err)
		}
	}
	return nil
}

// reach returns the offsets to verify, to excluded, and up to where they were asked for, which may be beyond.
func (v *Verifier) reach(s *span, objects []entry, last int64) (from, to, wanted int64) {
	switch {
	case v.From.isOffset:
		from = v.From.offset
	case v.From.isOpen():
		from = s.start
		if len(objects) > 0 {
			from = min(from, objects[0].first)
		}
		if s.end == s.start && len(objects) > 0 {
			from = objects[0].first // Kafka has none, so its start says nothing
		}
	default:
		from = s.end
		if s.from >= 0 {
			from = s.from
		}
		for _, o := range objects {
			if !o.time().Before(v.From.hour()) {
				from = min(from, o.first)
			}
		}
	}
	to = last
	if s.archived >= 0 {
		to = s.archived
	}
	switch {
	case v.To.isOffset:
		wanted = v.To.offset
	case v.To.isTime():
		end := int64(0)
		if s.end > s.start && s.to > s.start { // otherwise the bound lies before what Kafka still has
			end = s.to
		}
		for i, o := range objects {
			if o.time().Before(v.To.nextHour()) {
				end = max(end, o.first+1)
				if i+1 < len(objects) {
					end = max(end, objects[i+1].first)
				} else {
					end = max(end, last)
				}
			}
		}
		wanted = end
	default:
		wanted = to
	}
	return from, max(min(to, wanted), from), wanted
}
