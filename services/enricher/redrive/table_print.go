package redrive

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
)

// fprint prints the table, what the numbers mean for a person, and how many records were read. whole says that all have
// been.
func (t *table) fprint(w io.Writer, cfg *Config, whole bool) error {
	p := &printer{w: w}
	columns := tabwriter.NewWriter(p, 0, 0, 2, ' ', tabwriter.AlignRight)
	back := "put back"
	if t.dryRun {
		back = "would go back"
	}
	_, _ = fmt.Fprintf(columns, "reason\tdead letters\tselected\t%s\talready back\tquarantined\tnot redrivable\t\n", back) // p tells
	line := func(reason string, c *counts) {
		_, _ = fmt.Fprintf(columns, "%s\t%d\t%d\t%d\t%d\t%d\t%d\t\n", reason, c.letters, c.selected, c.back, c.already, c.quarantined, c.unusable)
	}
	for _, reason := range slices.SortedFunc(maps.Keys(t.reasons), t.mostFirst) {
		line(reason, t.reasons[reason])
	}
	sum := t.total()
	line("total", &sum)
	_ = columns.Flush()
	for _, why := range slices.Sorted(maps.Keys(t.why)) {
		p.printf("not redrivable, left: %d, %s\n", t.why[why], why)
	}
	if sum.quarantined > 0 {
		p.printf("quarantined, left: %d had been put back %d times or more; --max-attempts=%d or more lets them go again\n", sum.quarantined, cfg.MaxAttempts, cfg.MaxAttempts+1)
	}
	for _, reason := range unhealable {
		if c := t.reasons[reason]; c != nil && !slices.Contains(cfg.Reason, reason) {
			p.printf("%s, left: %d; no fix heals them, so they go back only with --reason=%s\n", reason, c.letters, reason)
		}
	}
	if pending := sum.goes - sum.back; pending > 0 {
		p.printf("not put back, because it ended before: %d\n", pending)
	}
	read := "read to the end that the topic had at the start"
	if !whole {
		read = "not read to the end"
	}
	p.printf("%s: %d records, %d dead letters and %d resolutions\n", read, sum.letters+t.resolutions, sum.letters, t.resolutions)
	if p.err != nil {
		return fmt.Errorf("print the table: %w", p.err)
	}
	return nil
}

func (t *table) mostFirst(a, b string) int {
	return cmp.Or(-cmp.Compare(t.reasons[a].letters, t.reasons[b].letters), strings.Compare(a, b))
}

func (r *run) out() io.Writer {
	if r.cfg.Out != nil {
		return r.cfg.Out
	}
	return os.Stdout
}

// printer keeps the first error of writing.
type printer struct {
	w   io.Writer
	err error
}

// Write writes.
func (p *printer) Write(b []byte) (int, error) {
	if p.err != nil {
		return 0, p.err
	}
	n, err := p.w.Write(b)
	p.err = err
	return n, err
}

func (p *printer) printf(format string, args ...any) { _, _ = fmt.Fprintf(p, format, args...) }
