// Package promotion says what about a post speaks for an advertisement: each reason by name, with a weight from
// contest.yaml, and their sum as a score. It also knows which texts were posted lately, because repeating itself is what
// advertising does.
//
// The package reads texts that are cleaned already (package enrich does that) and knows neither sources nor documents.
// Everything is pure but Window, which remembers.
package promotion
