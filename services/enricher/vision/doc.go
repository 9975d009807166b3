// Package vision asks a model behind HTTP what the pictures of posts show: a hashtag says that a post is about a cat,
// the picture may show a dinner. It is optional and off by default. It owns the form of the request and of the answer,
// what of an answer is believed, and which addresses of pictures are handed on; batches, timeout, breaker and the
// bounds in bytes are package endpoint's, which also says why there is no model in the process.
//
// The enricher fetches no picture. It hands on addresses only, and only those that a platform serves pictures from:
// https, on a host of --vision-hosts, at the usual port. So a post cannot make the model's machine, which may stand in
// a network that posts have no business in, fetch an address of the poster's choice.
//
// # Request
//
// One POST with Content-Type application/json, with Authorization: Bearer where a token is given, at most
// --vision-batch-items posts and --vision-batch-bytes bytes. The labels are the teams of the contest:
//
//	{"labels": [{"id": "cats", "name": "Cats"}, {"id": "dogs", "name": "Dogs"}],
//	 "posts": [
//	   {"id": "1790000000000000001", "pictures": ["https://pbs.twimg.com/media/invented1.jpg"]},
//	   {"id": "1790000000000000002", "pictures": ["https://pbs.twimg.com/media/invented2.jpg", "https://pbs.twimg.com/media/invented3.jpg"]}
//	 ]}
//
// A post has one to ten pictures. An id may come twice, when two looks at one post come at once.
//
// # Answer
//
// Status 200 and one JSON object. The answers are as many as the posts and in the same order, each with its post's id:
//
//	{"model": "clip-vit-b32", "answers": [
//	  {"id": "1790000000000000001", "confidence": {"cats": 0.981, "dogs": 0.004}},
//	  {"id": "1790000000000000002", "confidence": null}
//	]}
//
// confidence has, for each label, how sure the model is, 0 to 1, that at least one of the pictures shows it. They need
// not sum to 1: a picture may show both, or neither. It is null where the model has no opinion, for example because it
// could not fetch a picture. model is kept to 64 printing characters. Further fields and labels are allowed and not read.
//
// The whole answer is refused when it is no such object, names no model, or has other ids or another order than the
// request. An answer that lacks a label, or has a confidence out of range, is refused alone. Any other status than 200
// refuses the request; it is not sent again.
//
// exchange.schema.json holds both forms as a JSON Schema (draft 2020-12, $defs request and answer); a test holds the
// code to it.
package vision
