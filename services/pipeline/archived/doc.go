// Package archived is what the archive holds and how it is read: the lines, the names of the objects, what an object says
// of itself, and a reader over a bucket. The sink's archiver writes by it; compaction and replay read by it.
// It owns no consuming, no uploading and no decision when an object ends.
//
// In the bucket:
//
//	tweets.raw/dt=2026-11-23/hour=12/tweets.raw-3-00000000000000000012.ndjson.zst   records, a line each (or .ndjson.gz)
//	suppressed/tweets.raw/dt=…/hour=…/tweets.raw-3-….ndjson                         deletions among them
//	suppressed/state.json                                                           how far compaction is
//	parquet/tweets.enriched/dt=…/hour=…/tweets.enriched-3-….parquet                 the documents among them, as a table
//
// The first kind is the truth; the others follow from it. Names follow from the first record of an object alone.
package archived
