package kibana

import (
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"catsvdogs/services/pipeline/contest"
)

func TestAnEntryThatNamesATeamIsThereOnceForEachTeam(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ template, want string }{
		"a team":               {`[{"q": "teams: {team.kql}"}]`, `[{"q": "teams: \"t1\""}, {"q": "teams: \"t2\""}]`},
		"a category":           {`[{"l": "{category.tag}"}]`, `[{"l": "team 1 with images"}, {"l": "team 1 with videos"}, {"l": "team 2 with images"}, {"l": "team 2 with videos"}]`},
		"a category's team":    {`[{"l": "{team.name}: {category.kql}"}]`, `[{"l": "Team 1: \"team 1 with images\""}, {"l": "Team 1: \"team 1 with videos\""}, {"l": "Team 2: \"team 2 with images\""}, {"l": "Team 2: \"team 2 with videos\""}]`},
		"categories of a team": {`[{"t": "{team.id}", "c": [{"l": "{category.tag}"}]}]`, `[{"t": "t1", "c": [{"l": "team 1 with images"}, {"l": "team 1 with videos"}]}, {"t": "t2", "c": [{"l": "team 2 with images"}, {"l": "team 2 with videos"}]}]`},
		"only further inside":  {`[{"t": "one", "c": [{"l": "{team.id}"}]}]`, `[{"t": "one", "c": [{"l": "t1"}, {"l": "t2"}]}]`},
		"in a list of strings": {`[{"values": ["{team.id}", "x"]}]`, `[{"values": ["t1", "x"]}, {"values": ["t2", "x"]}]`},
		"in a key":             {`[{"a": {"{team.id}": 1}}]`, `[{"a": {"t1": 1}}, {"a": {"t2": 1}}]`},
		"nothing":              {`[{"l": "{contest.name}", "n": 1.0, "b": null}]`, `[{"l": "A contest", "n": 1.0, "b": null}]`},
		"a panel's place":      {`[{"gridData": {"i": "{team.id}", "x": 3, "w": 9}}]`, `[{"gridData": {"i": "t1", "x": 3, "w": 4}}, {"gridData": {"i": "t2", "x": 7, "w": 5}}]`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var template, want any
			decoder := json.NewDecoder(strings.NewReader(c.template))
			decoder.UseNumber()
			if err := decoder.Decode(&template); err != nil {
				t.Fatal(err)
			}
			read(t, c.want, &want)
			text, err := encode(expand(template, newScope(made(t, 2))))
			if err != nil {
				t.Fatal(err)
			}
			var got any
			read(t, string(text), &got)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestNoPlaceholderIsLeftAndNoNameIsTakenForOne(t *testing.T) {
	t.Parallel()
	placeholder := regexp.MustCompile(`\{[a-z]+\.[a-z]+\}`)
	for name, c := range contests(t) {
		objects, err := Objects(c)
		if err != nil {
			t.Fatal(err)
		}
		said := map[string]bool{} // by the contest itself
		for _, team := range c.Teams {
			for _, text := range placeholder.FindAllString(team.Name+strings.ToLower(team.Name), -1) {
				said[text] = true
			}
		}
		for _, text := range placeholder.FindAllString(string(NDJSON(objects)), -1) {
			if !said[text] {
				t.Errorf("%s: %s is left", name, text)
			}
		}
	}
	for _, d := range savedDashboards(t, contests(t)["three teams, foreign names"])[:1] {
		if want := "Катёнок *v* 犬 & <b>Frösche</b>"; d.Attributes.Title != want {
			t.Errorf("the title is %q, want %q", d.Attributes.Title, want)
		}
		var tiles []string
		for _, p := range d.panels {
			if strings.HasPrefix(p.PanelIndex, "total-") {
				tiles = append(tiles, p.PanelIndex+": "+p.EmbeddableConfig.Attributes.Title)
			}
		}
		want := []string{"total-koshki: Total Кошки", `total-inu: Total 犬 "{category.tag}"`, `total-froesche: Total Frösche \ {team.id}`}
		if diff := cmp.Diff(want, tiles); diff != "" {
			t.Error(diff)
		}
	}
}

// With UPDATE=1 the golden file is written anew.
func TestThreeTeamsWithForeignNamesGiveTheGoldenFile(t *testing.T) {
	t.Parallel()
	c, err := contest.Load("testdata/three-teams.yaml")
	if err != nil {
		t.Fatal(err)
	}
	objects, err := Objects(c)
	if err != nil {
		t.Fatal(err)
	}
	const golden = "testdata/three-teams.ndjson"
	if os.Getenv("UPDATE") != "" {
		if err := os.WriteFile(golden, NDJSON(objects), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(NDJSON(objects))); diff != "" {
		t.Error(diff)
	}
}

func TestAPhraseEndsWhereItEndsWhateverItSays(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`cats`:             `"cats"`,
		`a "b" c`:          `"a \"b\" c"`,
		`back\slash`:       `"back\\slash"`,
		`\" or not x: y`:   `"\\\" or not x: y"`,
		"line\nand\ttab\r": `"line\nand\ttab\r"`,
		`犬 (a OR b) *`:     `"犬 (a OR b) *"`,
	} {
		if got := phrase(text); got != want {
			t.Errorf("%s: got %s, want %s", text, got, want)
		}
	}
}
