package endpoint

import (
	"context"
	"errors"
	"net"
	"net/http"
	"strconv"

	"github.com/sony/gobreaker/v2"
)

// Reasons for which there is no answer. Besides these there is http_NNN for a status other than 200, say http_503, or
// http_other for a status that no standard knows. They are few, so they may be labels of a metric.
const (
	ReasonTimeout         = "timeout"          // the time for a batch was over
	ReasonCanceled        = "canceled"         // the caller gave up
	ReasonBreakerOpen     = "breaker_open"     // the endpoint is being left alone
	ReasonOverloaded      = "overloaded"       // the batches before took all of their time
	ReasonUnreachable     = "unreachable"      // no connection, or one that broke
	ReasonInvalidQuestion = "invalid_question" // it cannot be written as JSON
	ReasonTooLarge        = "too_large"        // the question alone is over the bound of a request
	ReasonAnswerTooLarge  = "answer_too_large" // over the bound of an answer, see Ask
	ReasonInvalidAnswer   = "invalid_answer"   // not what the documentation of the endpoint demands
	ReasonNoAnswer        = "no_answer"        // the model says that it has none for this one
)

// failure is an exchange that failed for a reason that no error of the standard library shows.
type failure struct {
	reason string
	err    error // may be nil
}

func (f *failure) Error() string {
	if f.err == nil {
		return f.reason
	}
	return f.reason + ": " + f.err.Error()
}

func (f *failure) Unwrap() error { return f.err }

// statusReason names a status. A server may send any three digits, which would be as many series of a metric.
func statusReason(status int) string {
	if http.StatusText(status) == "" {
		return "http_other"
	}
	return "http_" + strconv.Itoa(status)
}

func reasonOf(err error) string {
	var known *failure
	var network net.Error
	switch {
	case errors.As(err, &known):
		return known.reason
	case errors.Is(err, gobreaker.ErrOpenState), errors.Is(err, gobreaker.ErrTooManyRequests):
		return ReasonBreakerOpen
	case errors.Is(err, context.Canceled):
		return ReasonCanceled
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &network) && network.Timeout():
		return ReasonTimeout
	default:
		return ReasonUnreachable
	}
}
