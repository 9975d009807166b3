package redrive

import (
	"context"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/services/pipeline/topic"
)

// answerTimeout bounds how long the broker may take to say something before a person is told that it does not.
const answerTimeout = 30 * time.Second

// span is what is read of a partition: from start on, before end.
type span struct{ start, end int64 }

// spans returns what tweets.dlq holds now, by partition, without empty ones. The end is that of the log, behind
// transactions that are still open.
func spans(ctx context.Context, cl *kgo.Client) (map[int32]span, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, answerTimeout, fmt.Errorf("the broker has not answered for %s", answerTimeout))
	defer cancel()
	adm := kadm.NewClient(cl)
	// The end first: what retention takes in between must not leave a start behind the end that it belongs to.
	ends, err := adm.ListEndOffsets(ctx, topic.DeadLetter)
	if err == nil {
		err = ends.Error()
	}
	if err != nil {
		return nil, fmt.Errorf("ask for the end of %s: %w", topic.DeadLetter, because(ctx, err))
	}
	starts, err := startsOf(ctx, adm)
	if err != nil {
		return nil, err
	}
	found := map[int32]span{}
	ends.Each(func(o kadm.ListedOffset) {
		if s := (span{start: starts[o.Partition], end: o.Offset}); s.start < s.end {
			found[o.Partition] = s
		}
	})
	return found, nil
}

func startsOf(ctx context.Context, adm *kadm.Client) (map[int32]int64, error) {
	listed, err := adm.ListStartOffsets(ctx, topic.DeadLetter)
	if err == nil {
		err = listed.Error()
	}
	if err != nil {
		return nil, fmt.Errorf("ask for the start of %s: %w", topic.DeadLetter, because(ctx, err))
	}
	starts := map[int32]int64{}
	listed.Each(func(o kadm.ListedOffset) { starts[o.Partition] = o.Offset })
	return starts, nil
}

// because names the reason why ctx has ended, if that is what err is about.
func because(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}
