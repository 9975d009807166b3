package live

import (
	"math"
	"slices"
	"strconv"
	"time"

	"catsvdogs/services/live/headline"
	"catsvdogs/services/live/rollup"
)

// shownLeadChanges bounds State.LeadChanges.
const shownLeadChanges = 20

// comparableFrom is how many posts there must have been for a change in percent to tell something.
const comparableFrom = 10

// newState gives a snapshot's numbers their names. heard is when the broker was last heard, zero while it answers. Epoch, Seq
// and Freshness are left to the caller.
func newState(c Competing, zone *time.Location, p Progress, heard time.Time, s rollup.Snapshot, now time.Time) State {
	st := State{
		Now: instant(now), Day: s.Day, Today: s.Today, Timezone: zone.String(), Progress: p, Coverage: coverageOf(s), Contest: c,
		TopPosts: map[string]*Post{},
	}
	if !heard.IsZero() {
		st.CutOff = &CutOff{Since: instant(heard)}
	}
	if !s.SettledBefore.IsZero() {
		st.Settled = instant(s.SettledBefore)
	}
	if !s.Newest.IsZero() {
		st.Newest = instant(s.Newest)
	}
	st.View = newView(c, &s.Views[rollup.All], st.TopPosts)
	st.Organic = newView(c, &s.Views[rollup.Organic], st.TopPosts)
	st.Headline, st.Popular = newHeadlines(c, p, heard, s, rollup.All, now)
	st.Organic.Headline, st.Organic.Popular = newHeadlines(c, p, heard, s, rollup.Organic, now)
	if !s.Today {
		st.Pace, st.Organic.Pace = map[string]Pace{}, map[string]Pace{}
		st.Trace, st.Organic.Trace = map[string]map[string]int64{}, map[string]map[string]int64{}
	}
	return st
}

// newView adds the posts that it names to posts.
func newView(c Competing, s *rollup.View, posts map[string]*Post) View {
	v := View{
		Posts: Posts{
			Total: s.Total, Several: s.SeveralTeams, Simulated: s.Sources[rollup.Simulator],
			Teams: map[string]int64{}, Categories: map[string]int64{},
		},
		Percent: map[string]float64{}, Timeline: map[string]map[string]int64{},
		Rate:  Rate{Last10s: rounded(s.PerSecond10s, 1000), Last60s: rounded(s.PerSecond60s, 1000)},
		Trace: map[string]map[string]int64{}, Popularity: map[string]Popularity{}, Sentiment: map[string]Sentiment{},
		Top: Top{Hour: named(s.PopularOfHour, posts), Day: named(s.PopularOfDay, posts)}, Hashtags: []Hashtag{},
		Sources: map[string]int64{}, LeadChanges: []LeadChange{}, LeadChanged: len(s.LeadChanges), Pace: map[string]Pace{},
		Records: Records{Minute: newMinute(s.Best), MinuteOfDays: newMinute(s.BestOfDays), Teams: map[string]Minute{}},
	}
	if !s.HourSince.IsZero() {
		v.Top.HourSince = instant(s.HourSince)
	}
	for i, t := range c.Teams {
		v.addTeam(t.ID, s.Teams, i)
	}
	v.addCategories(c, s)
	for _, h := range s.Hashtags {
		v.Hashtags = append(v.Hashtags, Hashtag{Tag: h.Name, Posts: h.Posts, Team: c.owners[h.Name]})
	}
	for source, n := range s.Sources {
		if n > 0 {
			v.Sources[sourceNames[source]] = n
		}
	}
	v.Lead = newLead(c, s.Teams)
	for _, l := range slices.Backward(s.LeadChanges[max(0, len(s.LeadChanges)-shownLeadChanges):]) {
		v.LeadChanges = append(v.LeadChanges, LeadChange{
			At: instant(l.At), From: c.Teams[l.From].ID, To: c.Teams[l.To].ID, Overcame: l.Overcame, Upset: change(c, l).Upset(),
		})
	}
	return v
}

func (v *View) addTeam(id string, teams []rollup.Team, i int) {
	t := teams[i]
	v.Posts.Teams[id] = t.Posts
	v.Trace[id] = map[string]int64{}
	for _, s := range t.Trace {
		v.Trace[id][strconv.FormatInt(s.At, 10)] = s.Posts
	}
	var all float64
	for _, other := range teams {
		all += other.Popularity
	}
	liked := Popularity{Score: rounded(t.Popularity, 100), Percent: percentOf(t.Popularity, all), Engagement: rounded(t.Engagement, 100)}
	if t.Growth != nil {
		growth := rounded(*t.Growth, 100)
		liked.Growth = &growth
	}
	v.Popularity[id] = liked
	feeling := Sentiment{
		Positive: t.Labels[rollup.Positive], Neutral: t.Labels[rollup.Neutral],
		Negative: t.Labels[rollup.Negative], Unknown: t.Labels[rollup.Unknown],
	}
	if t.Judged() > 0 {
		mean := rounded(t.MeanScore, 1000)
		feeling.Mean = &mean
	}
	v.Sentiment[id] = feeling
	pace := Pace{Last10m: t.Pace.Last, Previous10m: t.Pace.Previous}
	if t.Pace.Comparable && t.Pace.Previous >= comparableFrom {
		percent := rounded(100*float64(t.Pace.Last-t.Pace.Previous)/float64(t.Pace.Previous), 10)
		pace.ChangePercent = &percent
	}
	v.Pace[id] = pace
	if best := newMinute(t.Best); best != nil {
		v.Records.Teams[id] = *best
	}
}

func (v *View) addCategories(c Competing, s *rollup.View) {
	var all int64
	for _, n := range s.Categories {
		all += n
	}
	for i, k := range c.Categories {
		v.Posts.Categories[k.Tag] = s.Categories[i]
		v.Percent[k.Tag] = percentOf(float64(s.Categories[i]), float64(all))
		halfHours := make(map[string]int64, rollup.Buckets)
		for b, n := range s.Timeline[i] {
			halfHours[rollup.BucketName(b)] = n
		}
		v.Timeline[k.Tag] = halfHours
	}
}

// named returns the ids of posts and adds the posts.
func named(contents []any, posts map[string]*Post) []string {
	ids := []string{}
	for _, content := range contents {
		if p, ok := content.(*Post); ok {
			ids = append(ids, p.ID)
			posts[p.ID] = p
		}
	}
	return ids
}

func newLead(c Competing, teams []rollup.Team) Lead {
	l := Lead{Tied: []string{}}
	var first, second int64
	for i, t := range teams {
		switch {
		case t.Posts > first:
			first, second = t.Posts, first
			l.Team, l.Tied = c.Teams[i].ID, []string{c.Teams[i].ID}
		case t.Posts == first && first > 0:
			second = first
			l.Tied = append(l.Tied, c.Teams[i].ID)
		default:
			second = max(second, t.Posts)
		}
	}
	if len(l.Tied) > 1 {
		return Lead{Tied: l.Tied}
	}
	return Lead{Team: l.Team, By: first - second, Tied: []string{}}
}

// newHeadlines returns the sentences about posts and about popularity.
func newHeadlines(c Competing, p Progress, heard time.Time, s rollup.Snapshot, view rollup.ViewOf, now time.Time) (posts, popularity Headline) {
	v := &s.Views[view]
	state := headline.State{
		Phase: phases[p.Phase], Percent: p.Percent, Over: !s.Today, Unknown: s.Covered == rollup.None, BestMinute: v.Best.Posts,
	}
	if !heard.IsZero() {
		// Also while the past is read: how far that was is no news any more.
		state.Phase, state.Age = headline.CutOff, now.Sub(heard)
	}
	if !s.Newest.IsZero() {
		state.Silence = now.Sub(s.Newest)
	}
	before := headline.State{BestMinute: v.Ago.Best}
	for i, t := range c.Teams {
		n := v.Teams[i]
		side := headline.Side{
			ID: t.ID, Name: t.Name, Posts: n.Posts, Last10m: n.Pace.Last, Previous10m: n.Pace.Previous, Comparable: n.Pace.Comparable,
			Popularity: n.Popularity,
		}
		if n.Growth != nil {
			side.Growth, side.Grown = *n.Growth, true
		}
		state.Sides = append(state.Sides, side)
		if i < len(v.Ago.Teams) {
			before.Sides = append(before.Sides, headline.Side{ID: t.ID, Name: t.Name, Posts: v.Ago.Teams[i]})
		}
	}
	if n := len(v.LeadChanges); n > 0 {
		state.LastChange = change(c, v.LeadChanges[n-1])
	}
	return asHeadline(headline.Write(state, before)), asHeadline(headline.WritePopularity(state))
}

func asHeadline(said headline.Sentence) Headline {
	h := Headline{Kind: string(said.Kind), Text: said.String()}
	for _, part := range said.Parts {
		h.Parts = append(h.Parts, HeadlinePart(part))
	}
	return h
}

var phases = map[Phase]headline.Phase{
	PhaseWaiting: headline.Waiting, PhaseCatchingUp: headline.CatchingUp, PhaseLive: headline.Live,
}

func change(c Competing, l rollup.LeadChange) headline.Change {
	return headline.Change{To: c.Teams[l.To].ID, Overcame: l.Overcame, Posts: l.Posts}
}

func newMinute(m rollup.Minute) *Minute {
	if m.Posts == 0 {
		return nil
	}
	return &Minute{At: instant(m.At), Posts: m.Posts}
}

// instant is RFC 3339 in UTC with milliseconds, always as long.
func instant(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z07:00") }

// percentOf is part of all in percent with one decimal; 0 of nothing.
func percentOf(part, all float64) float64 {
	if all <= 0 {
		return 0
	}
	return rounded(100*part/all, 10)
}

func rounded(x, parts float64) float64 { return math.Round(x*parts) / parts }
