package ingest

import (
	"context"
	"io"
	"time"

	"github.com/segmentio/kafka-go"
)

// close says that nothing will be put any more.
func (q *queue) close() { q.memory.close() }

// take returns the oldest records, at least one, waiting for the first: of those in memory at most maxRecords of together
// at most maxBytes. Of those on disk it returns up to maxWriteRecords, because what is cut off in the middle of a write is
// still there after a crash. Call done before the next take. It returns io.EOF when the queue is closed and empty, and
// ctx's cause when that ends first.
func (q *queue) take(ctx context.Context, maxRecords int, maxBytes int64) ([]kafka.Message, error) {
	for {
		messages, closed, err := q.poll(maxRecords, maxBytes)
		if len(messages) > 0 {
			return messages, nil
		}
		if closed && err == nil {
			return nil, io.EOF
		}
		var again <-chan time.Time
		if err != nil {
			q.logger.Error("what was spooled cannot be read", "error", err)
			again = time.After(time.Second)
		}
		select {
		case <-q.memory.added:
		case <-again:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

// poll takes what there is. The error is one of the disk, which may pass.
func (q *queue) poll(maxRecords int, maxBytes int64) (messages []kafka.Message, closed bool, err error) {
	q.mu.Lock()
	if moving := q.moving; !moving && q.onDisk() {
		q.inSpool = true
		q.mu.Unlock()
		records, err := q.disk.Read(maxWriteRecords, maxBytes)
		for _, r := range records {
			messages = append(messages, messageOf(r))
		}
		if len(messages) > 0 || err != nil {
			return messages, false, err
		}
		q.mu.Lock()
		q.emptied() // all of it was damaged
	}
	defer q.mu.Unlock()
	q.inSpool = false
	q.inFlight, closed = q.memory.poll(maxRecords, maxBytes)
	for i := range q.inFlight {
		messages = append(messages, message(&q.inFlight[i]))
	}
	return messages, closed && !q.onDisk(), nil
}

// done says that the n records that were taken last are acknowledged.
func (q *queue) done(n int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.inFlight = nil
	if !q.inSpool {
		q.written += n
		return
	}
	q.inSpool = false
	q.acknowledged(n)
	signal(q.memory.taken) // a segment may have gone
}
