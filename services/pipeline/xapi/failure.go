package xapi

import (
	"cmp"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Kind says what went wrong, as far as it decides what to do next. It is also the label in metrics and logs.
type Kind string

// Kinds of failed requests. Who reads a stream has more of them.
const (
	Network            Kind = "network"              // no answer to a request
	HTTP               Kind = "http"                 // an answer that is no success and none of those below
	Conflict           Kind = "conflict"             // 409: what is there is in the way, such as rules or a job that runs
	Provisioning       Kind = "provisioning"         // 409: X is still setting up what the account has subscribed to
	RateLimited        Kind = "rate_limited"         // 429
	TooManyConnections Kind = "too_many_connections" // 429: another connection of the account is open
	NoCredit           Kind = "no_credit"            // 402, or the account's posts are used up
	Unauthorized       Kind = "unauthorized"         // 401; final
	Forbidden          Kind = "forbidden"            // 403; final
)

// IssueTooManyConnections is X's name for the connection issue of the kind TooManyConnections.
const IssueTooManyConnections = "TooManyConnections"

// Failure is why a request, or a stream, failed.
type Failure struct {
	Kind     Kind
	Doing    string    // what was being done, for the message
	Status   int       // of the answer; 0 when there was none
	Problems []Problem // what X said, if anything
	RetryAt  time.Time // when X says that another try makes sense; zero when it does not say
	Advice   string    // what a person should look at; "" for what is known of the kind
	Err      error     // the cause, where there was no answer
}

// Final says whether another try cannot help before a person has changed something about the account.
func (f *Failure) Final() bool { return f.Kind == Unauthorized || f.Kind == Forbidden }

// advice says what a person should look at.
var advice = map[Kind]string{
	Unauthorized: "check that the bearer token is the app's Bearer Token, not its API key, and has not been regenerated since",
	Forbidden:    "check in X's developer console that the app belongs to a project whose plan includes what is asked for",
	Provisioning: "this ends by itself; if it lasts for hours, look into X's developer console",
	NoCredit:     "buy credits or raise the spending limit in X's developer console",
	TooManyConnections: "another process reads the stream with the same token, or X has not noticed yet that an earlier " +
		"connection is gone",
}

// Error says what failed, what X said and what to look at.
func (f *Failure) Error() string {
	var b strings.Builder
	b.WriteString(f.Doing)
	if f.Status != 0 {
		fmt.Fprintf(&b, ": X answered %d %s", f.Status, http.StatusText(f.Status))
	}
	for _, p := range f.Problems {
		b.WriteString(": " + p.String())
	}
	if f.Err != nil {
		b.WriteString(": " + f.Err.Error())
	}
	if a := cmp.Or(f.Advice, advice[f.Kind]); a != "" {
		b.WriteString("; " + a)
	}
	return b.String()
}

// Unwrap returns the cause.
func (f *Failure) Unwrap() error { return f.Err }

// judge tells answers apart that are no success. Bodies of rate limits differ, so those go by status and headers alone.
func judge(doing string, status int, header http.Header, said []Problem, now time.Time) *Failure {
	f := &Failure{Kind: HTTP, Doing: doing, Status: status, Problems: said}
	switch status {
	case http.StatusUnauthorized:
		f.Kind = Unauthorized
	case http.StatusPaymentRequired:
		f.Kind = NoCredit
	case http.StatusForbidden:
		f.Kind = Forbidden
	case http.StatusConflict:
		f.Kind = Conflict
	case http.StatusTooManyRequests:
		f.Kind = RateLimited
		f.RetryAt = resetTime(header, now)
	case http.StatusServiceUnavailable:
		f.RetryAt = retryAfter(header, now)
	}
	for _, p := range said {
		if p.OutOfCredit() {
			f.Kind = NoCredit
		}
		if f.Kind == Conflict && p.ConnectionIssue == "ProvisioningSubscription" {
			f.Kind = Provisioning
		}
		if f.Kind == RateLimited && p.ConnectionIssue == IssueTooManyConnections {
			f.Kind = TooManyConnections
			// The reset is that of the connects' budget. While some of it is left it says nothing about the
			// connection that is in the way, and waiting for it would lose minutes of posts.
			if header.Get("x-rate-limit-remaining") != "0" {
				f.RetryAt = time.Time{}
			}
		}
	}
	return f
}

// resetTime reads x-rate-limit-reset (Unix seconds) and Retry-After, whichever is later.
func resetTime(header http.Header, now time.Time) time.Time {
	at := retryAfter(header, now)
	if n, err := strconv.ParseInt(header.Get("x-rate-limit-reset"), 10, 64); err == nil && n > 0 {
		if reset := time.Unix(n, 0); reset.After(at) {
			return reset
		}
	}
	return at
}

// retryAfter reads Retry-After (RFC 9110, 10.2.3), in seconds or as a date.
func retryAfter(header http.Header, now time.Time) time.Time {
	value := header.Get("Retry-After")
	if n, err := strconv.ParseUint(value, 10, 31); err == nil {
		return now.Add(time.Duration(n) * time.Second)
	}
	if at, err := http.ParseTime(value); err == nil {
		return at
	}
	return time.Time{}
}
