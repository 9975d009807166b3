// Package spool keeps records on disk while the broker is away or too slow: a queue of files, written at one end and read
// at the other, of which nothing is removed before it is done with. It owns neither when to spool nor how records get to
// the broker.
//
// In the folder:
//
//	lock                               held by the one process that uses the folder (flock(2))
//	position                           up to where the oldest segment is done with
//	00000000000000000007.spool         segments, oldest first: whole records, each with its length and a checksum
//	00000000000000000003.spool.corrupt segments with damage inside and done with, set aside for a person to look at
//
// What is owed. A record that Append has taken survives the death of the process at once, because it is in the system's
// page cache; a loss of power costs at most what came in the last SyncEvery, and as long again as the disk takes to sync.
// Read syncs before it hands records out, so that what is in Kafka is never ahead of what is on disk: after a loss of
// power, too, what is missing is the end of what was read from the source and never its middle. A record may come out
// twice, after a crash.
//
// Damage. The unfinished end of the newest segment is what a crash in the middle of a write leaves: it is cut off and
// counted. Anything else that is wrong is damage: it costs the records that it is in, and reading goes on at the next place
// where a length and a checksum fit. What was passed over is counted and logged, and the file is set aside when the rest of
// it is done with. A source whose records hold whatever bytes it likes could hide a record within one, which would come out
// if the damage is in front of it; the sources here send JSON, in which no length can stand.
//
// Why no library. tidwall/wal (MIT, v1.2.1 of 2025) has no checksums; hashicorp/raft-wal (MPL-2.0, no release since v0.4.0 of
// 2023) keeps a BoltDB beside its files and refuses a folder in which anything is damaged. Neither is bounded in bytes or
// goes on behind damage, and that is most of what is here. The lock is gofrs/flock (BSD-3).
package spool
