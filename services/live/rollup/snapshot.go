package rollup

import (
	"slices"
	"time"
)

const (
	shownPopular  = 5
	shownHashtags = 12
	unit          = 1e-4 // what contributions are kept in
)

// Snapshot is the state of a day, as a copy. Teams and categories are in the order of the shape.
type Snapshot struct {
	Day    string // YYYY-MM-DD
	Today  bool
	Newest time.Time // arrival of the newest post of the day; zero when there is none
	// Covered is how much of the day the log covers, and CoveredFrom since when where that is not all.
	Covered     Coverage
	CoveredFrom time.Time
	// SettledBefore: looks at posts that arrived earlier change nothing any more. Zero while all posts are remembered.
	SettledBefore time.Time
	Views         [views]View // by ViewOf
}

// Coverage says how much of a day there are numbers of.
type Coverage int

// Coverages.
const (
	None    Coverage = iota // nothing was collected on the day
	Partial                 // the log begins within it
	Whole
)

// View is a way to count a day.
type View struct {
	Total        int64 // distinct posts
	SeveralTeams int64 // posts that count for two teams or more
	Sources      [sources]int64
	Teams        []Team
	Categories   []int64
	Timeline     [][Buckets]int64 // by category and half hour

	PerSecond10s float64 // posts a second over the last 10 s; 0 unless the day is today, as all that follows the clock
	PerSecond60s float64 // over the last 60 s

	PopularOfDay  []any     // Content of observations, most popular first
	PopularOfHour []any     // of posts that arrived since HourSince
	HourSince     time.Time // zero unless the day is today
	Hashtags      []Hashtag // most used first

	LeadChanges []LeadChange // oldest first
	Best        Minute
	BestOfDays  Minute   // of all days that are kept
	Ago         Standing // before the last minute and the running one; the zero value unless the day is today
}

// Team is one side in a view.
type Team struct {
	Posts      int64
	Popularity float64
	Engagement float64
	Growth     *float64      // of the engagement, an hour, by the looks of the last hour; nil when there were none, or the day is over
	Labels     [labels]int64 // posts by label
	MeanScore  float64       // of the posts that were judged; 0 when none was
	Best       Minute
	Pace       Pace     // the zero value unless the day is today
	Trace      []Second // nothing unless the day is today
}

// Judged is how many posts a model judged.
func (t Team) Judged() int64 { return t.Labels[Positive] + t.Labels[Neutral] + t.Labels[Negative] }

// Snapshot returns the numbers of today.
func (r *Rollup) Snapshot() Snapshot { return r.snapshot(r.today) }

// SnapshotOf returns the numbers of the day written YYYY-MM-DD; false when no such day is kept.
func (r *Rollup) SnapshotOf(name string) (Snapshot, bool) {
	d, ok := parseDate(name)
	if !ok || d > r.today || d <= r.today-date(r.bounds.Days) {
		return Snapshot{}, false
	}
	return r.snapshot(d), true
}

// Days returns the days that are kept, today first.
func (r *Rollup) Days() []string {
	names := make([]string, r.bounds.Days)
	for i := range names {
		names[i] = (r.today - date(i)).String()
	}
	return names
}

// Remembered is how many posts are remembered.
func (r *Rollup) Remembered() int { return r.posts.remembered() }

// covered is since when the log tells all; false when nobody knows.
func (r *Rollup) covered() (from int64, ok bool) {
	if r.first == 0 {
		return 0, false
	}
	if !r.lost.IsZero() {
		// Older posts are known where somebody looked at them again; others have gone.
		return max(r.lost.Unix(), r.first), true
	}
	return r.first, true
}

func (r *Rollup) snapshot(d date) Snapshot {
	one := r.days[d]
	if one == nil {
		one = newDay(d, r.zone, r.shape)
	}
	s := Snapshot{Day: d.String(), Today: d == r.today, Newest: one.newest}
	if from, ok := r.covered(); ok {
		switch {
		case from <= one.begin:
			s.Covered = Whole
		case from < one.end:
			s.Covered, s.CoveredFrom = Partial, time.Unix(from, 0).UTC()
		default:
			s.CoveredFrom = time.Unix(from, 0).UTC()
		}
	}
	if settled := r.posts.settled(); settled > (r.today - date(r.bounds.Days) + 1).start(r.zone).Unix() {
		s.SettledBefore = time.Unix(settled, 0).UTC()
	}
	for v := range s.Views {
		s.Views[v] = r.view(one, ViewOf(v), s.Today)
	}
	return s
}

func (r *Rollup) view(d *day, v ViewOf, today bool) View {
	t := d.views[v]
	view := View{
		Total: t.total, SeveralTeams: t.several, Sources: t.sources,
		Categories: slices.Clone(t.categories), Timeline: slices.Clone(t.timeline),
		PopularOfDay: d.popular[v].contents(shownPopular), Hashtags: d.tags.most(shownHashtags, v),
		LeadChanges: d.leadChanges(t), Best: d.best(t.minutes), BestOfDays: r.bestOfDays(v),
	}
	for i := range t.teams {
		view.Teams = append(view.Teams, d.team(&t.teams[i]))
	}
	if !today {
		return view
	}
	now := r.now.Unix()
	view.PerSecond10s, view.PerSecond60s = r.trace[v].perSecond(now, 10), r.trace[v].perSecond(now, 60)
	view.PopularOfHour, view.HourSince = r.recent.top(shownPopular, v, r.now)
	minute := d.minute(now)
	view.Ago = t.standingBefore(minute - 1)
	covered := len(t.minutes)
	if from, ok := r.covered(); ok {
		covered = max(0, int(from-d.begin+59)/60)
	}
	whole := comparable(t.minutes, minute, covered, view.PerSecond60s*60)
	for i := range view.Teams {
		view.Teams[i].Pace = paceOf(t.teams[i].minutes, minute, whole)
		if growth, ok := t.teams[i].growthOf(minute); ok {
			anHour := float64(growth) / 100
			view.Teams[i].Growth = &anHour
		}
		view.Teams[i].Trace = r.trace[v].of(i, r.now)
	}
	return view
}

func (d *day) team(t *teamTally) Team {
	n := Team{Posts: t.posts, Popularity: float64(t.popularity) * unit, Engagement: float64(t.engagement) / 100, Labels: t.labels, Best: d.best(t.minutes)}
	if judged := n.Judged(); judged > 0 {
		n.MeanScore = float64(t.score) * unit / float64(judged)
	}
	return n
}

func (r *Rollup) bestOfDays(v ViewOf) (best Minute) {
	for d, one := range r.days {
		m := one.best(one.views[v].minutes)
		if d <= r.today && (m.Posts > best.Posts || m.Posts == best.Posts && m.At.Before(best.At)) {
			best = m
		}
	}
	return best
}
