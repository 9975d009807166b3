// Package crashpoint names the moments at which a crash matters, so that a test can have a process die in each of them
// instead of waiting for luck. In a build without the tag chaos a point costs nothing and nothing can be asked of it. Which
// points are hit, and what must hold after it, is the business of services/chaos.
package crashpoint

// Name is a moment between two steps of which the second makes the first count.
type Name string

// The points.
const (
	IngestTaken        Name = "ingest.taken"        // lines were read and none of them is written
	IngestAcknowledged Name = "ingest.acknowledged" // lines are written, and nothing tells so yet

	EnricherProduced  Name = "enricher.produced"  // records are in the log, their transaction is open
	EnricherCommitted Name = "enricher.committed" // the transaction has ended, the next one has not begun
	EnricherRebalance Name = "enricher.rebalance" // the group has told which partitions this member has, and it has none of them yet

	IndexStored    Name = "index.stored"    // Elasticsearch has a document, its offset is not committed
	IndexRebalance Name = "index.rebalance" // partitions are about to be given away

	ArchiveIntended  Name = "archive.intended"  // an object is announced and not there
	ArchivePart      Name = "archive.part"      // some parts of an object are there, and no object
	ArchiveUploaded  Name = "archive.uploaded"  // an object is there, its offset is not committed
	ArchiveRebalance Name = "archive.rebalance" // partitions are about to be given away

	DeadLetterStored Name = "deadletter.stored" // Elasticsearch has a dead letter, its offset is not committed

	RefresherLooked Name = "refresher.looked" // an answer has come, and nothing of it is written
)

// All lists the points, in the order of the data.
func All() []Name {
	return []Name{
		IngestTaken, IngestAcknowledged,
		EnricherProduced, EnricherCommitted, EnricherRebalance,
		IndexStored, IndexRebalance,
		ArchiveIntended, ArchivePart, ArchiveUploaded, ArchiveRebalance,
		DeadLetterStored,
		RefresherLooked,
	}
}
