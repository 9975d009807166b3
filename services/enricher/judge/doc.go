// Package judge asks a model behind HTTP for the sentiment of posts, as an option beside package sentiment. It owns the
// form of the request and of the answer, and what of an answer is believed; batches, timeout, breaker and the bounds in
// bytes are package endpoint's, which also says why there is no model in the process.
//
// It never replaces a score by nothing: a Verdict without a score has the reason, and the caller keeps VADER's score
// and says both in the document, the model that judged and why the other did not.
//
// # Request
//
// One POST with Content-Type application/json, with Authorization: Bearer where a token is given, at most
// --sentiment-batch-items texts and --sentiment-batch-bytes bytes:
//
//	{"texts": [
//	  {"id": "1790000000000000001", "lang": "en", "text": "My cat has found the sunny spot"},
//	  {"id": "1790000000000000002", "lang": "de", "text": "Der Hund ist traurig"}
//	]}
//
// lang is what the source says, a BCP 47 tag, "und" or "". An id may come twice, when two looks at one post come at once.
//
// # Answer
//
// Status 200 and one JSON object. The verdicts are as many as the texts and in the same order, each with its text's id:
//
//	{"model": "xlm-roberta-sentiment-2", "verdicts": [
//	  {"id": "1790000000000000001", "score": 0.8731, "label": "positive"},
//	  {"id": "1790000000000000002", "score": null}
//	]}
//
// score goes from -1, most negative, to 1, and is null where the model has no opinion, for example of a language that it
// does not know. label is positive, neutral or negative; without one it follows from the score by VADER's thresholds
// (sentiment.Label). model is kept to 64 printing characters. Further fields are allowed and not read.
//
// The whole answer is refused when it is no such object, names no model, or has other ids or another order than the
// request: a verdict must never end at another post. A verdict whose score is out of range, or whose label contradicts
// its score, is refused alone. Any other status than 200 refuses the request; it is not sent again.
//
// exchange.schema.json holds both forms as a JSON Schema (draft 2020-12, $defs request and answer); a test holds the
// code to it.
package judge
