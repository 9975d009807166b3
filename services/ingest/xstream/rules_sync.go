package xstream

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
)

// maxRulePages bounds a listing of 1,000 rules a page. The largest plan has some 25,000.
const maxRulePages = 100

// rulesAnswer is X's answer to a request about rules. Status codes differ between documents and captures (201 or 200
// for the same outcome), so the summary and the types of the errors decide.
type rulesAnswer struct {
	Data []Rule `json:"data"`
	Meta *struct {
		NextToken string `json:"next_token"`
		Summary   struct {
			Created    int `json:"created"`
			NotDeleted int `json:"not_deleted"`
		} `json:"summary"`
	} `json:"meta"`
	Errors []any `json:"errors"`
}

type addRequest struct {
	Add []Rule `json:"add"`
}

type deleteRequest struct {
	Delete struct {
		IDs []string `json:"ids"`
	} `json:"delete"`
}

// syncRules brings the account's rules to the wanted ones and returns what was done. A *Failure that is Final tells
// that a rule was refused.
func (c *client) syncRules(ctx context.Context, want []Rule, ownAll bool) (changes, error) {
	have, err := c.listRules(ctx)
	if err != nil {
		return changes{}, err
	}
	todo, err := compare(want, have, ownAll)
	if err != nil {
		return changes{}, &Failure{Kind: RulesRefused, Doing: "compare the rules", Err: err}
	}
	duplicates, err := c.addRules(ctx, todo.add)
	if err != nil {
		return changes{}, err
	}
	todo.retag = append(todo.retag, todo.keep(duplicates)...)
	if err := c.deleteRules(ctx, todo.retag); err != nil {
		return changes{}, err
	}
	if _, err := c.addRules(ctx, todo.retag); err != nil {
		return changes{}, err
	}
	if err := c.deleteRules(ctx, todo.remove); err != nil {
		return changes{}, err
	}
	return todo, nil
}

func (c *client) listRules(ctx context.Context) ([]Rule, error) {
	var rules []Rule
	query := url.Values{"max_results": {"1000"}}
	for range maxRulePages {
		var page rulesAnswer
		if err := c.call(ctx, "list the rules", http.MethodGet, query, nil, &page); err != nil {
			return nil, err
		}
		if page.Meta == nil {
			// An answer cut short must not pass for an account without rules.
			return nil, &Failure{Kind: HTTP, Doing: "list the rules", Problems: problemList(page.Errors, c.hide), Err: errors.New("the answer has no meta")}
		}
		rules = append(rules, page.Data...)
		if page.Meta.NextToken == "" {
			return rules, nil
		}
		query.Set("pagination_token", page.Meta.NextToken)
	}
	return nil, &Failure{Kind: HTTP, Doing: "list the rules", Err: fmt.Errorf("there are more than %d pages", maxRulePages)}
}

// addRules adds rules and returns X's problems with those that are there already.
func (c *client) addRules(ctx context.Context, rules []Rule) (duplicates []Problem, err error) {
	if len(rules) == 0 {
		return nil, nil
	}
	request := addRequest{Add: slices.Clone(rules)}
	for i := range request.Add {
		request.Add[i].ID = ""
	}
	const doing = "add rules"
	var answer rulesAnswer
	if err := c.call(ctx, doing, http.MethodPost, nil, request, &answer); err != nil {
		return nil, refusal(err)
	}
	refused := &Failure{Kind: RulesRefused, Doing: doing}
	for _, p := range problemList(answer.Errors, c.hide) {
		if p.Type == "duplicate-rules" || p.Title == "DuplicateRule" {
			duplicates = append(duplicates, p)
		} else {
			refused.Problems = append(refused.Problems, p)
		}
	}
	if len(refused.Problems) > 0 {
		return nil, refused
	}
	if answer.Meta == nil || answer.Meta.Summary.Created+len(duplicates) < len(rules) {
		return nil, &Failure{Kind: HTTP, Doing: doing, Err: fmt.Errorf("not all %d were added, and no reason was given", len(rules))}
	}
	return duplicates, nil
}

// refusal turns an answer that names what is wrong with a rule into a final failure: the same rules would be refused
// again. Other answers, such as a 503, are worth another try.
func refusal(err error) error {
	f := asFailure(err)
	about := []string{"invalid-rules", "noncompliant-rules", "rule-cap", "duplicate-rules"}
	if f.Status >= 400 && f.Status < 500 && slices.ContainsFunc(f.Problems, func(p Problem) bool { return slices.Contains(about, p.Type) }) {
		f.Kind = RulesRefused
	}
	return f
}

// deleteRules deletes rules by id. One that is gone already is what was wanted.
func (c *client) deleteRules(ctx context.Context, rules []Rule) error {
	if len(rules) == 0 {
		return nil
	}
	var request deleteRequest
	for _, r := range rules {
		request.Delete.IDs = append(request.Delete.IDs, r.ID)
	}
	var answer rulesAnswer
	if err := c.call(ctx, "delete rules", http.MethodPost, nil, request, &answer); err != nil {
		return err
	}
	if answer.Meta != nil && answer.Meta.Summary.NotDeleted > 0 {
		c.logger.Warn("X did not delete all rules", "not_deleted", answer.Meta.Summary.NotDeleted, "of", len(rules))
	}
	return nil
}
