// Package faultplan says which faults a server can have, when it is to have
// them, and which it has really had.
//
// A fault is ordered by name: from a script, by a draw from a seed, or by hand
// while the server runs. The [Board] keeps what is ordered and counts what has
// fired. How a fault is carried out is not the package's business.
package faultplan

import (
	"slices"
	"time"
)

// Name is a fault's name.
type Name string

// The faults. [Catalogue], [OfLookups] and [OfRate] describe them.
const (
	StallWithHeartbeats   Name = "stall_with_heartbeats"
	StallSilent           Name = "stall_silent"
	HalfOpen              Name = "half_open"
	CutMidLine            Name = "cut_mid_line"
	TruncatedChunk        Name = "truncated_chunk"
	GzipTruncated         Name = "gzip_truncated"
	OperationalDisconnect Name = "operational_disconnect"
	CleanClose            Name = "clean_close"
	Reset                 Name = "reset"
	SlowReader            Name = "slow_reader"
	Duplicates            Name = "duplicates"
	Disorder              Name = "disorder"
	UnknownMessage        Name = "unknown_message"
	Edits                 Name = "edits"
	Deletions             Name = "deletions"
	RulesSilentlyLost     Name = "rules_silently_lost"
	SlowAnswer            Name = "slow_answer"
	StuckConnection       Name = "stuck_connection"
	Connect401            Name = "connect_401"
	Connect402            Name = "connect_402"
	Connect403            Name = "connect_403"
	Connect409            Name = "connect_409"
	Connect429            Name = "connect_429"
	Connect503            Name = "connect_503"
	Lookup429             Name = "lookup_429"
	Lookup503             Name = "lookup_503"
	LookupSlow            Name = "lookup_slow"
	LookupCut             Name = "lookup_cut"
	LookupBlind           Name = "lookup_blind"
	Flood                 Name = "flood"
)

// Fault describes one.
type Fault struct {
	Name        Name
	Description string
	// Variants are its forms, if it has several. Without a choice each has its
	// turn.
	Variants []string
	// Count is how many posts it takes, 0 when that means nothing to it.
	Count int
	// For is how long it lasts each time, 0 when that means nothing to it.
	For time.Duration
}

// disconnectTypes are the kinds of disconnect that X specifies
// (OperationalDisconnectProblem).
var disconnectTypes = []string{
	"OperationalDisconnect", "UpstreamOperationalDisconnect", "ForceDisconnect", "UpstreamUncleanDisconnect",
	"SlowReader", "InternalError", "ClientApplicationStateDegraded", "InvalidRules",
}

// OldHost behind a variant's name asks for the problem type as X wrote it until
// 2025.
const OldHost = "@api.twitter.com"

func disconnectVariants() []string {
	var v []string
	for _, kind := range disconnectTypes {
		v = append(v, kind, kind+OldHost)
	}
	return append(v, "client-disconnected")
}

// Catalogue lists the faults that a client of the stream meets. The order is
// that of the draws.
func Catalogue() []Fault {
	return []Fault{
		{Name: StallWithHeartbeats, Description: "Keep-alives go on, posts do not.", For: 30 * time.Second},
		{Name: StallSilent, Description: "Nothing is sent for a while, then the stream goes on.", For: 30 * time.Second},
		{Name: HalfOpen, Description: "The socket stays and nothing is ever sent again: on an open stream, or from a 200 on.", Variants: []string{"stream", "connect"}},
		{Name: CutMidLine, Description: "The connection closes within a post, without the end of the response."},
		{Name: TruncatedChunk, Description: "Broken chunk framing: a chunk that is shorter than it says, or a size that is no number.", Variants: []string{"short", "size"}},
		{Name: GzipTruncated, Description: "The compressed body ends in its middle, inside a proper response. Only where the client asked for gzip."},
		{Name: OperationalDisconnect, Description: "X says that it disconnects, and does.", Variants: disconnectVariants()},
		{Name: CleanClose, Description: "The response ends properly after so many posts.", Count: 10},
		{Name: Reset, Description: "The connection is reset (RST)."},
		{Name: SlowReader, Description: "The client is dropped as too slow, with X's message for it."},
		{Name: Duplicates, Description: "The last posts come again.", Count: 5},
		{Name: Disorder, Description: "So many posts come in another order.", Count: 10},
		{Name: UnknownMessage, Description: "A JSON object of another kind comes on the stream.", Variants: []string{"warning", "system", "info", "empty"}},
		{Name: Edits, Description: "So many of the last posts are edited at once.", Count: 10},
		{Name: Deletions, Description: "So many of the last posts are deleted: look-up and search no longer have them.", Count: 5},
		{Name: RulesSilentlyLost, Description: "All rules vanish. The stream stays open and silent; the next connect is a 409."},
		{Name: SlowAnswer, Description: "A request for rules is answered late.", For: 5 * time.Second},
		{Name: StuckConnection, Description: "A client that has gone is taken for connected still, until its connection is deleted.", For: time.Minute},
		{Name: Connect401, Description: "Connect: the token is refused."},
		{Name: Connect402, Description: "Connect: no credits, in the two forms that X has had.", Variants: []string{"credits_depleted", "payment_required"}},
		{Name: Connect403, Description: "Connect: the app is not enrolled."},
		{
			Name: Connect409, Description: "Connect: the rules are in no state to stream by.",
			Variants: []string{"RuleConfigurationIssue", "RulesInvalidIssue", "ProvisioningSubscription"},
		},
		{
			Name: Connect429, Description: "Connect: too many connections (with headers that show budget), or the rate limit in both forms, with a reset header or with no header at all. The reset lies so far ahead.",
			Variants: []string{"too_many_connections", "code_88", "code_88_no_reset", "problem", "problem_no_reset"}, For: 60 * time.Second,
		},
		{Name: Connect503, Description: "Connect: not available, with Retry-After, without, or as a page of HTML.", Variants: []string{"retry_after", "plain", "html"}, For: 5 * time.Second},
	}
}

// OfLookups lists the faults that only a client meets that looks posts up. None
// is drawn, so that the draws of a seed stay what they are for those that do not.
func OfLookups() []Fault {
	return []Fault{
		{
			Name: Lookup429, Description: "Look-up: the rate limit in both forms, with a reset header or with no header at all. The reset lies so far ahead.",
			Variants: []string{"code_88", "code_88_no_reset", "problem", "problem_no_reset"}, For: 60 * time.Second,
		},
		{Name: Lookup503, Description: "Look-up: not available, with Retry-After, without, or as a page of HTML.", Variants: []string{"retry_after", "plain", "html"}, For: 5 * time.Second},
		{Name: LookupSlow, Description: "A look-up is answered late.", For: 5 * time.Second},
		{Name: LookupCut, Description: "The answer to a look-up breaks off in its middle."},
		{Name: LookupBlind, Description: "Nine in ten of the posts that an answer would have, or its only ones, are told of as not found, though they are there."},
	}
}

// OfRate lists what is no fault of the server and hard to bear all the same. It
// is never drawn.
func OfRate() []Fault {
	return []Fault{{Name: Flood, Description: "So many times as many posts come.", Count: 10, For: 20 * time.Second}}
}

// all is every fault there is.
func all() []Fault { return slices.Concat(Catalogue(), OfLookups(), OfRate()) }

// Find looks a fault up.
func Find(name Name) (Fault, bool) {
	known := all()
	if i := slices.IndexFunc(known, func(f Fault) bool { return f.Name == name }); i >= 0 {
		return known[i], true
	}
	return Fault{}, false
}
