package live

import (
	"math"
	"strconv"
	"strings"
	"time"

	"catsvdogs/services/live/rollup"
	"catsvdogs/services/pipeline/contest"
)

// State is what the page and GET /api/v1/contest show. Every number is absolute. Between two states the stream sends
// the difference as a JSON merge patch (RFC 7396), which is why counts are objects by name and not arrays.
type State struct {
	Epoch    string    `json:"epoch"` // changes with a restart and with the day; seq begins anew
	Seq      uint64    `json:"seq"`
	Now      string    `json:"now"` // the server's clock, so that ages do not depend on the reader's
	Day      string    `json:"day"` // YYYY-MM-DD in Timezone
	Timezone string    `json:"timezone"`
	Progress Progress  `json:"progress"`
	Contest  Competing `json:"contest"`

	Posts    Posts                       `json:"posts"`
	Percent  map[string]float64          `json:"percent"`  // category to its share of all categories' counts, 0 to 100
	Timeline map[string]map[string]int64 `json:"timeline"` // category, then HH:MM at which a half hour begins, to posts
	Rate     Rate                        `json:"rate"`
	Newest   string                      `json:"newest_post"` // when the newest post of the day arrived; empty before the first
}

// Phase says how much of the day the numbers cover.
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

// Competing is the contest as readers need it, in the order of the contest file.
type Competing struct {
	Name       string     `json:"name"`
	Teams      []Team     `json:"teams"`
	Categories []Category `json:"categories"`
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

// Posts are counts of distinct posts of the day.
type Posts struct {
	Total      int64            `json:"total"`
	Several    int64            `json:"several_teams"` // counted for two teams or more, once for each
	Simulated  int64            `json:"simulated"`     // made up
	Teams      map[string]int64 `json:"teams"`
	Categories map[string]int64 `json:"categories"`
}

// Rate is in posts a second, over the seconds before Now.
type Rate struct {
	Last10s float64 `json:"last_10s"`
	Last60s float64 `json:"last_60s"`
}

// competing lists teams and categories.
func competing(c *contest.Contest) Competing {
	v := Competing{Name: c.Name}
	for _, t := range c.Teams {
		v.Teams = append(v.Teams, Team{ID: t.ID, Name: t.Name, Singular: singular(t.Name), Emoji: t.Emoji, Color: t.Color})
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

// newState names the numbers of a snapshot. Epoch and Seq are left to the caller.
func newState(c Competing, zone *time.Location, p Progress, s rollup.Snapshot, now time.Time) State {
	st := State{
		Now: instant(now), Day: s.Day, Timezone: zone.String(), Progress: p, Contest: c,
		Posts: Posts{
			Total: s.Total, Several: s.SeveralTeams, Simulated: s.Simulated,
			Teams: map[string]int64{}, Categories: map[string]int64{},
		},
		Percent:  map[string]float64{},
		Timeline: map[string]map[string]int64{},
		Rate:     Rate{Last10s: rounded(s.PerSecond10s, 1000), Last60s: rounded(s.PerSecond60s, 1000)},
	}
	if !s.Newest.IsZero() {
		st.Newest = instant(s.Newest)
	}
	for i, t := range c.Teams {
		st.Posts.Teams[t.ID] = s.Teams[i]
	}
	var all int64
	for _, n := range s.Categories {
		all += n
	}
	for i, k := range c.Categories {
		st.Posts.Categories[k.Tag] = s.Categories[i]
		st.Percent[k.Tag] = 0
		if all > 0 {
			st.Percent[k.Tag] = rounded(100*float64(s.Categories[i])/float64(all), 10)
		}
		halfHours := make(map[string]int64, rollup.Buckets)
		for b, n := range s.Timeline[i] {
			halfHours[rollup.BucketName(b)] = n
		}
		st.Timeline[k.Tag] = halfHours
	}
	return st
}

// instant is RFC 3339 in UTC with milliseconds, always as long.
func instant(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z07:00") }

func rounded(x, parts float64) float64 { return math.Round(x*parts) / parts }
