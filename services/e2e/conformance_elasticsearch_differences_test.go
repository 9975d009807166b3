//go:build unix

package e2e

import "strings"

// indexDifferences are the answers in which the embedded index is known to differ. None of them is met by what the
// services send: documents are encoded by Go from structs, ids are digits, and no query names an index.
func indexDifferences() map[string]difference {
	const (
		byName    = "the request is refused all the same; only the name of the refusal is another one"
		dots      = "names with dots are not expanded, and in a strict mapping an unknown name is refused before its form is looked at"
		lenient   = "Go's JSON decoder puts U+FFFD in place of what is no character and takes the last of two fields of one name"
		fewerWays = "the embedded index reads numbers and ids from the types that our encoder writes"
	)
	long := documentAsked(`{"lang":"` + strings.Repeat("x", 32767) + `"}`)
	longURL := documentAsked(`{"url":"` + strings.Repeat("x", 32767) + `"}`)
	return map[string]difference{
		"an action without a document":                  {[]string{badArgument}, byName},
		"an id that is a number":                        {[]string{badArgument}, fewerWays},
		"a long id beside a good one":                   {[]string{badArgument, stored}, "it judges each item alone, where Elasticsearch refuses the whole request"},
		"more than a node can hold, then less":          {[]string{stored, stored}, "it has no queue to fill: it takes a bulk in one transaction while the sender waits, so there is no 429"},
		"the document {} {}":                            {[]string{unparsed}, byName},
		long:                                            {[]string{badArgument}, byName},
		longURL:                                         {[]string{badArgument}, byName},
		`the document {"created_at":1.5}`:               {[]string{unparsed}, fewerWays},
		`the document {"metrics":{"likes":""}}`:         {[]string{unparsed}, fewerWays},
		"the document {\"text\":\"\xff\"}":              {[]string{stored}, lenient},
		`the document {"lang":"a","lang":"b"}`:          {[]string{stored}, lenient},
		`the document {"":1}`:                           {[]string{strict}, dots},
		`the document {" ":1}`:                          {[]string{strict}, dots},
		`the document {".":1}`:                          {[]string{strict}, dots},
		`the document {"metrics.likes":1}`:              {[]string{strict}, dots},
		`the document {"_id":"x"}`:                      {[]string{strict}, byName},
		"a template that is missing":                    {[]string{"404 resource_not_found_exception", "404 resource_not_found_exception", "404", "404 resource_not_found_exception"}, byName},
		"a template without patterns":                   {[]string{"400 x_content_parse_exception"}, byName},
		"a template that is no JSON":                    {[]string{"400 x_content_parse_exception"}, byName},
		"a count of one index by its name in the query": {[]string{"200", "0"}, "it does not know the field _index"},
		"a write before a refresh":                      {[]string{"200", "1", "1"}, "what is written is visible at once"},
		"a query that is none":                          {[]string{"400 parsing_exception", "400 parsing_exception"}, byName},
		"an unknown endpoint":                           {[]string{"400", "405", "400"}, byName},
	}
}
