package simulator

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"catsvdogs/services/simulator/wire"
)

const (
	maxPage  = 1000
	tokenLen = 16 // characters of a pagination token, as specified
)

type rulesBody struct {
	Data   []storedRule `json:"data,omitempty"`
	Meta   rulesMeta    `json:"meta"`
	Errors []ruleError  `json:"errors,omitempty"`
}

type rulesMeta struct {
	Sent        string `json:"sent"`
	ResultCount *int   `json:"result_count,omitempty"`
	NextToken   string `json:"next_token,omitempty"`
	Summary     any    `json:"summary,omitempty"`
}

// readRules is GET /2/tweets/search/stream/rules. Ids that are unknown are
// left out of the answer.
func (s *server) readRules(w http.ResponseWriter, r *http.Request) {
	page, mistakes := rulesPage(r.URL.Query())
	if len(mistakes) > 0 {
		writeProblem(w, invalidRequest(mistakes...))
		return
	}
	body := rulesBody{Meta: rulesMeta{Sent: s.sent()}}
	for _, rule := range s.rules.snapshot().stored {
		if rule.number <= page.after || page.ids != nil && !page.ids[rule.ID] {
			continue
		}
		if len(body.Data) == page.size {
			// The token is the last rule that was shown, so that rules deleted
			// meanwhile move none off the next page.
			body.Meta.NextToken = fmt.Sprintf("%0*x", tokenLen, body.Data[page.size-1].number)
			break
		}
		body.Data = append(body.Data, rule)
	}
	n := len(body.Data)
	body.Meta.ResultCount = &n
	writeJSON(w, http.StatusOK, body)
}

func (s *server) sent() string { return s.now().UTC().Format(wire.TimeFormat) }

type rulePage struct {
	ids   map[string]bool // nil for all
	after uint64
	size  int
}

func rulesPage(query url.Values) (rulePage, []requestError) {
	page := rulePage{size: maxPage}
	var mistakes []requestError
	wrong := func(name, message string) {
		mistakes = append(mistakes, mistaken(name, query[name], message))
	}
	for _, name := range slices.Sorted(maps.Keys(query)) {
		switch name {
		case "ids":
			page.ids = map[string]bool{}
			for id := range strings.SplitSeq(strings.Join(query["ids"], ","), ",") {
				if !isRuleID(id) {
					wrong("ids", "The `ids` query parameter value ["+id+"] is not valid")
					break
				}
				page.ids[id] = true
			}
			if len(page.ids) > maxPage {
				wrong("ids", "The number of values in the `ids` query parameter list is not between 1 and 1000")
			}
		case "max_results":
			n, err := strconv.Atoi(query.Get(name))
			if err != nil || n < 1 || n > maxPage {
				wrong(name, "The `max_results` query parameter value ["+query.Get(name)+"] is not between 1 and 1000")
			}
			page.size = n
		case "pagination_token":
			after, err := strconv.ParseUint(query.Get(name), 16, 64)
			if err != nil || len(query.Get(name)) != tokenLen {
				wrong(name, "The `pagination_token` query parameter value ["+query.Get(name)+"] is not valid")
			}
			page.after = after
		default:
			wrong(name, "The query parameter ["+name+"] is not one of [ids,max_results,pagination_token]")
		}
	}
	return page, mistakes
}

// isRuleID follows the specification: ^[0-9]{1,19}$.
func isRuleID(id string) bool {
	for i := range len(id) {
		if id[i] < '0' || id[i] > '9' {
			return false
		}
	}
	return len(id) >= 1 && len(id) <= 19
}

// appID stands for the one app that the simulator knows.
const appID = "1"

// countRules is GET /2/tweets/search/stream/rules/counts. All fields are
// given, whichever are asked for.
func (s *server) countRules(w http.ResponseWriter, _ *http.Request) {
	type appCount struct {
		ID    string `json:"client_app_id"`
		Count int    `json:"rule_count"`
	}
	type counts struct {
		Apps       []appCount `json:"all_project_client_apps"`
		AppCap     int        `json:"cap_per_client_app"`
		ProjectCap int        `json:"cap_per_project"`
		App        appCount   `json:"client_app_rules_count"`
		Project    int        `json:"project_rules_count"`
	}
	n := s.rules.count()
	app := appCount{ID: appID, Count: n}
	writeJSON(w, http.StatusOK, struct {
		Data counts `json:"data"`
	}{counts{Apps: []appCount{app}, AppCap: maxRules, ProjectCap: maxRules, App: app, Project: n}})
}
