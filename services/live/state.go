package live

import (
	"reflect"
	"strconv"
	"strings"

	"catsvdogs/services/live/rollup"
	"catsvdogs/services/pipeline/contest"
)

// State is what the page and GET /api/v1/contest show of a day; openapi.yaml says what each member means. Every number
// is absolute. Between two states the stream sends the difference as a JSON merge patch (RFC 7396). So what changes
// often is an object by name and not an array, which a patch replaces as a whole, and what is not known is absent and
// not null, which a patch takes for a removal.
type State struct {
	Epoch     string    `json:"epoch"` // changes with a restart and with the day; seq begins anew
	Seq       uint64    `json:"seq"`
	Now       string    `json:"now"` // the server's clock, so that ages do not depend on the reader's
	Day       string    `json:"day"` // YYYY-MM-DD in Timezone
	Today     bool      `json:"today"`
	Timezone  string    `json:"timezone"`
	Progress  Progress  `json:"progress"`
	Coverage  Coverage  `json:"coverage"`
	CutOff    *CutOff   `json:"cut_off,omitempty"`
	Settled   string    `json:"settled_before,omitempty"` // posts that arrived earlier are no longer remembered one by one
	Contest   Competing `json:"contest"`
	Newest    string    `json:"newest_post"` // when the newest post of the day arrived; empty before the first
	Freshness Freshness `json:"freshness"`
	Account   *Account  `json:"account,omitempty"` // of today, where a ledger keeps one

	View
	Organic View `json:"organic"` // without promotional posts

	TopPosts map[string]*Post `json:"top_posts"` // by id: those that a View names
}

// Phase says how much of the days the numbers cover.
type Phase string

// Phases, in the order in which a process passes them.
const (
	PhaseWaiting    Phase = "waiting"     // for the broker: there are no numbers yet
	PhaseCatchingUp Phase = "catching_up" // reading what came before the start: the numbers are too low
	PhaseLive       Phase = "live"
)

// Progress tells how far the state is.
type Progress struct {
	Phase   Phase `json:"phase"`
	Percent int   `json:"percent"` // of what there was at the start, 0 to 100
}

// Coverage tells how much of the day there are numbers of.
type Coverage struct {
	Day  string `json:"day"`            // whole, partial, none
	From string `json:"from,omitempty"` // where the log begins, when that is after the day's begin
}

func coverageOf(s rollup.Snapshot) Coverage {
	c := Coverage{Day: [...]string{rollup.None: "none", rollup.Partial: "partial", rollup.Whole: "whole"}[s.Covered]}
	if !s.CoveredFrom.IsZero() {
		c.From = instant(s.CoveredFrom)
	}
	return c
}

// CutOff says that the broker does not answer. While it does there is none.
type CutOff struct {
	Since string `json:"since"` // when it was last heard: the numbers are as old as that
}

// Freshness tells how far the numbers are behind the world.
type Freshness struct {
	BehindRecords int64    `json:"behind_records"` // committed and not counted yet, when last looked
	SourceToPage  *Latency `json:"source_to_page_ms,omitempty"`
}

// Latency is how long the newest posts took, in milliseconds.
type Latency struct {
	P50 int64 `json:"p50"`
	P95 int64 `json:"p95"`
}

// Competing is the contest as readers need it, in the order of the contest file.
type Competing struct {
	Name       string     `json:"name"`
	Teams      []Team     `json:"teams"`
	Categories []Category `json:"categories"`

	owners map[string]string // hashtag to team
}

// Team is one side.
type Team struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	Singular string `json:"singular"` // the name as it stands before a noun, as in "Cat Tweets"
	Emoji    string `json:"emoji"`    // may be empty
	Color    string `json:"color"`    // #RRGGBB
}

// Category is a tag that posts are counted under, and the team that it counts for.
type Category struct {
	Tag  string `json:"tag"`
	Team string `json:"team"`
}

// competing lists teams and categories.
func competing(c *contest.Contest) Competing {
	v := Competing{Name: c.Name, owners: map[string]string{}}
	for _, t := range c.Teams {
		v.Teams = append(v.Teams, Team{ID: t.ID, Name: t.Name, Singular: singular(t.Name), Emoji: t.Emoji, Color: t.Color})
		for _, tag := range t.Hashtags {
			v.owners[strings.ToLower(tag)] = t.ID
		}
	}
	// Team by team, so that a team's categories stand side by side in a chart.
	for _, t := range c.Teams {
		for _, r := range c.StreamRules() {
			if r.Team == t.ID {
				v.Categories = append(v.Categories, Category{Tag: r.Tag, Team: r.Team})
			}
		}
	}
	return v
}

// singular turns an English plural into what stands before a noun: Cats into Cat, Foxes into Fox. It knows no word, only
// endings; a name that is no plural, such as Swiss, stays as it is.
func singular(name string) string {
	for _, ending := range []string{"xes", "ches", "shes", "sses"} {
		if strings.HasSuffix(name, ending) {
			return strings.TrimSuffix(name, "es")
		}
	}
	if strings.HasSuffix(name, "ss") {
		return name
	}
	return strings.TrimSuffix(name, "s")
}

func (c Competing) shape() rollup.Shape {
	var s rollup.Shape
	for _, t := range c.Teams {
		s.Teams = append(s.Teams, t.ID)
	}
	for _, k := range c.Categories {
		s.Categories = append(s.Categories, k.Tag)
	}
	return s
}

func (c Competing) colors() []string {
	colors := make([]string, len(c.Teams))
	for i, t := range c.Teams {
		colors[i] = t.Color
	}
	return colors
}

// eventID names the state in the event stream.
func (s State) eventID() string { return s.Epoch + "-" + strconv.FormatUint(s.Seq, 10) }

// tellsTheSameAs says whether the states differ in nothing but the clock and the number that every state has of its own.
func (s State) tellsTheSameAs(other State) bool {
	s.Now, s.Seq = other.Now, other.Seq
	return reflect.DeepEqual(s, other)
}
