// Package agenda knows which posts are to be looked at again, and when: it follows what is observed of posts, says which
// looks are due and in which order, and takes note of those that were done, failed or came too late. It is pure: it asks
// nobody, writes nothing and reads no clock; times are Unix milliseconds that the caller gives, in UTC.
//
// Look k of a post is due at a fixed age. It is done by any later look at the post; once look k+1 is due it lapses, because
// one look then serves both; the last one lapses after a grace, and with it the post is forgotten. A post whose looks are
// all done, and one that was deleted, are kept until then as well: a copy of an early observation that comes late, which
// happens on X and in a replay, would otherwise begin its looks anew.
package agenda
