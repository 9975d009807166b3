// Package bulk stores documents in Elasticsearch by bulk requests and judges each document of a request alone: stored,
// stale, refused, or to be sent again. It owns sizes, concurrency, halving and waiting; where documents come from, what
// becomes of one that is refused, and how many may be waiting are its users' business.
//
//	 in ──▶ queue, one document an id ──▶ due? ──▶ workers, one bulk each ──▶ throttle ──▶ POST _bulk
//	                 ▲                               │ ▲                                     │
//	                 └── the next one of the id ─────┘ └── what is to be sent again, after ──┤ a verdict for each item
//	                                                       a growing pause                   ▼
//	                                                                                 Item.Settled, once
//
//	who bounds what    how many bytes wait in the queue: the user, who knows when an item is settled
//	                   how large a bulk is, how many are under way: the throttle, by what Elasticsearch answers
//	                   how long a document waits for others: Pace.FlushInterval
//	                   how long it all takes: the context only
//
// # Order
//
// Bulks overtake each other, and an item that is sent again comes after later ones. External versions with external_gte
// make that harmless for two versions of a document: whichever comes first, the newer one stays. It is not harmless for two
// writes with the same version (a post that was enriched again, a deletion in the millisecond of an observation) nor for
// documents without one, where the last to arrive stays. So of one id at most one item is in a bulk that is waiting or under
// way; the next is kept back until that one has its verdict. Deletions are no exception: they are stubs, which are indexed
// as documents with the version of their observation. What crosses a change of owner keeps the guarantee by versions only.
package bulk
