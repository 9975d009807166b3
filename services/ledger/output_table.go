package ledger

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"

	"catsvdogs/services/ledger/account"
)

// write writes an account for people, or as a line of JSON.
func write(out io.Writer, a *account.Account, asJSON bool) error {
	if asJSON {
		return json.NewEncoder(out).Encode(a)
	}
	var b strings.Builder
	for _, f := range a.Findings {
		b.WriteString(sentence(f) + "\n")
	}
	if more := a.FindingsAll - int64(len(a.Findings)); more > 0 {
		fmt.Fprintf(&b, "… and %d more (--findings)\n", more)
	}
	for _, note := range a.Notes {
		b.WriteString("note: " + note + "\n")
	}
	t := tabwriter.NewWriter(&b, 0, 0, 2, ' ', tabwriter.AlignRight)
	row := func(cells ...any) { _, _ = fmt.Fprintf(t, strings.Repeat("%v\t", len(cells))+"\n", cells...) } // Flush tells
	row("topic", "partition", "from", "to", "records", "pending", "compacted", "unattributed", "objects", "archived", "suppressed", "compared", "behind", "gaps", "doubles", "others")
	for _, p := range a.Partitions {
		row(p.Topic, p.Partition, p.From, p.To, p.Records, p.Pending, p.Compacted, p.Unattributed,
			p.Archive.Objects, p.Archive.Records, p.Archive.Suppressed, p.Archive.Compared, p.Behind, p.Gaps, p.Doubles, p.Others)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(&b, "posts: %d looks at %d posts, %d pending, %d refused, %d findings\n", a.Posts.Looks, a.Posts.Remembered, a.Posts.Pending, a.Posts.Refused, a.Posts.Findings)
	if h := a.Handed; h != nil {
		fmt.Fprintf(&b, "source: %d lines handed over, %d records of them, %d cut off, %d pending, %d lost, %d invented, %d pieces and %d more that no cut explains, %d that nothing tells by\n",
			h.Lines, h.Arrived, h.Cut, h.Pending, h.Lost, h.Invented, h.Pieces, h.Unattributed, h.Unmatchable)
	}
	for _, kind := range slices.Sorted(maps.Keys(a.Counts)) {
		fmt.Fprintf(&b, "%s: %d\n", kind, a.Counts[kind])
	}
	b.WriteString(a.Summary + "\n")
	_, err := io.WriteString(out, b.String())
	return err
}

// sentence says a finding in a line. Keys and details are quoted: they come from records.
func sentence(f account.Finding) string {
	text := string(f.Kind) + ":"
	if f.Topic != "" {
		text += " " + f.Topic
	}
	if f.Partition >= 0 {
		text += fmt.Sprintf("/%d offsets %d to %d", f.Partition, f.First, f.Last)
	}
	if f.Records != 0 {
		text += fmt.Sprintf(", %d records", f.Records)
	}
	if f.Key != "" {
		text += fmt.Sprintf(", post %.80q", f.Key)
	}
	if f.Object != "" {
		text += ", " + f.Object
	}
	if f.Detail != "" {
		text += fmt.Sprintf(", %.500s", strings.Trim(fmt.Sprintf("%q", f.Detail), `"`))
	}
	return text
}
