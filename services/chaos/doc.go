//go:build unix

// Package chaos breaks the running product in the ways that happen in production, and proves by an account of every record
// that nothing was lost, doubled or let in that should not be.
//
//	simulator ──▶ ingest ──▶ brokers ×3 ──▶ enricher ×2 ──▶ brokers ──▶ sink ×2 ──▶ Elasticsearch, MinIO
//	    │           ▲           ▲              ▲                          ▲            ▲
//	  truth         └───────────┴── faults, by a plan that follows from a seed ────────┘
//	    └──────────────────────────────▶ account ◀── topics, index, archive
//
// The servers are real ones (package realparts), the services their own binaries in processes of their own, the network
// between them goes through proxies. A run prepares all of it, lets the plan happen, heals, waits until all is settled and
// takes the account. A fault that cannot be shown to have happened fails the run as much as an account that does not balance.
//
// Clocks are broken for one process at a time, while it runs: its wall clock jumps by hours and back, and its monotonic clock
// does not move (package wallclock).
//
// It owns the faults, their evidence and their order. What a record's way should be is the account's business (services/ledger);
// how a fault of the source is carried out is the simulator's.
package chaos
