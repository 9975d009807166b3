package contest

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const shipped = "../../../contest.yaml"

func TestTheShippedContestHasTheFourRulesOfTheFirstVersion(t *testing.T) {
	t.Parallel()
	c, err := Load(shipped)
	if err != nil {
		t.Fatal(err)
	}
	want := []Rule{
		{"cats with images", "(#cat OR #kitty OR #cats OR #kitten) has:images", "cats"},
		{"dogs with images", "(#dog OR #doggo OR #doggy OR #puppy) has:images", "dogs"},
		{"cats with videos", "(#cat OR #kitty OR #cats OR #kitten) has:videos", "cats"},
		{"dogs with videos", "(#dog OR #doggo OR #doggy OR #puppy) has:videos", "dogs"},
	}
	if diff := cmp.Diff(want, c.StreamRules()); diff != "" {
		t.Error(diff)
	}
}

func TestExamplesOfTheSchemaAreReadAsTheyAreJudgedThere(t *testing.T) {
	t.Parallel()
	for kind, ok := range map[string]bool{"valid": true, "invalid": false} {
		files, err := filepath.Glob("../../../schemas/testdata/contest.v1/" + kind + "/*.json")
		if err != nil || len(files) == 0 {
			t.Fatalf("no %s examples: %v", kind, err)
		}
		for _, file := range files {
			// JSON is YAML.
			if _, err := Load(file); (err == nil) != ok {
				t.Errorf("%s: %v", file, err)
			}
		}
	}
}

func TestEveryMistakeIsNamedWithItsLineAndColumn(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(shipped)
	if err != nil {
		t.Fatal(err)
	}
	lineOf := func(s string) int {
		return strings.Count(string(text[:strings.Index(string(text), s)]), "\n") + 1
	}
	for name, c := range map[string]struct {
		old, new string
		line     int
		says     string
	}{
		"a colour by name":           {`"#E69F00"`, `orange`, lineOf(`"#E69F00"`), "teams.0.color"},
		"an unknown key":             {"    emoji: 🐱", "    emoij: 🐱", lineOf("id: cats"), "emoij"},
		"a hashtag in both teams":    {"puppy]", "cat]", lineOf("puppy]"), "#cat belongs to cats already"},
		"two teams of one id":        {"id: dogs", "id: cats", lineOf("id: dogs"), "team 1 has this id"},
		"a rule that does not parse": {"({hashtags}) has:images", "({hashtags} has:images", lineOf("({hashtags}) has:images"), "for team cats"},
		"a rule twice under two tags": {`  - tag: "{team} with videos"
    value: "({hashtags}) has:videos"`, `  - tag: "{team} with pictures"
    value: "({hashtags}) has:images"`, lineOf(`value: "({hashtags}) has:videos"`), "rule 1 for team cats"},
		"a tag twice": {`"{team} with videos"`, `"{team} with images"`, lineOf(`"{team} with videos"`), "rule 1 for team cats"},
		"broken YAML": {"teams:", "teams: [", 0, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := Parse("contest.yaml", []byte(strings.Replace(string(text), c.old, c.new, 1)))
			var mistakes *Error
			if !errors.As(err, &mistakes) {
				t.Fatalf("got %v, want an *Error", err)
			}
			first := mistakes.Mistakes[0]
			if c.line != 0 && first.Line != c.line {
				t.Errorf("line %d, want %d: %v", first.Line, c.line, err)
			}
			if first.Line < 1 || first.Column < 1 || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%v, want a place and %q", err, c.says)
			}
		})
	}
}

func TestAllMistakesComeInOneMessage(t *testing.T) {
	t.Parallel()
	_, err := Parse("contest.yaml", []byte("name: ''\nteams: []\nrules: []\n"))
	var mistakes *Error
	if !errors.As(err, &mistakes) || len(mistakes.Mistakes) != 3 {
		t.Fatalf("got %v, want three mistakes", err)
	}
}

func TestMistakesOfEveryKindComeTogether(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(shipped)
	if err != nil {
		t.Fatal(err)
	}
	broken := strings.NewReplacer("#E69F00", "orange", "puppy]", "cat]", "has:videos", "has:vidoes").Replace(string(text))
	_, err = Parse("contest.yaml", []byte(broken))
	for _, want := range []string{"teams.0.color", "#cat belongs to cats", "has:vidoes"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the message lacks %q: %v", want, err)
		}
	}
}

func TestAFileThatIsNoContestIsRefused(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "# nothing", "- a\n- list\n", "just text", "a: 1\n---\nb: 2\n", "\x00", "a: &a [*a]"} {
		if c, err := Parse("contest.yaml", []byte(text)); err == nil {
			t.Errorf("%q is taken as %+v", text, c)
		}
	}
}

func FuzzParseNeverPanics(f *testing.F) {
	text, err := os.ReadFile(shipped)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add([]byte("name: x\nteams: [{id: a}]"))
	f.Add([]byte("teams: ! 0"))
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := Parse("contest.yaml", b)
		if err == nil && (len(c.Teams) < 2 || len(c.StreamRules()) == 0 || reflect.DeepEqual(c.Teams[0], Team{})) {
			t.Fatalf("a contest without teams or rules is taken: %+v", c)
		}
	})
}
