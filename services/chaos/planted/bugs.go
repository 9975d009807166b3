//go:build unix

package planted

import (
	"slices"

	"catsvdogs/services/e2e/planted"
)

// Bug is a defect, what has it show, and as what a run finds it.
type Bug struct {
	planted.Fault

	Meets   []string // faults of chaos that it shows under; at least one
	Minutes float64  // the length of the plan
	Brokers int
	Finds   []string // of what the run says is wrong, one must be there: kinds of findings, or the beginning of a sentence
}

// Bugs returns all of them, in the order in which records pass what they are in.
func Bugs() []Bug {
	bugs := slices.Concat(ofTests(), own())
	slices.SortStableFunc(bugs, func(a, b Bug) int { return stage(a) - stage(b) })
	return bugs
}

// stages are the services in the order in which records pass them, by the beginnings of the names of bugs.
var stages = []string{"ingest", "gap", "contest", "enricher", "dead-letter", "reads", "index", "archive", "live"}

func stage(b Bug) int {
	return slices.IndexFunc(stages, func(s string) bool { return len(b.Name) > len(s) && b.Name[:len(s)] == s })
}

// ofTests are those that a test catches as well.
func ofTests() (bugs []Bug) {
	of := map[string]Bug{
		"ingest-acknowledges-before-write":     {Meets: []string{"network-brokers-but-one"}, Minutes: 0.9, Brokers: 3, Finds: []string{"the position that ingest keeps"}},
		"ingest-default-partitioner":           {Meets: []string{"stop-refresher"}, Minutes: 0.5, Brokers: 1, Finds: []string{"scattered"}},
		"contest-first-rule-only":              {Meets: []string{"kill-enricher"}, Minutes: 0.4, Brokers: 1, Finds: []string{"enrich_differs"}},
		"enricher-commits-outside-transaction": {Meets: []string{"crash-enricher-produced", "kill-enricher"}, Minutes: 0.6, Brokers: 1, Finds: []string{"enrich_gap"}},
		"dead-letter-forgets-its-origin":       {Meets: []string{"input-poison-raw"}, Minutes: 0.4, Brokers: 1, Finds: []string{"letter_differs"}},
		"reads-uncommitted":                    {Meets: []string{"crash-enricher-produced"}, Minutes: 0.6, Brokers: 1, Finds: []string{"aborted"}},
		"archive-moves-offset-before-upload":   {Meets: []string{"crash-archive-uploaded", "store-killed"}, Minutes: 0.6, Brokers: 1, Finds: []string{"gap"}},
		"live-counts-a-post-twice":             {Meets: []string{"kill-live"}, Minutes: 0.4, Brokers: 1, Finds: []string{"waited in vain for the live page"}},
	}
	for _, f := range planted.Faults() {
		if b, chosen := of[f.Name]; chosen {
			b.Fault = f
			bugs = append(bugs, b)
		}
	}
	return bugs
}

// own are defects of which a run alone tells: of each, tests of what it is in stand in the way as well.
func own() []Bug {
	const enricher = "services/enricher/enrich"
	return []Bug{
		{
			Fault: planted.Fault{
				Name: "ingest-loses-one-in-a-hundred", Happens: "Now and then a line is not handed on, and nothing says so.",
				Edits: []planted.Edit{{
					File: "services/ingest/xstream/outlet.go", Old: `	o.deliver(ctx, r)
`, New: `	if r.ObservedAt.UnixMicro()%97 != 0 {
		o.deliver(ctx, r)
	}
`,
				}},
			},
			Meets: []string{"stop-enricher"}, Minutes: 0.5, Brokers: 1, Finds: []string{"lost", "behind"},
		},
		{
			Fault: planted.Fault{
				Name: "gap-is-never-searched", Happens: "What was posted while nobody was connected is noted as a gap, and never searched for.",
				Edits: []planted.Edit{{File: "services/ingest/xstream/filler.go", Old: `		f.fill(ctx, next)
`, New: `		f.backoff.healthy()
`}},
			},
			Meets: []string{"kill-ingest", "stop-ingest"}, Minutes: 0.5, Brokers: 1, Finds: []string{"lost", "behind"},
		},
		{
			Fault: planted.Fault{
				Name: "enricher-refuses-long-posts", Happens: "Posts of more than 140 characters become dead letters, as if they were broken.",
				Edits: []planted.Edit{{File: enricher + "/bounds.go", Old: `maxTextRunes = 100_000`, New: `maxTextRunes = 140`}},
			},
			Meets: []string{"stop-enricher"}, Minutes: 0.4, Brokers: 1, Finds: []string{"enrich_refused"},
		},
	}
}
