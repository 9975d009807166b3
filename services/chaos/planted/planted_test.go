//go:build unix

package planted

import (
	"os/exec"
	"slices"
	"strings"
	"testing"

	"catsvdogs/services/chaos"
	"catsvdogs/services/e2e/planted"
)

const root = "../../.."

func TestEveryBugFitsTheCodeAndFaultsThatThereAre(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, b := range Bugs() {
		if seen[b.Name] || b.Happens == "" || len(b.Finds) == 0 || stage(b) < 0 {
			t.Errorf("%s: there are two, or something of it is missing", b.Name)
		}
		seen[b.Name] = true
		list, remove, err := b.Overlay(root)
		if err != nil {
			t.Error(err)
			continue
		}
		defer remove()
		if list == "" {
			t.Errorf("%s: there is no overlay", b.Name)
		}
		cfg := chaos.Config{Seed: 1, Minutes: b.Minutes, Only: b.Meets, Rate: chaos.UsualRate, Brokers: b.Brokers}
		if err := cfg.Validate(); err != nil || len(b.Meets) == 0 {
			t.Errorf("%s: under %v: %v", b.Name, b.Meets, err)
		}
		var plan strings.Builder
		cfg.Plan, cfg.Out = true, &plan
		if err := chaos.Run(t.Context(), cfg); err != nil {
			t.Error(err)
		}
		for _, name := range b.Meets {
			if !strings.Contains(plan.String(), " s  "+name+"\n") {
				t.Errorf("%s: in %v minutes there is no %s:\n%s", b.Name, b.Minutes, name, &plan)
			}
		}
	}
	if len(seen) < 10 {
		t.Errorf("there are %d bugs", len(seen))
	}
}

// A bug that does not compile would be found by the compiler.
func TestTheBugsThatNoTestKnowsCompile(t *testing.T) {
	t.Parallel()
	for _, b := range own() {
		list, remove, err := b.Overlay(root)
		if err != nil {
			t.Fatal(err)
		}
		defer remove()
		var packages []string
		for _, e := range b.Edits {
			packages = append(packages, "./"+e.File[:strings.LastIndexByte(e.File, '/')])
		}
		cmd := exec.CommandContext(t.Context(), "go", append([]string{"build", "-overlay", list}, packages...)...)
		cmd.Dir = root
		if said, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", b.Name, err, said)
		}
	}
}

func TestABugCountsAsFoundOnlyAsWhatItIs(t *testing.T) {
	t.Parallel()
	b := Bug{Finds: []string{"gap", "the position that ingest keeps"}}
	for said, want := range map[string]Verdict{
		"posts: 1 looks\ngap: 3\nlost: 1\nhanded over\nWRONG: the account does not balance\n":  Found,
		"lost: 1\nWRONG: the account does not balance\n":                                       Mistaken,
		"WRONG: network: what must always hold did not: the position that ingest keeps is 5\n": Found,
		"WRONG: kill-sink is not known to have happened: waited in vain\n":                     Mistaken,
		"enrich_gap: 1\n": Mistaken,
	} {
		if as := wrong([]byte(said)); judge(b, as) != want {
			t.Errorf("%q is %v and %s, want %s", said, as, judge(b, as), want)
		}
	}
	if as := wrong([]byte("gap: 3\nWRONG: the account does not balance\nWRONG: x y\n")); !slices.Equal(as, []string{"gap", "x y"}) {
		t.Errorf("%q", as)
	}
}

func TestTheReportNamesEachBugAndWhatItWasFoundAs(t *testing.T) {
	t.Parallel()
	bug := Bug{Fault: planted.Fault{Name: "a-bug", Happens: "a|b", Edits: []planted.Edit{{File: "a.go"}}}, Meets: []string{"kill-sink"}, Finds: []string{"the page"}}
	other := bug
	other.Name = "another"
	page := Report([]Result{{Bug: bug, Verdict: Found, As: []string{"gap", "waited for the page: 5 of 6"}}, {Bug: other, Verdict: Missed}})
	for _, want := range []string{"**1 of 2\nbugs were found.**", "| a-bug | a\\|b | `a.go` | `kill-sink` | `gap`, “the page …” |", "| another | ", "**NOT FOUND**"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q:\n%s", want, page)
		}
	}
}
