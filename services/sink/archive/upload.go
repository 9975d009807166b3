package archive

import (
	"context"

	"golang.org/x/sync/errgroup"
)

// uploads is how many objects are put at the same time.
const uploads = 4

// upload takes closed objects through the three steps of the protocol. A partition may have closed several; they go one
// after the other, and the first of every partition together with the others' first. After an error nothing more may be
// uploaded in this session.
func (a *archiver) upload(ctx context.Context, closed []*closedObject) error {
	for len(closed) > 0 {
		var round, rest []*closedObject
		taken := map[*partition]bool{}
		for _, c := range closed {
			if taken[c.partition] {
				rest = append(rest, c)
				continue
			}
			taken[c.partition] = true
			round = append(round, c)
		}
		if err := a.uploadRound(ctx, round); err != nil {
			return err
		}
		closed = rest
	}
	return nil
}

func (a *archiver) uploadRound(ctx context.Context, round []*closedObject) error {
	announced, err := a.commit(ctx, round, func(c *closedObject) (int64, string) {
		i := intent{Object: c.Name(), Start: c.reach.Start, Last: c.reach.Last, Table: c.table}
		if c.after < 0 {
			return c.reach.Start, i.String()
		}
		return c.after, i.String()
	})
	if err != nil {
		return err
	}
	var puts errgroup.Group
	puts.SetLimit(uploads)
	for _, c := range announced {
		puts.Go(func() error { return a.store(ctx, c) })
	}
	if err := puts.Wait(); err != nil {
		return err
	}
	stored, err := a.commit(ctx, announced, func(c *closedObject) (int64, string) { return c.reach.Last + 1, "" })
	for _, c := range stored {
		a.metrics.stored(c)
	}
	for _, c := range round {
		c.drop()
	}
	return err
}
