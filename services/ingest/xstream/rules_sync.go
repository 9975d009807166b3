package xstream

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"catsvdogs/services/pipeline/rule"
	"catsvdogs/services/pipeline/xapi"
)

const (
	// rulePage is how many rules a page of a listing has, X's maximum.
	rulePage = 1000
	// spareRules is how many rules more than its plan allows an account may have: it had another plan before.
	spareRules = 2 * rulePage
	// rulePart is how many rules are exchanged at once where an account has no room for old and new ones.
	rulePart = 100
)

// rulePageBytes bounds a page: each character may take six bytes in JSON, but those of a whole page do not; and there are
// id, tag and framing.
func rulePageBytes(length int) int64 { return rulePage * int64(4*length+1024) }

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

// syncRules brings the account's rules to the wanted ones. A *Failure of the kind RulesRefused is final.
func (c *client) syncRules(ctx context.Context, s ruleSync) (synced, error) {
	have, err := c.listRules(ctx, s.length)
	if err != nil {
		return synced{}, err
	}
	todo, err := compare(s.want, have, s.ownAll)
	if err != nil {
		return synced{}, &Failure{Kind: RulesRefused, Doing: "compare the rules", Advice: adviceRules, Err: err}
	}
	ids := make(map[string]string, len(have))
	for _, r := range have {
		ids[r.Value] = r.ID
	}
	room := ruleCap(s.length) - len(have)
	standIns := todo.standIns(s.length, room)
	add, unwanted, duplicates, err := c.exchange(ctx, slices.Concat(todo.Add, standIns), todo.Remove, room, ids)
	if err != nil {
		return synced{}, err
	}
	last, err := c.addRules(ctx, add, ids)
	if err != nil {
		return synced{}, err
	}
	duplicates = append(duplicates, last...)
	todo.Retag = append(todo.Retag, todo.keep(duplicates, ids)...)
	if err := c.deleteRules(ctx, todo.Retag); err != nil {
		return synced{}, err
	}
	if _, err := c.addRules(ctx, todo.Retag, ids); err != nil {
		return synced{}, err
	}
	// One that X has made no new rule of, or told no id for, is left: the next sync takes it for an older rule of ours.
	leave := slices.DeleteFunc(slices.Clone(todo.Remove), func(r Rule) bool {
		return !slices.ContainsFunc(unwanted, func(left Rule) bool { return left.ID == r.ID })
	})
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

// exchange makes room on an account that has none for all that is to be added, by removing what is not wanted any more:
// some are added, then as many are removed, so that at every moment most of what should match does. It returns what is
// left to be added, for which there is room then as far as that was to be had, and left to be removed.
func (c *client) exchange(ctx context.Context, add, remove []Rule, room int, ids map[string]string) (_, _ []Rule, duplicates []xapi.Problem, err error) {
	for len(add) > room && len(remove) > 0 {
		if room > 0 {
			part := add[:min(room, rulePart)]
			said, err := c.addRules(ctx, part, ids)
			if err != nil {
				return nil, nil, nil, err
			}
			if len(said) > 0 {
				// What X takes for the same rule may be among those to be removed.
				remove = slices.DeleteFunc(slices.Clone(remove), func(r Rule) bool {
					return slices.ContainsFunc(said, func(p xapi.Problem) bool { return p.ID == r.ID })
				})
			}
			duplicates = append(duplicates, said...)
			add, room = add[len(part):], room-len(part)
		}
		if room > 0 {
			continue
		}
		part := remove[:min(len(remove), len(add)-room, rulePart)]
		if err := c.deleteRules(ctx, part); err != nil {
			return nil, nil, nil, err
		}
		remove, room = remove[len(part):], room+len(part)
	}
	return add, remove, duplicates, nil
}

// listRules returns the account's rules, of which each has at most length characters. More than the plan has, or a listing
// that goes round in circles, is an error: what is taken into memory is bounded.
func (c *client) listRules(ctx context.Context, length int) ([]Rule, error) {
	const doing = "list the rules"
	var rules []Rule
	query := url.Values{"max_results": {strconv.Itoa(rulePage)}}
	for pages, most := 1, ruleCap(length)+spareRules; ; pages++ {
		var page rulesAnswer
		if err := c.CallWithin(ctx, rulePageBytes(length), doing, http.MethodGet, rulesPath, query, nil, &page); err != nil {
			return nil, err
		}
		if page.Meta == nil {
			// An answer cut short must not pass for an account without rules.
			return nil, &Failure{Kind: xapi.HTTP, Doing: doing, Problems: xapi.ReadProblems(page.Errors, c.Hide), Err: errors.New("the answer has no meta")}
		}
		rules = append(rules, page.Data...)
		next := page.Meta.NextToken
		switch {
		case len(rules) > most || pages > most/rulePage:
			return nil, &Failure{Kind: xapi.HTTP, Doing: doing, Err: fmt.Errorf("there are more than %d, or pages without end; on an enterprise plan give --x-rule-length=%d", most, rule.MaxLengthEnterprise)}
		case next == "":
			return rules, nil
		case next == query.Get("pagination_token"):
			return nil, &Failure{Kind: xapi.HTTP, Doing: doing, Err: errors.New("a page names itself as the next one")}
		}
		query.Set("pagination_token", next)
	}
}

// addRules adds rules, notes their ids by value, and returns X's problems with those that are there already.
func (c *client) addRules(ctx context.Context, rules []Rule, ids map[string]string) (duplicates []xapi.Problem, err error) {
	if len(rules) == 0 {
		return nil, nil
	}
	request := addRequest{Add: slices.Clone(rules)}
	for i := range request.Add {
		request.Add[i].ID = ""
	}
	const doing = "add rules"
	var answer rulesAnswer
	if err := c.Call(ctx, doing, http.MethodPost, rulesPath, nil, request, &answer); err != nil {
		return nil, refusal(err)
	}
	for _, r := range answer.Data {
		ids[r.Value] = r.ID
	}
	refused := &Failure{Kind: RulesRefused, Doing: doing, Advice: adviceRules}
	for _, p := range xapi.ReadProblems(answer.Errors, c.Hide) {
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
		return nil, &Failure{Kind: xapi.HTTP, Doing: doing, Err: fmt.Errorf("not all %d were added, and no reason was given", len(rules))}
	}
	return duplicates, nil
}

// refusal turns an answer that names what is wrong with a rule into a final failure: the same rules would be refused
// again. Other answers, such as a 503, are worth another try.
func refusal(err error) error {
	f := asFailure(err)
	about := []string{"invalid-rules", "noncompliant-rules", "rule-cap", "duplicate-rules"}
	if f.Status >= 400 && f.Status < 500 && slices.ContainsFunc(f.Problems, func(p xapi.Problem) bool { return slices.Contains(about, p.Type) }) {
		f.Kind, f.Advice = RulesRefused, adviceRules
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
	if err := c.Call(ctx, "delete rules", http.MethodPost, rulesPath, nil, request, &answer); err != nil {
		return err
	}
	if answer.Meta != nil && answer.Meta.Summary.NotDeleted > 0 {
		c.logger.Warn("X did not delete all rules", "not_deleted", answer.Meta.Summary.NotDeleted, "of", len(rules))
	}
	return nil
}
