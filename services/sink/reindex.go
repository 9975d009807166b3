package sink

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"text/tabwriter"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/services/pipeline/broker"
	"catsvdogs/services/pipeline/topic"
)

// ReindexConfig is the configuration of sink reindex: the sink's own, so that both mean the same groups, and what to do.
type ReindexConfig struct {
	Config `embed:""`

	From   string `help:"Index records of this time or later again (the record's own, RFC 3339). Nothing is all that Kafka has." placeholder:"TIME"`
	DryRun bool   `help:"Look and count, change nothing."`

	// Out receives a table of what was moved; nil is standard output.
	Out io.Writer `kong:"-"`
}

// Validate lists everything that is wrong.
func (c *ReindexConfig) Validate() error {
	_, err := c.from()
	return errors.Join(c.Config.Validate(), err)
}

// from is the zero time for all that Kafka has.
func (c *ReindexConfig) from() (time.Time, error) {
	if c.From == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.RFC3339, c.From)
	if err != nil {
		return time.Time{}, fmt.Errorf("--from: %.40q is no time; give one like 2026-11-23T12:00:00Z, or nothing for all that Kafka has", c.From)
	}
	return t, nil
}

// ErrRunning is wrapped by the error of Reindex when a sink is running.
var ErrRunning = errors.New("stop every sink first, and start them again afterwards")

// Reindex takes the committed offsets of the two groups that index back, so that the next sink indexes again what Kafka
// still has. It moves no offset forward, which would leave records out, and leaves the archive's group alone. To index a
// record twice changes nothing: ids and versions follow from the records. Its error wraps ErrRunning when a group has
// members, which would go on from where they are.
func Reindex(ctx context.Context, cfg ReindexConfig) error {
	from, err := cfg.from()
	if err != nil {
		return err
	}
	cl, err := kgo.NewClient(append(broker.Dialing(cfg.Kafka), kgo.ClientID("sink-reindex"))...)
	if err != nil {
		return fmt.Errorf("connect to Kafka: %w", err)
	}
	defer cl.Close()
	admin := kadm.NewClient(cl)
	moves := []*rewind{{group: cfg.IndexGroup, topic: topic.Enriched}, {group: cfg.DeadLettersGroup, topic: topic.DeadLetter}}
	for _, m := range moves { // all of them before the first is moved: half a reindexing looks like a whole one
		if err := m.look(ctx, admin, from); err != nil {
			return err
		}
	}
	for _, m := range moves {
		if cfg.DryRun {
			break
		}
		if err := m.commit(ctx, admin); err != nil {
			return err
		}
	}
	out := cfg.Out
	if out == nil {
		out = os.Stdout
	}
	return printRewinds(out, moves)
}

// rewind is what is moved of one group.
type rewind struct {
	group, topic string
	to           kadm.Offsets
	again        int64 // offsets that are done and will be done again; markers of transactions among them
	dropped      int64 // offsets at the starts that Kafka has no more
}

// look finds out what is to be moved.
func (r *rewind) look(ctx context.Context, admin *kadm.Client, from time.Time) error {
	described, err := admin.DescribeGroups(ctx, r.group)
	if err == nil {
		err = described.Error()
	}
	if err != nil && !errors.Is(err, kerr.GroupIDNotFound) { // nobody was ever there
		return fmt.Errorf("look for members of group %s: %w", r.group, err)
	}
	if n := len(described[r.group].Members); n > 0 {
		return fmt.Errorf("group %s has %d members: %w", r.group, n, ErrRunning)
	}
	committed, err := admin.FetchOffsets(ctx, r.group)
	if err != nil && !errors.Is(err, kerr.GroupIDNotFound) {
		return fmt.Errorf("ask how far group %s is: %w", r.group, err)
	}
	starts, err := list(ctx, admin, r.topic, time.Time{})
	if err != nil {
		return err
	}
	targets := starts
	if !from.IsZero() {
		if targets, err = list(ctx, admin, r.topic, from); err != nil {
			return err
		}
	}
	r.to = kadm.Offsets{}
	targets.Each(func(target kadm.ListedOffset) {
		start, _ := starts.Lookup(r.topic, target.Partition)
		r.dropped += start.Offset
		done, ok := committed.Lookup(r.topic, target.Partition)
		if !ok || done.At <= target.Offset {
			return // nothing was done yet, or not so far
		}
		r.again += done.At - target.Offset
		r.to.AddOffset(r.topic, target.Partition, target.Offset, -1)
	})
	return nil
}

// list returns the offset of the first record of a time or later in each partition, and the partition's start for no time.
func list(ctx context.Context, admin *kadm.Client, topicName string, from time.Time) (kadm.ListedOffsets, error) {
	var listed kadm.ListedOffsets
	var err error
	if from.IsZero() {
		listed, err = admin.ListStartOffsets(ctx, topicName)
	} else {
		listed, err = admin.ListOffsetsAfterMilli(ctx, from.UnixMilli(), topicName)
	}
	if err == nil {
		err = listed.Error()
	}
	if err != nil {
		return nil, fmt.Errorf("look where the records of %s begin: %w", topicName, err)
	}
	return listed, nil
}

func (r *rewind) commit(ctx context.Context, admin *kadm.Client) error {
	if len(r.to) == 0 {
		return nil
	}
	answer, err := admin.CommitOffsets(ctx, r.group, r.to)
	if err == nil {
		err = answer.Error()
	}
	if err != nil { // a member that has come meanwhile is one of the reasons
		return fmt.Errorf("move group %s back: %w; %w", r.group, err, ErrRunning)
	}
	return nil
}

func printRewinds(out io.Writer, moves []*rewind) error {
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(t, "group\ttopic\toffsets to do again\tno longer in Kafka\t") // Flush tells
	for _, m := range moves {
		_, _ = fmt.Fprintf(t, "%s\t%s\t%d\t%d\t\n", m.group, m.topic, m.again, m.dropped)
	}
	if err := t.Flush(); err != nil {
		return fmt.Errorf("print what was moved: %w", err)
	}
	return nil
}
