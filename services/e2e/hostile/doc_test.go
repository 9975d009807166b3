// Package hostile sends what nobody should send through the whole pipeline on embedded servers, and holds an account of it:
// every record becomes a document or a dead letter with its reason, in memory that has a bound, and nothing of it is markup
// on a page or a line of its own in a log.
package hostile
