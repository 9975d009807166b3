package ingest

import (
	"slices"
	"time"

	"catsvdogs/services/pipeline/tweet"
)

// begin starts to spool: first what is in memory and on its way, then r. When the disk does not take all of it, nothing has
// changed.
func (q *queue) begin(r *tweet.Raw) bool {
	if q.onDisk() {
		return false
	}
	q.mu.Lock()
	q.moving = true
	before := q.written
	records := append(slices.Concat(q.inFlight, q.memory.waiting()), *r)
	q.mu.Unlock()

	var err error
	for i := range records {
		record := spooled(&records[i])
		if err = q.disk.Append(&record); err != nil {
			break
		}
	}
	q.spoolTakes(err)

	q.mu.Lock()
	defer q.mu.Unlock()
	q.moving = false
	if err != nil {
		q.disk.Clear()
		return false
	}
	q.logger.Warn("reading spools: the broker is slow or away", "records", len(records))
	q.status(reasonSpooling)
	q.inSpool = len(q.inFlight) > 0
	q.acknowledged(q.written - before)
	q.memory.clear()
	return true
}

// spool adds a record on disk, if the disk takes it.
func (q *queue) spool(r *tweet.Raw) bool {
	record := spooled(r)
	err := q.disk.Append(&record)
	q.spoolTakes(err)
	if err != nil {
		return false
	}
	signal(q.memory.added) // the disk may have become empty just before, and the writer wait
	return true
}

// spoolTakes shows whether the spool takes records, and why not.
func (q *queue) spoolTakes(err error) {
	q.refused = err != nil
	if err == nil {
		q.metrics.spoolFull.Set(0)
		return
	}
	q.metrics.spoolFull.Set(1)
	if now := time.Now(); now.Sub(q.told) > time.Minute {
		q.told = now
		q.logger.Error("reading waits: the spool does not take records", "error", err)
	}
}

// acknowledged removes the n oldest records from the disk.
func (q *queue) acknowledged(n int) {
	if err := q.disk.Done(n); err != nil {
		q.logger.Error("records will be written twice", "error", err)
	}
	q.emptied()
}

// emptied shows that nothing is on disk any more, if so.
func (q *queue) emptied() {
	if !q.disk.Empty() {
		return
	}
	q.logger.Info("the spool is empty again")
	q.metrics.spoolFull.Set(0)
	q.status("")
}

// save puts what is in memory on disk when reading and writing have ended. It returns how many records are neither there
// nor in the broker; unwritten is how many of those taken last are not in the broker.
func (q *queue) save(unwritten int) (lost int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	rest := q.memory.waiting()
	if q.disk == nil {
		return unwritten + len(rest)
	}
	if !q.inSpool && unwritten > 0 {
		rest = slices.Concat(q.inFlight, rest)
	}
	for i := range rest {
		record := spooled(&rest[i])
		if err := q.disk.AppendLast(&record); err != nil {
			q.logger.Error("what has been read cannot be spooled", "error", err)
			return len(rest) - i
		}
	}
	if n, bytes := q.disk.Left(); n > 0 {
		q.logger.Warn("records are left in the spool; the next start writes them first", "records", n, "bytes", bytes)
	}
	return 0
}
