package sink

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"text/tabwriter"

	"catsvdogs/services/sink/archive/verify"
)

// printer prints findings as they come and the partitions at the end, or each as a line of JSON. The first failure to
// print is kept.
type printer struct {
	out        io.Writer
	isJSON     bool
	partitions []verify.Partition
	findings   int64
	records    int64
	failed     error
}

func (p *printer) found(f verify.Finding) {
	p.findings++
	if p.isJSON {
		p.line(map[string]any{"finding": f})
		return
	}
	text := fmt.Sprintf("%s: %s", f.Kind, f.Topic)
	if f.Partition >= 0 {
		text += fmt.Sprintf("/%d offsets %d to %d", f.Partition, f.First, f.Last)
	}
	if f.Records != 0 {
		text += fmt.Sprintf(", %d records", f.Records)
	}
	if f.Key != "" {
		text += fmt.Sprintf(", post %q", f.Key)
	}
	for _, value := range []string{f.Object, f.Detail} {
		if value != "" {
			text += ", " + value
		}
	}
	p.print(text + "\n")
}

func (p *printer) done(s verify.Partition) {
	p.records += s.Records
	if p.isJSON {
		p.line(map[string]any{"partition": s})
		return
	}
	p.partitions = append(p.partitions, s)
}

func (p *printer) line(v any) {
	if err := json.NewEncoder(p.out).Encode(v); err != nil && p.failed == nil {
		p.failed = err
	}
}

func (p *printer) print(text string) {
	if _, err := io.WriteString(p.out, text); err != nil && p.failed == nil {
		p.failed = err
	}
}

// end prints the table.
func (p *printer) end() error {
	if p.isJSON {
		return p.failed
	}
	t := tabwriter.NewWriter(p.out, 0, 0, 2, ' ', tabwriter.AlignRight)
	header := "topic\tpartition\tfrom\tto\tobjects\trecords\tsuppressed\tcompared\tbehind\tposts\tpending\trefused\tgaps\tdoubles\tothers\t\n"
	if _, err := io.WriteString(t, header); err != nil {
		return err
	}
	for _, s := range p.partitions {
		_, err := fmt.Fprintf(t, "%s\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t\n", s.Topic, s.Partition, s.From, s.To,
			s.Objects, s.Records, s.Suppressed, s.Compared, s.Behind, s.Posts, s.Pending, s.Refused, s.Gaps, s.Doubles, s.Others)
		if err != nil {
			return err
		}
	}
	return errors.Join(t.Flush(), p.failed)
}
