// Package compliance asks X now and then which posts of an archive are gone, by batch compliance jobs: their ids are
// uploaded, X looks, and tells which to delete. It owns the rounds over the archive and what must be known to go on with
// one after a restart; it writes no deletions itself and keeps no state of its own.
//
// Source: docs.x.com, "Batch compliance": create a job, upload the ids within minutes, ask for its status, download the
// results within days; one job at a time.
package compliance
