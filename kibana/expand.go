package kibana

import (
	"encoding/json"
	"strconv"
	"strings"
)

// expand returns a copy of v, a decoded JSON value, with the contest in the place of its placeholders:
//
//	{contest.name}
//	{team.id}     {team.name}     {team.color}   {team.kql}      the team's id as a KQL phrase
//	{category.tag}                {category.color}  {category.kql}   the tag as a KQL phrase
//
// An object in a list that names a category is there once for each category, and one that names a team once for each
// team; copies of a panel share its place on the grid. What stands in an object of a list further inside does not
// count: a panel whose list of colours names a team stays one panel. Each string is replaced in one pass, so what a
// name says is never taken for a placeholder.
func expand(v any, s scope) any {
	switch v := v.(type) {
	case string:
		return s.replace(v)
	case map[string]any:
		out := make(map[string]any, len(v))
		for key, child := range v {
			out[s.replace(key)] = expand(child, s)
		}
		return out
	case []any:
		out := make([]any, 0, len(v))
		for _, child := range v {
			scopes := s.of(child)
			for i, inner := range scopes {
				made := expand(child, inner)
				shareGrid(made, i, len(scopes))
				out = append(out, made)
			}
		}
		return out
	default:
		return v
	}
}

// of returns the scopes that an element of a list stands for: one, or one for each team or category that it names.
func (s scope) of(element any) []scope {
	if _, isObject := element.(map[string]any); !isObject {
		return []scope{s}
	}
	switch {
	case s.category == nil && names(element, "{category."):
		return s.eachCategory()
	case s.team == nil && names(element, "{team."):
		return s.eachTeam()
	default:
		return []scope{s}
	}
}

// names reports whether v says text outside of objects in lists.
func names(v any, text string) bool {
	switch v := v.(type) {
	case string:
		return strings.Contains(v, text)
	case map[string]any:
		for key, child := range v {
			if strings.Contains(key, text) || names(child, text) {
				return true
			}
		}
	case []any:
		for _, child := range v {
			if _, isObject := child.(map[string]any); !isObject && names(child, text) {
				return true
			}
		}
	}
	return false
}

// shareGrid gives a panel that is the i-th of n copies its part of the width of the one that was compiled.
func shareGrid(v any, i, n int) {
	panel, ok := v.(map[string]any)
	if !ok || n < 2 {
		return
	}
	grid, ok := panel["gridData"].(map[string]any)
	if !ok {
		return
	}
	x, w := number(grid["x"]), number(grid["w"])
	left, right := w*i/n, w*(i+1)/n // rounded at the edges, so that no column is left over
	grid["x"], grid["w"] = decimal(x+left), decimal(right-left)
}

func number(v any) int {
	n, _ := v.(json.Number)
	i, _ := strconv.Atoi(n.String())
	return i
}

func decimal(i int) json.Number { return json.Number(strconv.Itoa(i)) }
