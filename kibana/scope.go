package kibana

import (
	"strings"

	"catsvdogs/services/pipeline/contest"
)

// scope is what placeholders stand for at one place of a dashboard.
type scope struct {
	contest    *contest.Contest
	categories []category
	team       *contest.Team // nil outside of what is there once for each team
	category   *category     // nil outside of what is there once for each category
	replacer   *strings.Replacer
}

// category is a tag that posts are counted under, with its team and its shade of the team's colour.
type category struct {
	tag, color string
	team       contest.Team
}

func newScope(c *contest.Contest) scope {
	s := scope{contest: c}
	rules := c.StreamRules()
	for _, team := range c.Teams {
		var tags []string
		for _, r := range rules {
			if r.Team == team.ID {
				tags = append(tags, r.Tag)
			}
		}
		for i, tag := range tags {
			s.categories = append(s.categories, category{tag: tag, color: shade(team.Color, i, len(tags)), team: team})
		}
	}
	return s.bound()
}

// bound returns s with its replacements ready.
func (s scope) bound() scope {
	pairs := []string{"{contest.name}", s.contest.Name}
	if t := s.team; t != nil {
		pairs = append(pairs, "{team.id}", t.ID, "{team.name}", t.Name, "{team.color}", t.Color, "{team.kql}", phrase(t.ID))
	}
	if c := s.category; c != nil {
		pairs = append(pairs, "{category.tag}", c.tag, "{category.color}", c.color, "{category.kql}", phrase(c.tag))
	}
	s.replacer = strings.NewReplacer(pairs...)
	return s
}

func (s scope) replace(text string) string { return s.replacer.Replace(text) }

func (s scope) eachTeam() []scope {
	var out []scope
	for i := range s.contest.Teams {
		inner := s
		inner.team = &s.contest.Teams[i]
		out = append(out, inner.bound())
	}
	return out
}

// eachCategory keeps to the categories of the team at hand, where there is one. A category says which team it is of.
func (s scope) eachCategory() []scope {
	var out []scope
	for i := range s.categories {
		c := &s.categories[i]
		if s.team != nil && s.team.ID != c.team.ID {
			continue
		}
		inner := s
		inner.category, inner.team = c, &c.team
		out = append(out, inner.bound())
	}
	return out
}

// phrase quotes text for the Kibana Query Language, where a phrase ends at a quote that no backslash stands before.
// https://www.elastic.co/guide/en/kibana/8.19/kuery-query.html
func phrase(text string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\t", `\t`, "\r", `\r`, "\n", `\n`).Replace(text) + `"`
}
