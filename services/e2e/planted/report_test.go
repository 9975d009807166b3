package planted

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTheReportIsOfTheseFaults(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile(filepath.Join(root, "docs", "planted.md"))
	if err != nil {
		t.Fatal(err)
	}
	var listed, want []string
	for _, m := range regexp.MustCompile(`(?m)^\| ([a-z0-9-]+) \| (.*) \| .* \| .* \|$`).FindAllStringSubmatch(string(page), -1) {
		if m[1] != "fault" {
			listed = append(listed, m[1]+": "+m[2])
		}
	}
	for _, f := range Faults() {
		want = append(want, f.Name+": "+cell(f.Happens))
	}
	if diff := cmp.Diff(want, listed); diff != "" {
		t.Errorf("docs/planted.md is of other faults; make test-planted writes it anew (-want +got):\n%s", diff)
	}
	if bad := regexp.MustCompile(`\*\*[A-Z][A-Z ]+\*\*`).FindString(string(page)); bad != "" {
		t.Errorf("docs/planted.md has a fault that was not caught: %s", bad)
	}
}

func TestTheReportSaysWhatBecameOfEachFault(t *testing.T) {
	t.Parallel()
	f := Fault{Name: "drops", Happens: "It drops a|b.", Edits: []Edit{{File: "a.go"}, {File: "a.go"}, {File: "b.go"}}}
	page := Report([]Result{
		{Fault: f, Verdict: Caught, Package: "services/a", By: []string{"TestA", "TestB", "TestC", "TestD", "TestE"}},
		{Fault: f, Verdict: Survived},
	})
	for _, want := range []string{
		"**1 of 2 faults were caught.**",
		"| drops | It drops a\\|b. | `a.go`, `b.go` | `services/a`: TestA, TestB, TestC and 2 more |\n",
		"| drops | It drops a\\|b. | `a.go`, `b.go` | **SURVIVED** |\n",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q:\n%s", want, page)
		}
	}
}
