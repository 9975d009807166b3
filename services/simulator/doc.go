// Package simulator is a server that speaks the filtered stream of X API v2 and
// what belongs to it: the stream itself, its rules, look-up of posts and of their
// authors, recent search and counts of posts, connections, usage, and all their
// limits and errors. A client
// that works with X works with it unchanged and needs neither account nor token.
//
// # What it is true to
//
// Parameters, fields, problems and limits follow X's documentation and its
// OpenAPI document, against which a test validates the answers (it looks at
// ../shared/x-api-v2.openapi.json beside the repository, or where X_OPENAPI
// says). Where documentation and recorded answers of X differ, the recorded
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
// # Clients that have X's address fixed
//
// Most clients of others know one address, https://api.x.com or
// https://api.twitter.com. They are used as they are: the simulator serves https
// with --tls-self-signed FILE, which makes a certificate for those names and for
// this machine and writes it to FILE, or with a certificate of one's own by
// --tls-cert and --tls-key. Then the client is told to trust FILE and sent here.
//
//	tweepy (Python)        REQUESTS_CA_BUNDLE=FILE, and HTTPS_PROXY= a proxy
//	                       whose every CONNECT goes to the simulator
//	                       (clients/connect_proxy.py is one of 20 lines)
//	twitter-api-v2 (Node)  NODE_EXTRA_CA_CERTS=FILE, and the client's own
//	                       httpAgent: an https.Agent whose createConnection goes
//	                       to the simulator (clients/twitter_api_v2_client.mjs)
//	any                    FILE among the system's certificates, the simulator at
//	                       port 443, and "127.0.0.1 api.x.com api.twitter.com" in
//	                       the hosts file
//
// make test-clients runs the first two: rules, stream, search with pages, counts,
// look-up, users, 429, disconnects.
//
// # What it is not true to
//
// There are no posts but those that some rule asked for when they were made, so
// search finds nothing else. Relevancy is recency. The caps on rules are those
// of the pay-per-use plan on both plans, and start_time and end_time of the
// stream (Enterprise) bring back what is remembered but never end it. A usage cap
// is told, not enforced. Of a compressed batch that breaks off, no line counts as
// emitted, although a client may have read some. There is no compliance stream
// and no batch compliance. What of X's API is not served is a 404, as a path that
// X does not have.
//
// Every answer carries "Server: catsvdogs-simulator", by which a client can tell
// that the posts are invented.
//
// The package owns the HTTP edge and the counting. What posts say is the
// business of package world, their JSON that of package wire, remembering them
// that of package chronicle, broken lines that of package fault, and the rule
// language that of pipeline/rule.
package simulator
