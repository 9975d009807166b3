package xstream

import (
	"errors"

	"catsvdogs/services/pipeline/xapi"
)

// Failure is why a request or the stream failed.
type Failure = xapi.Failure

// Kinds of failure beside those of requests. The first four end an established stream.
const (
	Closed       xapi.Kind = "closed"        // X ended the stream in order
	Cut          xapi.Kind = "cut"           // the connection broke
	Stalled      xapi.Kind = "stalled"       // no byte, not even a keep-alive, for too long
	Disconnected xapi.Kind = "disconnected"  // X said in the stream that it ends it
	OverBudget   xapi.Kind = "over_budget"   // our own budget is used up
	RulesRefused xapi.Kind = "rules_refused" // X does not take a rule; final
)

// What a person should look at.
const (
	adviceRules  = "change the rules in the contest file"
	adviceBudget = "raise --x-daily-budget or --x-monthly-budget, or narrow the rules"
)

// isFinal says whether another try cannot help before a person has changed something: the account, or the rules.
func isFinal(f *Failure) bool { return f.Final() || f.Kind == RulesRefused }

// dropped says whether an established stream ended.
func dropped(f *Failure) bool {
	return f.Kind == Closed || f.Kind == Cut || f.Kind == Stalled || f.Kind == Disconnected
}

// asFailure returns the failure in err's chain; another error is one of the network.
func asFailure(err error) *Failure {
	var f *Failure
	if errors.As(err, &f) {
		return f
	}
	return &Failure{Kind: xapi.Network, Doing: "read the stream", Err: err}
}
