package contest

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"golang.org/x/text/language"
	"golang.org/x/text/message"

	"catsvdogs/schemas"
	"catsvdogs/services/pipeline/rule"
	"catsvdogs/services/pipeline/tweet"
)

// maxFileBytes bounds the contest file; the largest sensible one has a few kilobytes.
const maxFileBytes = 1 << 20

// Load reads and validates the contest file. The error lists every mistake, each with line and column.
func Load(path string) (*Contest, error) {
	src, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read the contest file: %w (give its path with --contest)", err)
	}
	return Parse(path, src)
}

// Parse validates src, the text of a contest file. name stands in errors. The error lists every mistake, each as
// name:line:column, and is an *Error unless src is no YAML.
func Parse(name string, src []byte) (parsed *Contest, err error) {
	// The YAML library panics on some tags, such as that of "teams: ! 0".
	defer func() {
		if fault := recover(); fault != nil {
			parsed, err = nil, fmt.Errorf("%s: is no YAML that can be read: %v", name, fault)
		}
	}()
	if len(src) > maxFileBytes {
		return nil, fmt.Errorf("%s: is over %d bytes", name, maxFileBytes)
	}
	file, err := parser.ParseBytes(src, 0)
	if err != nil {
		return nil, syntaxError(name, err)
	}
	if len(file.Docs) != 1 || file.Docs[0].Body == nil {
		return nil, &Error{Name: name, Mistakes: []Mistake{{Line: 1, Column: 1, Text: "must hold one YAML document that describes a contest; see schemas/contest.v1.json"}}}
	}
	var value any
	if err = yaml.NodeToValue(file.Docs[0].Body, &value); err != nil {
		return nil, syntaxError(name, err)
	}

	mistakes := &Error{Name: name}
	report := func(path []string, text string) {
		line, column := position(file.Docs[0].Body, path)
		mistakes.Mistakes = append(mistakes.Mistakes, Mistake{Line: line, Column: column, Text: text})
	}
	checkSchema(value, report)
	c := Contest{Popularity: tweet.DefaultWeights(), Promotional: DefaultPromotional()}
	if err = yaml.Unmarshal(src, &c); err != nil {
		if len(mistakes.Mistakes) > 0 {
			return nil, mistakes.sorted() // the schema says it better
		}
		return nil, syntaxError(name, err)
	}
	checkTeams(&c, report)
	checkRules(&c, report)
	checkPromotional(c.Promotional, report)
	if len(mistakes.Mistakes) > 0 {
		return nil, mistakes.sorted()
	}
	return &c, nil
}

// Error lists what is wrong in a contest file.
type Error struct {
	Name     string
	Mistakes []Mistake
}

// Mistake is one thing that is wrong, at a 1-based line and column.
type Mistake struct {
	Line, Column int
	Text         string
}

// Error returns a line a mistake, as name:line:column: text.
func (e *Error) Error() string {
	lines := make([]string, len(e.Mistakes))
	for i, m := range e.Mistakes {
		lines[i] = fmt.Sprintf("%s:%d:%d: %s", e.Name, m.Line, m.Column, m.Text)
	}
	return strings.Join(lines, "\n")
}

func (e *Error) sorted() *Error {
	slices.SortStableFunc(e.Mistakes, func(a, b Mistake) int {
		if a.Line != b.Line {
			return a.Line - b.Line
		}
		return a.Column - b.Column
	})
	return e
}

func syntaxError(name string, err error) error {
	var syntax yaml.Error
	if errors.As(err, &syntax) && syntax.GetToken() != nil {
		p := syntax.GetToken().Position
		return &Error{Name: name, Mistakes: []Mistake{{Line: p.Line, Column: p.Column, Text: syntax.GetMessage()}}}
	}
	return fmt.Errorf("%s: %w", name, err)
}

// compiled is compiled once; the document is embedded, so a failure is a defect of the build and shown by any test.
var compiled = sync.OnceValues(func() (*jsonschema.Schema, error) { return schemas.Compile(schemas.Contest) })

func checkSchema(value any, report func([]string, string)) {
	schema, err := compiled()
	if err != nil {
		report(nil, "the contest schema is broken: "+err.Error())
		return
	}
	var invalid *jsonschema.ValidationError
	if err := schema.Validate(value); errors.As(err, &invalid) {
		leaves(invalid, report)
	} else if err != nil {
		report(nil, err.Error())
	}
}

// leaves reports the innermost causes: those are what a person can mend.
func leaves(e *jsonschema.ValidationError, report func([]string, string)) {
	if len(e.Causes) > 0 {
		for _, c := range e.Causes {
			leaves(c, report)
		}
		return
	}
	where := strings.Join(e.InstanceLocation, ".")
	if where != "" {
		where += ": "
	}
	report(e.InstanceLocation, where+e.ErrorKind.LocalizedString(message.NewPrinter(language.English)))
}

func checkTeams(c *Contest, report func([]string, string)) {
	ids := map[string]int{}
	names := map[string]int{}
	owner := map[string]string{}
	for i, team := range c.Teams {
		at := func(key string) []string { return []string{"teams", fmt.Sprint(i), key} }
		if first, taken := ids[team.ID]; taken {
			report(at("id"), fmt.Sprintf("team %d has this id already: %q", first+1, team.ID))
		}
		if first, taken := names[strings.ToLower(team.Name)]; taken {
			report(at("name"), fmt.Sprintf("team %d has this name already: %q", first+1, team.Name))
		}
		ids[team.ID], names[strings.ToLower(team.Name)] = i, i
		for j, tag := range team.Hashtags {
			tag = strings.ToLower(tag)
			if other, taken := owner[tag]; taken {
				report(append(at("hashtags"), fmt.Sprint(j)), fmt.Sprintf("#%s belongs to %s already", tag, other))
			}
			owner[tag] = team.ID
		}
	}
}

// checkRules looks at the rules as they will stand on the stream: two templates may expand to one, and X takes a value
// once and gives back one tag with it.
func checkRules(c *Contest, report func([]string, string)) {
	tags, values := map[string]string{}, map[string]string{}
	for i, t := range c.Rules {
		at := func(key string) []string { return []string{"rules", fmt.Sprint(i), key} }
		for _, team := range c.Teams {
			r := t.expand(team)
			here := fmt.Sprintf("rule %d for team %s", i+1, team.ID)
			if other, taken := tags[r.Tag]; taken {
				report(at("tag"), fmt.Sprintf("%s has the tag %q that %s has", here, r.Tag, other))
			}
			if other, taken := values[r.Value]; taken {
				report(at("value"), fmt.Sprintf("%s is %q as is %s", here, r.Value, other))
			}
			tags[r.Tag], values[r.Value] = here, here
			// What X's plan allows is judged by whoever sends the rule, and so are operators that only X can judge.
			if _, err := rule.ParseWithin(r.Value, rule.MaxLengthEnterprise); err != nil && !errors.Is(err, rule.ErrUnsupported) {
				report(at("value"), fmt.Sprintf("for team %s: %s: %v", team.ID, r.Value, err))
				break
			}
		}
	}
}

// position finds the node that path leads to, or the deepest one on the way to it.
func position(node ast.Node, path []string) (line, column int) {
	at := node
	for _, step := range path {
		next := child(at, step)
		if next == nil {
			break
		}
		at = next
	}
	token := at.GetToken()
	if m, ok := at.(*ast.MappingNode); ok && len(m.Values) > 0 {
		token = m.Values[0].Key.GetToken()
	}
	return token.Position.Line, token.Position.Column
}

func child(node ast.Node, step string) ast.Node {
	switch n := node.(type) {
	case *ast.MappingNode:
		for _, v := range n.Values {
			if v.Key.String() == step {
				return v.Value
			}
		}
	case *ast.MappingValueNode:
		if n.Key.String() == step {
			return n.Value
		}
	case *ast.SequenceNode:
		for i, v := range n.Values {
			if fmt.Sprint(i) == step {
				return v
			}
		}
	}
	return nil
}
