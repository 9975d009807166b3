// Package jetstream is a client of Bluesky's Jetstream: it holds one connection to one of several hosts, on the v1 wire
// of /subscribe, goes on from where it was after every failure, and hands out events with the frames they came in. It
// owns neither which events are wanted nor where they are written, and it does not drop what comes twice: after every
// reconnect some events do, because the stream is asked for again from a few seconds before its last position.
//
// Sources: github.com/bluesky-social/jetstream, README ("Consuming Jetstream": endpoint, query parameters, cursors) and
// the issues of its first version about silent connections and about disorder where a replay meets the present.
package jetstream
