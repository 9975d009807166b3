// Package redrive puts dead letters back where they came from, so that a fixed bug heals the past. It owns which dead
// letters go back and that each goes at most once; what a dead letter is, and how it becomes the refused record again, is
// package delivery's.
//
// # Once
//
// A redrive reads tweets.dlq twice, up to the end that it had at the start: first for the resolutions alone, which stand
// behind the dead letters they are of, then for the dead letters. In memory are a bit for each resolution and one
// transaction's records, however many dead letters there are. In one transaction it writes the refused record and a
// resolution, so what was put back is known to be, whenever a run ends and however.
//
// All redrives use one transactional id. The first thing that a run does is to ask for its producer id, which ends what a
// crashed run left open and fences a run that is still going; only then it looks for the end of the topic. So
// every resolution that another run ever commits stands before that end. The end is that of the log and not the last
// stable one, and the run waits for transactions that are open below it: otherwise an enricher's open transaction could
// hide resolutions that are committed. For the same reason no failed transaction is tried again: the client might take a
// new producer id for it and so write on after a fence, with resolutions that it has not read. The next run goes on from
// there.
//
// A dead letter is what has once been written to tweets.dlq. sink writes at least once: two dead letters of one record are
// put back each, and whoever reads the record twice takes it once, as below.
//
// # Older versions that come back
//
// What is put back is old, and newer versions of the post may have passed since. They are not overwritten: the version
// of a document is when its post was observed, which travels unchanged in the observed_at header and in the document. sink
// indexes with it as external version, deletions included, whose stubs stay, so Elasticsearch refuses an older one; live
// passes over what was observed before what it has. Within a partition of tweets.dlq the order is kept, and so that of
// a key, when it goes back to the partition it came from.
//
// The topic tweets.enriched alone does not know versions: compaction keeps the record that was written last. Where a dead
// letter comes back after a newer version or a deletion of its post, compaction leaves the older one there, and the
// deletion's record goes. Whoever has followed the topic, and the archive, which has every record, is not misled; an index
// that is built anew from the compacted topic alone would hold the older version, or the deleted post. Retention ends
// that after a week; until then build such an index from the archive.
package redrive
