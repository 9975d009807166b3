//go:build unix

package planted

import (
	"fmt"
	"strings"
)

// Line is the result as one line for a terminal.
func (r *Result) Line() string {
	return fmt.Sprintf("%-24s %-40s %s", r.Verdict, r.Bug.Name, strings.Join(r.As, "; "))
}

// Report is the page about a run with all bugs, in Markdown. It has no times, so that the same results give the same page.
func Report(results []Result) string {
	var b strings.Builder
	found := 0
	for i := range results {
		if results[i].Verdict == Found {
			found++
		}
	}
	fmt.Fprintf(&b, `# Chaos is tested

`+"`make chaos-planted`"+` plants bugs in the code, one at a time, and lets a few faults of `+"`make chaos`"+` happen to a product that is built
with it: the run must find each, as what it is, and nothing without any. This page is what the last run has found: **%d of %d
bugs were found.** It is generated; the bugs stand in `+"`services/chaos/planted`"+`.

| bug | what it does | planted in | under | found as |
|---|---|---|---|---|
`, found, len(results))
	for i := range results {
		r := &results[i]
		var files []string
		for _, e := range r.Bug.Edits {
			files = append(files, "`"+e.File+"`")
		}
		as := strings.Join(r.reasons(), ", ")
		if r.Verdict != Found {
			as = "**" + string(r.Verdict) + "** " + strings.Join(r.As, "; ")
		}
		fmt.Fprintf(&b, "| %s | %s | %s | `%s` | %s |\n", r.Bug.Name, cell(r.Bug.Happens), strings.Join(files, ", "), strings.Join(r.Bug.Meets, "`, `"), cell(as))
	}
	b.WriteString(classes)
	return b.String()
}

// reasons are the kinds of findings, and the part of a sentence that the bug was to be found by: the rest has numbers.
func (r *Result) reasons() (all []string) {
	for _, said := range r.As {
		if !strings.Contains(said, " ") {
			all = append(all, "`"+said+"`")
			continue
		}
		for _, want := range r.Bug.Finds {
			if strings.Contains(said, want) {
				all = append(all, "“"+want+" …”")
			}
		}
	}
	return all
}

// cell keeps a text within a table's cell.
func cell(text string) string { return strings.ReplaceAll(text, "|", `\|`) }
