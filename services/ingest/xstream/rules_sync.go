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

// ruleSync is what a sync needs to know.
type ruleSync struct {
	want   []Rule
	ownAll bool // remove rules that are not ours
	length int  // characters that a rule may have
}

// synced is the account after a sync.
type synced struct {
	done Changes
	ids  map[string]string // of the wanted rules, by value; one that X did not tell is missing
}

// syncRules brings the account's rules to the wanted ones. A *Failure that is Final tells that a rule was refused.
func (c *client) syncRules(ctx context.Context, s ruleSync) (synced, error) {
	have, err := c.listRules(ctx)
	if err != nil {
		return synced{}, err
	}
	todo, err := compare(s.want, have, s.ownAll)
	if err != nil {
		return synced{}, &Failure{Kind: RulesRefused, Doing: "compare the rules", Err: err}
	}
	ids := make(map[string]string, len(have))
	for _, r := range have {
		ids[r.Value] = r.ID
	}
	standIns := todo.standIns(s.length, ruleCap(s.length)-len(have))
	duplicates, err := c.addRules(ctx, slices.Concat(todo.Add, standIns), ids)
	if err != nil {
		return synced{}, err
	}
	todo.Retag = append(todo.Retag, todo.keep(duplicates, ids)...)
	if err := c.deleteRules(ctx, todo.Retag); err != nil {
		return synced{}, err
	}
	if _, err := c.addRules(ctx, todo.Retag, ids); err != nil {
		return synced{}, err
	}
	// One that X has made no new rule of, or told no id for, is left: the next sync takes it for an older rule of ours.
	leave := slices.Clone(todo.Remove)
	for _, r := range standIns {
		r.ID = ids[r.Value]
		if r.ID != "" && !slices.ContainsFunc(leave, func(other Rule) bool { return other.ID == r.ID }) {
			leave = append(leave, r)
		}
	}
	if err := c.deleteRules(ctx, leave); err != nil {
		return synced{}, err
	}
	return synced{done: todo, ids: ids}, nil
}

func (c *client) listRules(ctx context.Context) ([]Rule, error) {
	var rules []Rule
	query := url.Values{"max_results": {"1000"}}
	for range maxRulePages {
		var page rulesAnswer
		if err := c.call(ctx, "list the rules", http.MethodGet, rulesPath, query, nil, &page); err != nil {
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

// addRules adds rules, notes their ids by value, and returns X's problems with those that are there already.
func (c *client) addRules(ctx context.Context, rules []Rule, ids map[string]string) (duplicates []Problem, err error) {
	if len(rules) == 0 {
		return nil, nil
	}
	request := addRequest{Add: slices.Clone(rules)}
	for i := range request.Add {
		request.Add[i].ID = ""
	}
	const doing = "add rules"
	var answer rulesAnswer
	if err := c.call(ctx, doing, http.MethodPost, rulesPath, nil, request, &answer); err != nil {
		return nil, refusal(err)
	}
	for _, r := range answer.Data {
		ids[r.Value] = r.ID
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
	if err := c.call(ctx, "delete rules", http.MethodPost, rulesPath, nil, request, &answer); err != nil {
		return err
	}
	if answer.Meta != nil && answer.Meta.Summary.NotDeleted > 0 {
		c.logger.Warn("X did not delete all rules", "not_deleted", answer.Meta.Summary.NotDeleted, "of", len(rules))
	}
	return nil
}
