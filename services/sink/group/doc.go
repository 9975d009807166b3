// Package group reads a topic as a member of a consumer group, and commits an offset when every record before it is done.
// It owns the connection, the bound on memory, the order of a stop and of a change of owner, never what is done with a
// record.
//
//	Kafka ─▶ client, fetches ahead ─▶ poll ─▶ batches ─▶ Store.Serve ─▶ Record.Done
//	              ▲                    ▲                                    │ frees memory, moves the partition's prefix
//	              │ paused: Hold       │ waits: Memory is used up           ▼
//	              └────────────────────┴──────────── intake         progress ─▶ commit, four times a second
//
//	who bounds what    the client: what is asked for at once, in bytes over the wire (fetchPartitionBytes a partition)
//	                   the ration: what is fetched ahead, in bytes as it is in memory (an eighth of Config.Memory)
//	                   the intake: the bytes of records that are not done (Config.Memory, and at most one poll over it)
//	                   the progress: records of a partition after one that is not done (mostBehind; then it is paused alone)
//	                   the stop: all that is still to be done (stage.DrainTimeout), and as long for a change of owner, which
//	                   does not wait for records that are put aside (Record.Aside)
//
// # What is committed
//
// Records may be done in any order. Of each partition the offset after the longest run of records that are done without a
// gap is safe, and only that is committed. What a member does with a record after its partition was taken away moves
// nothing: the record's Done then belongs to a window that nobody commits from any more.
package group
