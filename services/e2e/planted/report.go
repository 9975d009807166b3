package planted

import (
	"fmt"
	"slices"
	"strings"
)

// namedTests is how many of the tests that have caught a fault the report names.
const namedTests = 3

// Line is the result as one line for a terminal.
func (r *Result) Line() string {
	line := fmt.Sprintf("%-8s %-44s %5.1f s", r.Verdict, r.Fault.Name, r.Took.Seconds())
	if r.Verdict == Caught {
		return line + "  " + r.Package + " " + by(r.By)
	}
	return line
}

// by names the first tests.
func by(names []string) string {
	text := strings.Join(names[:min(len(names), namedTests)], ", ")
	if more := len(names) - namedTests; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

// Report is the page about a run with all faults, in Markdown. It has no times, so that the same results give the same page.
func Report(results []Result) string {
	var b strings.Builder
	caught := 0
	for i := range results {
		if results[i].Verdict == Caught {
			caught++
		}
	}
	fmt.Fprintf(&b, `# The tests are tested

`+"`make test-planted`"+` plants faults in the code, one at a time, and demands that a test fails for each of them. This page is what
the last run has found: **%d of %d faults were caught.** It is generated; the faults stand in `+"`services/e2e/planted`"+`, and the tests
that are named here pass without them.

| fault | what it does | planted in | caught by |
|---|---|---|---|
`, caught, len(results))
	for i := range results {
		r := &results[i]
		var files []string
		for _, e := range r.Fault.Edits {
			if at := "`" + e.File + "`"; !slices.Contains(files, at) {
				files = append(files, at)
			}
		}
		found := "**" + string(r.Verdict) + "**"
		if r.Verdict == Caught {
			found = "`" + r.Package + "`: " + by(r.By)
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", r.Fault.Name, cell(r.Fault.Happens), strings.Join(files, ", "), found)
	}
	return b.String()
}

// cell keeps a text within a table's cell.
func cell(text string) string { return strings.ReplaceAll(text, "|", `\|`) }
