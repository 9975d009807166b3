// Package endpoint asks a model behind HTTP about many things at once, and never lets it hold up the stream. It owns
// what every such model needs: the address and its secret, batches, the bound in time, the circuit breaker, the size of
// an answer, and the name for what went wrong. What is asked and what an answer means is the business of packages judge
// and vision.
//
// # How it fails
//
// Ask always returns, at the latest when the timeout is over, with a result for each question: an answer, or the reason
// why there is none. It never tries again: the stream goes on without the model, and a later look at the same post asks
// afresh. A redirect is not followed, because the token is for one host.
//
// After --*-breaker-failures failures in a row the breaker opens and nothing is sent for --*-breaker-pause; then one
// request is let through, and its success closes the breaker. A request counts as failed when its answer is no use as a
// whole, be it for its status, its form or its size. It does not count when the caller gave up, nor when it was sent so
// late that less than half of the time was left: that is a sign of many questions, not of a broken model.
//
// # Why an endpoint and no model in the process
//
// A local ONNX model needs onnxruntime, a C++ library that Go reaches through cgo only: the static binary in an empty
// image would be gone, and a crash in it would be a crash of the enricher. A runtime in plain Go would spare that, but
// each replica would still hold a model in memory and spend on it the processor that the stream needs. A model server
// in front of ONNX, and forty lines of glue for the form that packages judge and vision document, is scaled by itself.
//
// # Libraries
//
// github.com/sony/gobreaker/v2 (v2.4.0 of January 2026, MIT, no dependency that is linked) is the breaker. It was
// weighed against github.com/failsafe-go/failsafe-go (v0.9, MIT): that one brings retries, hedges and bulkheads which
// are not wanted here, is not at version 1, and requires gRPC.
package endpoint
