// Package simulator is a server that speaks the filtered stream of X API v2 and
// what belongs to it: the stream itself, its rules, look-up, recent search and
// counts of posts, connections, usage, and all their limits and errors. A client
// that works with X works with it unchanged and needs neither account nor token.
//
// # What it is true to
//
// Parameters, fields, problems and limits follow X's documentation and its
// OpenAPI document, against which a test validates the answers (set X_OPENAPI to
// its path). Where documentation and recorded answers of X differ, the recorded
// ones win; where neither says anything, the comment at the place says what was
// chosen. Clients that others wrote for X have the last word: tweepy,
// twitter-api-v2, and X's own for Python and TypeScript.
//
// Answers use the words of the question, tweets or posts. Rate limits count.
// Posts are made while rules are set, whether or not a client is connected;
// what a client misses is there for search, look-up and (on the Enterprise plan)
// backfill, within the bounds of package chronicle. Likes and the like grow on
// the curve of package world, and some authors delete. Usage counts a post
// once in a UTC day.
//
// It misbehaves like X when told to: package faultplan has the faults, by
// --faults, --fault-rate and /simulator/v1/faults. None happens by default.
//
// # What it is not true to
//
// There are no posts but those that some rule asked for when they were made, so
// search finds nothing else. Relevancy is recency. The caps on rules are those
// of the pay-per-use plan on both plans, and start_time and end_time of the
// stream (Enterprise) bring back what is remembered but never end it. A usage cap
// is told, not enforced. Of a compressed batch that breaks off, no line counts as
// emitted, although a client may have read some. There is no compliance stream
// and no batch compliance.
//
// Every answer carries "Server: catsvdogs-simulator", by which a client can tell
// that the posts are invented.
//
// The package owns the HTTP edge and the counting. What posts say is the
// business of package world, their JSON that of package wire, remembering them
// that of package chronicle, broken lines that of package fault, and the rule
// language that of pipeline/rule.
package simulator
