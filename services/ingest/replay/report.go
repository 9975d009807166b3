package replay

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"text/tabwriter"
)

// Count is what was read of some objects.
type Count struct {
	Objects    int
	Records    int64
	Bytes      int64 // of keys, headers and values
	Packed     int64 // bytes of the objects in the store
	Suppressed int64 // records whose post has been deleted since: there is nothing left of them to be replayed
	Copies     int64 // records that an earlier replay has put into the topic; their originals are among the others
}

func (c *Count) add(o Count) {
	c.Objects += o.Objects
	c.Records += o.Records
	c.Bytes += o.Bytes
	c.Packed += o.Packed
	c.Suppressed += o.Suppressed
	c.Copies += o.Copies
}

// Report is what was read.
type Report struct {
	Days    map[string]Count // by UTC day, as 2006-01-02
	Damaged []string         // names of objects that could not be read, or not to their end
	// Done is how many objects of the plan are through. It is all of them unless the replay was stopped.
	Done int
}

// Total is the sum of all days.
func (r *Report) Total() Count {
	var sum Count
	for _, c := range r.Days {
		sum.add(c)
	}
	return sum
}

// Fprint prints the report as a table, a line for each day.
func (r *Report) Fprint(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	line := func(day string, c Count) {
		_, _ = fmt.Fprintf(t, "%s\t%d\t%d\t%d\t%d\t%d\t%d\t\n", day, c.Objects, c.Records, c.Bytes, c.Packed, c.Suppressed, c.Copies) // Flush tells
	}
	_, _ = fmt.Fprintln(t, "day\tobjects\trecords\tbytes\tbytes packed\tsuppressed\tcopies\t")
	for _, day := range slices.Sorted(maps.Keys(r.Days)) {
		line(day, r.Days[day])
	}
	line("total", r.Total())
	if err := t.Flush(); err != nil {
		return fmt.Errorf("print the report: %w", err)
	}
	for _, name := range r.Damaged {
		if _, err := fmt.Fprintf(w, "damaged: %s\n", name); err != nil {
			return fmt.Errorf("print the report: %w", err)
		}
	}
	return nil
}
