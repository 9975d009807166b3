// Package account is the pure half of the ledger: values of what was handed over, written, indexed and archived go in,
// verdicts come out. It owns what balanced means. It reads nothing, waits for nothing and knows no clock; a caller
// feeds it and asks it, from one goroutine at a time.
//
//	Handed   what the source handed over  against  the records of tweets.raw
//	Origins  each offset of tweets.raw    against  what was made of it: one document, one deletion or one dead letter
//	Copies   what was made of each record against  what the record says
//	Posts    the newest look at each post against  the documents of the index
//	Letters  each refusal                 against  the documents of the dead letters
//	Shelf    a partition's log            against  the objects of the archive
//
// What is missing only because somebody has not come to it yet is pending, never a finding. What looks wrong is a finding
// when it still does in a later round, since questions to several servers never see one moment.
package account
