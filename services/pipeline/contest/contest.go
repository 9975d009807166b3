// Package contest reads contest.yaml: who competes, which posts count, how much a like weighs, what makes a post
// promotional. Everything that names a team follows from it. schemas/contest.v1.json describes the file; the package adds
// what a schema cannot say (no hashtag in two teams, rules that parse, a shortened link that is not enough by itself).
package contest

import (
	"strings"

	"catsvdogs/services/pipeline/tweet"
)

// Contest is a valid contest file.
type Contest struct {
	Name        string        `yaml:"name"`
	Teams       []Team        `yaml:"teams"`
	Rules       []Template    `yaml:"rules"`
	Popularity  tweet.Weights `yaml:"popularity"`
	Promotional Promotional   `yaml:"promotional"`
}

// Team is one side.
type Team struct {
	ID       string   `yaml:"id"`       // stands in documents, metrics and URLs
	Name     string   `yaml:"name"`     // shown to people
	Emoji    string   `yaml:"emoji"`    // may be empty
	Color    string   `yaml:"color"`    // #RRGGBB
	Hashtags []string `yaml:"hashtags"` // without #
}

// Template is a rule that is set once for every team, with {team} and {hashtags} replaced.
type Template struct {
	Tag   string `yaml:"tag"`
	Value string `yaml:"value"`
}

// Rule is a rule of the filtered stream as the contest wants it.
type Rule struct {
	Tag   string // the category that a matching post is counted under
	Value string // in the language of X's filtered stream
	Team  string // id of the team that it counts for
}

// StreamRules returns the rules to set on the stream: each template for each team, template by template, teams in the
// order of the file.
func (c *Contest) StreamRules() []Rule {
	rules := make([]Rule, 0, len(c.Rules)*len(c.Teams))
	for _, t := range c.Rules {
		for _, team := range c.Teams {
			rules = append(rules, t.expand(team))
		}
	}
	return rules
}

func (t Template) expand(team Team) Rule {
	return Rule{
		Tag:   strings.ReplaceAll(t.Tag, "{team}", strings.ToLower(team.Name)),
		Value: strings.ReplaceAll(t.Value, "{hashtags}", "#"+strings.Join(team.Hashtags, " OR #")),
		Team:  team.ID,
	}
}
