package rule_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"catsvdogs/services/pipeline/rule"
)

func TestAWrongRuleIsRefusedWithEveryMistakeAndItsPlace(t *testing.T) {
	t.Parallel()
	const (
		nonNegation = "Rules must contain a non-negation term"
		positive    = "Rules must contain at least one positive, non-stopword clause"
	)
	tests := []struct {
		rule string
		want []string // each detail begins and ends like "begin … (at position N)"
	}{
		{"", []string{"Rules must not be empty|1"}},
		{"  ", []string{"Rules must not be empty|1"}},
		// The one refusal of X that is on record word by word.
		{"--b", []string{nonNegation + "|1", positive + "|1"}},
		{"-b", []string{nonNegation + "|1", positive + "|1"}},
		{"-b -c", []string{nonNegation + "|1", positive + "|1"}},
		{"has:media", []string{positive + "|1"}},
		{"has:links OR is:retweet", []string{positive + "|1"}},
		{"lang:en sample:10", []string{positive + "|1"}},
		{"min_followers:5", []string{positive + "|1"}},
		{"the", []string{positive + "|1"}},
		{"the -cat", []string{positive + "|1"}},
		{"#cat OR has:images", []string{positive + "|9"}},
		{"#cat OR -#dog", []string{nonNegation + "|9", positive + "|9"}},
		{"(#cat OR -dog) has:images", []string{positive + "|1"}},
		{"skiing -(snow OR day)", []string{"Do not negate a set of operators|9"}},
		{"#cat is:nullcast", []string{"The is:nullcast operator must be negated|6"}},
		{"#cat -sample:10", []string{"The sample: operator must not be negated|6"}},
		{"#cat sample:0", []string{"'sample:0' needs a whole number from 1 to 100|6"}},
		{"#cat sample:101", []string{"'sample:101' needs|6"}},
		{"#cat sample:x", []string{"'sample:x' needs|6"}},
		{"#cat lang:english", []string{"'english' is not a language|6"}},
		{"#cat has:image", []string{"Unknown operator 'has:image'|6"}},
		{"猫 is:cute", []string{"Unknown operator 'is:cute'|3"}},
		{"a:b c:d", []string{"Unknown operator 'a:b'|1", "Unknown operator 'c:d'|5"}},
		{"cat and dog", []string{"Ambiguous use of and as a keyword|5"}},
		{"cat AND dog", []string{"Ambiguous use of and as a keyword|5"}},
		{"cat or dog", []string{"Ambiguous use of or as a keyword|5"}},
		{"OR cat", []string{"missing a clause before 'OR'|1"}},
		{"cat OR", []string{"missing a clause at '<EOF>'|7"}},
		{"cat OR OR dog", []string{"missing a clause before 'OR'|8"}},
		{"(cat", []string{"missing ')' at '<EOF>'|5"}},
		{"cat)", []string{"extraneous input ')'|4"}},
		{"cat ()", []string{"missing a clause before ')'|6"}},
		{`cat "open`, []string{`missing '"' to end the phrase|5`}},
		{`cat ""`, []string{"Phrases must not be empty|5"}},
		{"coca-cola", []string{"'coca-cola' contains punctuation|1"}},
		{"cat - dog", []string{"'-' contains punctuation|5"}},
		{"#", []string{"'#' is not a hashtag|1"}},
		{"#1", []string{"'#1' is not a hashtag|1"}},
		{"#cat!", []string{"'#cat!' is not a hashtag|1"}},
		{"@way_too_long_a_name", []string{"'@way_too_long_a_name' does not name a user|1"}},
		{"from:", []string{"'from:' does not name a user|1"}},
		{"cat\xff", []string{"Rules must be valid UTF-8|1"}},
		{strings.Repeat("(", 70) + "cat" + strings.Repeat(")", 70), []string{"Rules must not be nested deeper|65"}},
	}
	for _, tt := range tests {
		t.Run(tt.rule, func(t *testing.T) {
			t.Parallel()
			_, err := rule.Parse(tt.rule)
			var syntax *rule.SyntaxError
			if !errors.As(err, &syntax) {
				t.Fatalf("Parse(%q) = %v, want a SyntaxError", tt.rule, err)
			}
			got := syntax.Messages()
			if !slices.EqualFunc(got, tt.want, func(got, want string) bool {
				begin, position, _ := strings.Cut(want, "|")
				return strings.HasPrefix(got, begin) && strings.HasSuffix(got, "(at position "+position+")")
			}) {
				t.Errorf("Parse(%q):\n got %q\nwant %q", tt.rule, got, tt.want)
			}
			if errors.Is(err, rule.ErrUnsupported) {
				t.Errorf("Parse(%q) is ErrUnsupported, but X refuses it too", tt.rule)
			}
		})
	}
}

func TestAnOperatorOfXThatCannotBeJudgedHereIsToldFromATypo(t *testing.T) {
	t.Parallel()
	for _, value := range []string{
		"$twtr", `url:"https://example.com/a b" cat`, "cat has:geo", `bio:"data engineer"`, `"social media"~5`, "cat -context:10.79",
	} {
		if _, err := rule.Parse(value); !errors.Is(err, rule.ErrUnsupported) {
			t.Errorf("Parse(%q) = %v, want ErrUnsupported", value, err)
		}
	}
	if _, err := rule.Parse("$twtr has:image"); err == nil || errors.Is(err, rule.ErrUnsupported) {
		t.Errorf("with a typo beside it: %v, want an error that is not ErrUnsupported", err)
	}
}

func TestLengthCountsCharactersNotBytes(t *testing.T) {
	t.Parallel()
	longest := strings.Repeat("猫", rule.MaxLength)
	if _, err := rule.Parse(longest); err != nil {
		t.Errorf("%d characters: %v", rule.MaxLength, err)
	}
	if _, err := rule.Parse(longest + "猫"); err == nil {
		t.Errorf("%d characters were taken", rule.MaxLength+1)
	}
	if _, err := rule.ParseWithin(longest+"猫", rule.MaxLengthEnterprise); err != nil {
		t.Errorf("with the Enterprise limit: %v", err)
	}
}

func TestOffsetIsInBytesAndPositionInCharacters(t *testing.T) {
	t.Parallel()
	_, err := rule.Parse("猫 is:cute")
	var syntax *rule.SyntaxError
	if !errors.As(err, &syntax) || len(syntax.Details) != 1 {
		t.Fatalf("got %v", err)
	}
	if d := syntax.Details[0]; d.Offset != 4 || d.Position != 3 {
		t.Errorf("offset %d, position %d, want 4 and 3", d.Offset, d.Position)
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"(#cat OR #kitty) has:images -is:retweet", `"good boy" lang:en`, "--b", "((", `a"b"~3`, `url:"x`, "#猫 -@a sample:5", "-", "OR", "x:\"",
	} {
		f.Add(seed, "My #cat 猫 \xff good  boy")
	}
	f.Fuzz(func(t *testing.T, value, text string) {
		r, err := rule.Parse(value)
		if err != nil {
			var syntax *rule.SyntaxError
			if !errors.As(err, &syntax) || len(syntax.Details) == 0 {
				t.Fatalf("Parse(%q) = %v without details", value, err)
			}
			for _, d := range syntax.Details {
				if d.Offset < 0 || d.Offset > len(value) || d.Position < 1 {
					t.Fatalf("Parse(%q): detail out of the rule: %+v", value, d)
				}
			}
			return
		}
		// A valid rule never matches a post that says nothing.
		if r.Match(rule.Post{}) {
			t.Fatalf("%q matches the empty post", value)
		}
		p := rule.Post{Text: text, Hashtags: r.Hashtags(), HasImages: true, Lang: "en"}
		again, err := rule.Parse(r.String())
		if err != nil || again.Match(p) != r.Match(p) {
			t.Fatalf("%q does not read back as itself: %v", value, err)
		}
		// A group around a rule changes nothing but its length.
		if grouped, err := rule.ParseWithin("("+value+")", rule.MaxLength+2); err == nil && grouped.Match(p) != r.Match(p) {
			t.Fatalf("(%q) does not match as without parentheses", value)
		}
	})
}
