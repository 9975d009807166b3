// Package httpguard makes the HTTP servers of all our processes, so that what is sent to one can hold it up nowhere: a
// request's head, its body and its answer have a bound in time, head and body one in bytes, and the connections one in
// number. It owns these bounds and what happens beyond them, never what is answered within.
//
// What happens beyond: a head that is too long gets 431, a body 413; whoever is too slow is cut. A connection too many takes
// the place of the one that has waited longest without a request being served, so that idle or unfinished ones lock nobody
// out; when all are being served it is cut itself.
package httpguard
