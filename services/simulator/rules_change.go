package simulator

import (
	"errors"
	"net/http"
	"slices"
	"strconv"
	"unicode/utf8"

	"catsvdogs/services/pipeline/rule"
)

// maxTag is the longest tag in characters. X does not document its own limit.
const maxTag = 255

// ruleError is why one rule of a change was not taken.
type ruleError struct {
	Value   string         `json:"value,omitempty"`
	ID      string         `json:"id,omitempty"`
	Details []string       `json:"details,omitempty"`
	Errors  []requestError `json:"errors,omitempty"`
	Title   string         `json:"title"`
	Detail  string         `json:"detail,omitempty"`
	Type    string         `json:"type"`
}

type addSummary struct {
	Created    int `json:"created"`
	NotCreated int `json:"not_created"`
	Valid      int `json:"valid"`
	Invalid    int `json:"invalid"`
}

type deleteSummary struct {
	Deleted    int `json:"deleted"`
	NotDeleted int `json:"not_deleted"`
}

// changeRules is POST /2/tweets/search/stream/rules. A change is in force on
// the open stream with the next post.
func (s *server) changeRules(w http.ResponseWriter, r *http.Request) {
	options, mistakes := readRulesOptions(r.URL.Query())
	if len(mistakes) > 0 {
		writeProblem(w, invalidRequest(mistakes...))
		return
	}
	req, refused := readRulesBody(w, r)
	switch {
	case refused != nil:
		writeProblem(w, *refused)
	case options.deleteAll && (req != nil || options.dryRun):
		writeProblem(w, invalidRequest(mistaken("delete_all", []string{"true"}, "`delete_all` must be specified with no other parameters")))
	case options.deleteAll:
		s.answerDelete(w, s.rules.removeAll(), nil)
	case req == nil:
		writeProblem(w, invalidRequest(mistaken("", nil, "the request body must contain exactly one of `add` and `delete`")))
	case req.Add != nil:
		s.answerAdd(w, req.Add, options.dryRun)
	default:
		summary, errs := s.rules.remove(*req.Delete, options.dryRun)
		s.answerDelete(w, summary, errs)
	}
	s.feed.stir()
}

// answerAdd: 201 when something was created and, as recorded of X, for
// duplicates; 200 when rules were invalid and for a dry run.
func (s *server) answerAdd(w http.ResponseWriter, add []newRuleBody, dryRun bool) {
	created, summary, errs, err := s.rules.add(add, dryRun)
	if err != nil {
		writeProblem(w, ruleCap())
		return
	}
	status := http.StatusCreated
	if dryRun || slices.ContainsFunc(errs, func(e ruleError) bool { return e.Type == invalidRules }) {
		status = http.StatusOK
	}
	writeJSON(w, status, rulesBody{Data: created, Meta: rulesMeta{Sent: s.sent(), Summary: summary}, Errors: errs})
}

func (s *server) answerDelete(w http.ResponseWriter, summary deleteSummary, errs []ruleError) {
	writeJSON(w, http.StatusOK, rulesBody{Meta: rulesMeta{Sent: s.sent(), Summary: summary}, Errors: errs})
}

const (
	invalidRules   = problemBase + "invalid-rules"
	duplicateRules = problemBase + "duplicate-rules"
)

var errRuleCap = errors.New("too many rules")

// add takes all new rules or, when one of them is invalid, none. Duplicates
// are left out and keep their old tag. The summary counts a duplicate as
// invalid, as X does.
func (r *ruleSet) add(add []newRuleBody, dryRun bool) ([]storedRule, addSummary, []ruleError, error) {
	r.change.Lock()
	defer r.change.Unlock()
	begin, current := r.next, r.snapshot()
	next := &ruleSnapshot{stored: slices.Clone(current.stored)}
	var errs []ruleError
	invalid := false
	for _, body := range add {
		parsed, details := checkRule(body)
		if details != nil {
			invalid = true
			errs = append(errs, ruleError{Value: body.Value, Details: details, Title: "UnprocessableEntity", Type: invalidRules})
			continue
		}
		if old, ok := next.byValue(body.Value); ok {
			errs = append(errs, ruleError{Value: body.Value, ID: old.ID, Title: "DuplicateRule", Type: duplicateRules})
			continue
		}
		next.stored = append(next.stored, r.newRule(body.Value, body.Tag, parsed))
	}
	created := next.stored[len(current.stored):]
	summary := addSummary{Valid: len(created), Invalid: len(errs)}
	if len(next.stored) > maxRules {
		r.next = begin
		return nil, summary, nil, errRuleCap
	}
	if invalid {
		created = nil
	}
	summary.Created, summary.NotCreated = len(created), len(add)-len(created)
	if invalid || dryRun || len(created) == 0 {
		r.next = begin
	} else {
		r.store(next.stored)
	}
	return created, summary, errs, nil
}

func checkRule(body newRuleBody) (*rule.Rule, []string) {
	parsed, err := rule.Parse(body.Value)
	if err != nil {
		var syntax *rule.SyntaxError
		if errors.As(err, &syntax) {
			return nil, syntax.Messages()
		}
		return nil, []string{err.Error()}
	}
	if utf8.RuneCountInString(body.Tag) > maxTag {
		return nil, []string{"Rule tags must be at most " + strconv.Itoa(maxTag) + " characters long"}
	}
	return parsed, nil
}

// remove deletes what exists of the given rules and reports the others.
func (r *ruleSet) remove(body deleteRulesBody, dryRun bool) (deleteSummary, []ruleError) {
	r.change.Lock()
	defer r.change.Unlock()
	current := r.snapshot()
	doomed := map[string]bool{}
	var errs []ruleError
	missing := func(e ruleError, parameter, value string) {
		p := invalidRequest(mistaken(parameter, []string{value}, "Rule does not exist"))
		e.Errors, e.Title, e.Detail, e.Type = p.Errors, p.Title, p.Detail, p.Type
		errs = append(errs, e)
	}
	for _, id := range body.IDs {
		if _, ok := current.byID(id); !ok {
			missing(ruleError{ID: id}, "id", id)
			continue
		}
		doomed[id] = true
	}
	for _, value := range body.Values {
		found, ok := current.byValue(value)
		if !ok {
			missing(ruleError{Value: value}, "value", value)
			continue
		}
		doomed[found.ID] = true
	}
	if !dryRun && len(doomed) > 0 {
		r.store(slices.DeleteFunc(slices.Clone(current.stored), func(s storedRule) bool { return doomed[s.ID] }))
	}
	return deleteSummary{Deleted: len(doomed), NotDeleted: len(errs)}, errs
}

func (r *ruleSet) removeAll() deleteSummary {
	r.change.Lock()
	defer r.change.Unlock()
	n := r.count()
	r.store(nil)
	return deleteSummary{Deleted: n}
}
