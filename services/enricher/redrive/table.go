package redrive

// counts is a line of the table. Every dead letter is in letters and, when it is selected, in exactly one of the others
// after the end; before it, back lags behind goes.
type counts struct {
	letters, selected, already, quarantined, unusable, goes, back int64
}

func (c *counts) add(o *counts) {
	c.letters += o.letters
	c.selected += o.selected
	c.already += o.already
	c.quarantined += o.quarantined
	c.unusable += o.unusable
	c.goes += o.goes
	c.back += o.back
}

// table counts what became of the dead letters.
type table struct {
	dryRun      bool
	reasons     map[string]*counts
	why         map[string]int64 // unusable ones
	resolutions int64
}

func newTable(dryRun bool) *table {
	return &table{dryRun: dryRun, reasons: map[string]*counts{}, why: map[string]int64{}}
}

const (
	// mostReasons bounds the lines: whoever may write to the topic may invent reasons.
	mostReasons   = 1000
	otherReason   = "(other)"
	invalidReason = "(invalid)"
	withoutReason = "(none)"
)

// of returns the line of a reason.
func (t *table) of(reason string) *counts {
	switch {
	case reason == "":
		reason = withoutReason
	case !reasonName.MatchString(reason):
		reason = invalidReason // it goes to a terminal
	}
	c := t.reasons[reason]
	if c == nil {
		if len(t.reasons) >= mostReasons && reason != withoutReason && reason != invalidReason {
			reason = otherReason
			if c = t.reasons[reason]; c != nil {
				return c
			}
		}
		c = new(counts)
		t.reasons[reason] = c
	}
	return c
}

func (t *table) count(reason string, v verdict, why string) {
	c := t.of(reason)
	c.letters++
	if v != notSelected {
		c.selected++
	}
	switch v {
	case notSelected:
	case already:
		c.already++
	case quarantined:
		c.quarantined++
	case unusable:
		c.unusable++
		t.why[why]++
	case goesBack:
		c.goes++
	}
}

// backed counts a dead letter that has been put back, or in a dry run would be.
func (t *table) backed(reason string) { t.of(reason).back++ }

func (t *table) total() (sum counts) {
	for _, c := range t.reasons {
		sum.add(c)
	}
	return sum
}
