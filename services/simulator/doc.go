// Package simulator is a server that speaks the filtered stream of X API v2:
// the stream itself, its rules, their limits and errors. A client that works
// with X works with it unchanged and needs neither account nor token.
//
// Where X's documentation and recorded answers of X differ, the recorded ones
// win; where neither says anything, the comment at the place says what was
// chosen. Every answer carries "Server: catsvdogs-simulator", by which a
// client can tell that the posts are invented.
//
// The package owns the HTTP edge and the counting. What posts say is the
// business of package world, their JSON that of package wire, broken lines that
// of package fault, and the rule language that of pipeline/rule. It does not
// serve look-up of posts, search or compliance.
package simulator
