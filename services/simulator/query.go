package simulator

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"catsvdogs/services/pipeline/rule"
	"catsvdogs/services/simulator/chronicle"
	"catsvdogs/services/simulator/wire"
	"catsvdogs/services/simulator/world"
)

// The longest queries of the plans, in characters.
// https://docs.x.com/x-api/posts/search/integrate/build-a-query
const (
	maxQuery           = 512
	maxQueryEnterprise = 4096
)

// queryParameters are what search and counts have in common.
var queryParameters = []string{"end_time", "query", "since_id", "start_time", "until_id"}

// readQuery reads them. Where nothing bounds them, the posts are those of the
// last seven days up to the ones that search does not know yet.
func (s *server) readQuery(query url.Values) (chronicle.Query, []wire.Mistake) {
	now := s.now()
	newest := now.Add(-s.cfg.SearchLag)
	q := chronicle.Query{From: now.Add(-chronicle.MaxAge), To: newest.Add(time.Nanosecond)}
	mistakes := s.readRule(query, &q)
	since, wrong := readID(query, "since_id", q.From)
	mistakes = append(mistakes, wrong...)
	until, wrong := readID(query, "until_id", q.From)
	mistakes = append(mistakes, wrong...)
	q.Since, q.Until = since, until
	mistakes = append(mistakes, readTimes(query, newest, &q)...)
	byTime := query.Has("start_time") || query.Has("end_time")
	if byTime && (query.Has("since_id") || query.Has("until_id")) {
		mistakes = append(mistakes, wire.Mistake{
			Parameter: "since_id", Values: slices.Concat(query["since_id"], query["until_id"]),
			Message: "Invalid use of 'since_id' or 'until_id' in conjunction with 'start_time' or 'end_time'.",
		})
	}
	return q, mistakes
}

func (s *server) readRule(query url.Values, q *chronicle.Query) []wire.Mistake {
	value, longest := query.Get("query"), maxQuery
	if s.cfg.Plan == PlanEnterprise {
		longest = maxQueryEnterprise
	}
	wrong := func(message string) []wire.Mistake {
		return []wire.Mistake{{Parameter: "query", Values: []string{value}, Message: message}}
	}
	if value == "" {
		return wrong("The `query` query parameter can not be empty")
	}
	if n := utf8.RuneCountInString(value); n > longest {
		return wrong(fmt.Sprintf("There were errors processing your request: Rule length exceeds max length [%d], it was [%d]", longest, n))
	}
	parsed, err := rule.ParseWithin(value, longest)
	var syntax *rule.SyntaxError
	if errors.As(err, &syntax) {
		return wrong("There were errors processing your request: " + strings.Join(syntax.Messages(), ", "))
	}
	if err != nil {
		return wrong(err.Error())
	}
	q.Rule = parsed
	return nil
}

// readID reads the id of a post of the last seven days; 0 stands for none.
func readID(query url.Values, name string, oldest time.Time) (uint64, []wire.Mistake) {
	if !query.Has(name) {
		return 0, nil
	}
	value := query.Get(name)
	wrong := func(message string) []wire.Mistake {
		return []wire.Mistake{{Parameter: name, Values: []string{value}, Message: message}}
	}
	if !isRuleID(value) {
		return 0, wrong("The `" + name + "` query parameter value [" + value + "] is not valid")
	}
	id, _ := strconv.ParseUint(value, 10, 64) // checked to be digits; 19 of them fit
	if first := world.FirstID(oldest); id < first {
		return 0, wrong(fmt.Sprintf("'%s' must be a tweet id created after [%s]. Please use a '%s' that is larger than %d",
			name, oldest.UTC().Format("2006-01-02T15:04Z07:00"), name, first))
	}
	return id, nil
}

func readTimes(query url.Values, newest time.Time, q *chronicle.Query) []wire.Mistake {
	mistakes := append(wire.Moment(query, "start_time"), wire.Moment(query, "end_time")...)
	if len(mistakes) > 0 {
		return mistakes
	}
	wrong := func(name, rest string) {
		value := query.Get(name)
		mistakes = append(mistakes, wire.Mistake{Parameter: name, Values: []string{value}, Message: "Invalid '" + name + "':'" + value + "'. " + rest})
	}
	if query.Has("start_time") {
		start, _ := time.Parse(time.RFC3339, query.Get("start_time")) // checked
		if start.Before(q.From) {
			wrong("start_time", "'start_time' must be on or after "+q.From.UTC().Format("2006-01-02T15:04Z07:00"))
		}
		q.From = start
	}
	if query.Has("end_time") {
		end, _ := time.Parse(time.RFC3339, query.Get("end_time")) // checked
		if end.After(newest) {
			wrong("end_time", "'end_time' must be a minimum of 10 seconds prior to the request time.")
		}
		q.To = end
	}
	if len(mistakes) == 0 && !q.From.Before(q.To) {
		wrong("start_time", "'start_time' must be before 'end_time'.")
	}
	return mistakes
}
