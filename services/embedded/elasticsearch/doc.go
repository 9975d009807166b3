// Package elasticsearch is an index that runs inside the process and answers in the shapes of Elasticsearch 8.19, so
// that the demo's sink and its readers use the code that they use against a real one. It knows what they need: _bulk with
// external versions, _doc, _count, _search (a part of the query language, query strings, the aggregations terms and
// value_count), index and component templates with strict mappings and filtered aliases, fields and aliases that are added
// to indices later. It has no lifecycle management and answers like an Elasticsearch that was built without. What it does
// not know it refuses with 400 or 405 and says so; it never answers a question that it has not understood.
//
//	HTTP ──▶ routes ──▶ bulk ──▶ document (against mapping) ──▶ store: one transaction
//	              ├───▶ query ──▶ compile ──▶ store: readers
//	              └───▶ catalog: indices, mappings, aliases, templates
//
// Storage is one SQLite file (modernc.org/sqlite, no C compiler needed) in write-ahead mode: one writer, readers
// that never wait for it. Each document is a row with its source as it came; what it can be found by is in an FTS5 table, one row of
// tokens per document (words, exact values, which fields exist, which index), and, for numbers and dates, in a
// b-tree by field and value. A query becomes one FTS5 expression where that is possible, SQL where it is not.
//
// Guarantees. A bulk is one transaction, committed before it is answered: an acknowledged document survives a kill -9 of
// the process. With synchronous=NORMAL a power cut may take the last transactions with it, but leaves the index whole.
// What has been written is visible to the next search; _refresh is accepted and does nothing. The version of a deleted
// document is kept for ever, where Elasticsearch forgets it after index.gc_deletes.
//
// It does not own: shards, replicas, analyzers other than its standard one, scripts, updates, joins, security. It listens
// without authentication: keep it on a loopback address. One server at a time may use a Dir.
package elasticsearch
