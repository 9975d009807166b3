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
//	                   what waits for an index that takes no documents, and behind that: Options.Parking, as the user counts
//	                   it (Item.Memory); over it nothing more is read, for any index
//	                   how long it all takes: the context only
//
// # Trouble
//
// A document is refused only when Elasticsearch says so of it alone. What is no fault of a document is waited out, and said:
// a server that is away, a missing template, a request that is refused as a whole without naming a document, and, for the
// items of one index only, an index that is closed, blocked, was opened without its template, or has an older mapping.
//
// # Order
//
// Bulks overtake each other, and an item that is sent again comes after later ones. External versions with external_gte
// make that harmless for two versions of a document: whichever comes first, the newer one stays. It is not harmless for two
// writes with the same version (a post that was enriched again) nor for documents without one, where the last to arrive
// stays. So of one id at most one item is in a bulk that is waiting or under way; the next is kept back until that one has
// its verdict. Deletions are no exception: they are stubs, which are indexed as documents (Item.Above). What crosses a change
// of owner keeps the guarantee by versions only.
package bulk
