package archive

import (
	"context"

	"catsvdogs/services/pipeline/crashpoint"
)

// uploads is how many puts are under way at the same time.
const uploads = 4

// queue puts a closed object behind those of its partition that are still on their way. The assignment's lock is held.
//
// Partitions do not wait for each other: an object that the store does not take, or takes slowly, holds up its own partition
// only, and a member that uploads goes on polling.
func (a *archiver) queue(c *closedObject) {
	c.waiting = append(c.waiting, c)
	if len(c.waiting) == 1 && !a.ended {
		a.uploading.Go(func() { a.upload(c.partition) })
	}
}

// upload takes the partition's closed objects through the protocol, one after the other. After an error nothing more may
// be committed in this session: an object that did not get through leaves a gap behind which no offset may move.
func (a *archiver) upload(p *partition) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for len(p.waiting) > 0 {
		c := p.waiting[0]
		a.mu.Unlock()
		err := a.archive(p.owning, c)
		a.mu.Lock()
		if err != nil {
			for _, c := range p.waiting {
				c.drop()
			}
			if a.owned[p.topicPartition] == p {
				a.fail(err)
			}
			return // with something in line, so that nobody begins again
		}
		c.drop()
		p.waiting, p.failing = p.waiting[1:], false
	}
}

// archive is the protocol.
func (a *archiver) archive(ctx context.Context, c *closedObject) error {
	if !c.found {
		i := intent{Object: c.Name(), Start: c.reach.Start, Last: c.reach.Last, Table: c.table}
		at := c.after
		if at < 0 {
			at = c.reach.Start
		}
		if mine, err := a.commit(ctx, c, at, i.String()); err != nil || !mine {
			return err
		}
	}
	crashpoint.At(crashpoint.ArchiveIntended)
	if err := a.store(ctx, c); err != nil {
		return err
	}
	crashpoint.At(crashpoint.ArchiveUploaded)
	mine, err := a.commit(ctx, c, c.reach.Last+1, "")
	if mine {
		a.metrics.stored(c)
	}
	return err
}
