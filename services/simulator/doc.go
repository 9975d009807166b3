// Package simulator is a server that speaks the filtered stream of X API v2 and
// what belongs to it: the stream itself, its rules, look-up of posts and of their
// authors, recent search and counts of posts, batch compliance, connections,
// usage, and all their limits and errors. A client that works with X works with
// it unchanged and needs neither account nor token.
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
// backfill, within the bounds of package chronicle. Usage counts a post once in
// a UTC day.
//
// It misbehaves like X when told to: package faultplan has the faults, by
// --faults, --fault-rate and /simulator/v1/faults. None happens by default.
//
// # What becomes of posts
//
// Likes and the like grow on the curve of world.Engagement, by half of what is
// left in every --half-life; a demo takes some 15s. The line of a first version
// has what a post arrives with, nearly nothing; that of an edit what the post has
// won by the moment of the edit. A line has the same bytes whenever it comes:
// again, in disorder or in a backfill. Look-up and search show the metrics of the
// moment, the same for all versions, and the history of all versions.
//
// --deleted and --protected let posts go. The stream tells nobody, as X's does
// not, and a backfill brings them still; nobody edits them any more. Search and
// counts are without them. Look-up has "resource-not-found" for what is deleted
// and "not-authorized-for-resource" for what is protected.
//
// A restart or --remember makes the simulator forget, as X never does. It says
// "resource-unavailable" of an id that it may have given to a post, before its
// memory begins: that is no deletion.
//
// Batch compliance jobs (POST and GET /2/compliance/jobs) name what is lost of
// the ids that are uploaded, by the moment of the upload; forgotten posts are not
// among it. They are in progress for --compliance-takes. Both files of a job are
// at this server, at the address at which the job was asked for, and need no
// token. There is one job of a type at a time, and its upload may have 64 MiB.
//
// # What it tells beside X's API
//
//	GET    /simulator/v1/status        counts of what was made and handed over
//	GET    /simulator/v1/truth         each line and post that was handed over, with
//	                                   its digest, as NDJSON: what --truth writes to
//	                                   a file, or else the last --remember-truth
//	                                   lines; ?after=N&limit=M pages, 410 for what
//	                                   is not kept
//	POST   /simulator/v1/pause         no more posts, and /resume
//	GET    /simulator/v1/faults        all faults; POST and DELETE on …/faults/NAME
//	GET    /simulator/v1/engagement    the sums of likes, retweets, replies, quotes
//	                                   and bookmarks over the posts that a client
//	                                   was given and that are there, and how many
//	                                   are gone: of all, and by the tags of their
//	                                   rules; ?at=MOMENT for another than now
//	  ?ids=ID,…                        the same of single posts: metrics, gone, why
//	                                   and since when
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
// look-up, compliance, users, 429, disconnects.
//
// # What it is not true to
//
// There are no posts but those that some rule asked for when they were made, so
// search finds nothing else. Relevancy is recency. The caps on rules are those
// of the pay-per-use plan on both plans, and start_time and end_time of the
// stream (Enterprise) bring back what is remembered but never end it. A usage cap
// is told, not enforced. Of a compressed batch that breaks off, no line counts as
// emitted, although a client may have read some. Authors become protected one post at a
// time, and compliance jobs about users find nothing. Uploads are not resumable.
// There is no compliance stream. What of X's API is not served is a 404, as a path
// that X does not have.
//
// Every answer carries "Server: catsvdogs-simulator", by which a client can tell
// that the posts are invented.
//
// The package owns the HTTP edge and the counting. What posts say is the
// business of package world, their JSON that of package wire, remembering them
// that of package chronicle, broken lines that of package fault, and the rule
// language that of pipeline/rule.
package simulator
