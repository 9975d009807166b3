// Package xapi is a client of X's API v2 for requests with an app's bearer token: what is asked for of a post, posts by
// their ids, batch compliance jobs; what an answer that is no success means; how a page of posts becomes one line for each;
// and how many requests fit into a limit. It follows no redirect and lets the token into no error. It owns neither the
// stream (ingest/xstream), nor when a request is tried again, nor what may be spent (pipeline/spend).
//
// Sources: docs.x.com, "Posts lookup", "Batch compliance", "Rate limits", "Response codes", and the OpenAPI description of
// the API, version 2.167. Type URLs of problems are matched by their last path segment: the host before it has changed.
package xapi
