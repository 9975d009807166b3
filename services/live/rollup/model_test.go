package rollup_test

import (
	"cmp"
	"math"
	"slices"
	"time"

	"catsvdogs/services/live/rollup"
)

// model counts the slow and obvious way: it keeps every observation it was given and goes through all of them for
// every answer.
type model struct {
	shape rollup.Shape
	zone  *time.Location
	now   time.Time
	seen  []rollup.Observation
}

// verdicts is the newest version of each post.
func (m *model) verdicts() map[string]*rollup.Observation {
	newest := map[string]*rollup.Observation{}
	for i := range m.seen {
		o := &m.seen[i]
		if last := newest[o.ID]; last == nil || !o.ObservedAt.Before(last.ObservedAt) {
			newest[o.ID] = o
		}
	}
	return newest
}

// counts is what the model can tell of a view; countsOf takes the same from a snapshot.
type counts struct {
	Total, Several int64
	Sources        [4]int64
	Teams          []int64
	Popularity     []int64 // ten-thousandths
	Engagement     []int64 // hundredths
	Growth         []int64 // hundredths; 0 as well where there is none
	Labels         [][4]int64
	Score          []int64 // sum, ten-thousandths
	Categories     []int64
	Timeline       [][rollup.Buckets]int64
	Hashtags       []rollup.Hashtag
	Best           rollup.Minute
	Popular        []any
	Hour           []any
	Trace          map[int]map[int64]int64
	Rate           float64
	Pace           []rollup.Pace
	Leaders        []int // of each minute after which another team leads than before; the first included
}

func (m *model) counts(day string, view rollup.ViewOf) counts {
	c := counts{
		Teams: make([]int64, len(m.shape.Teams)), Popularity: make([]int64, len(m.shape.Teams)),
		Engagement: make([]int64, len(m.shape.Teams)), Growth: make([]int64, len(m.shape.Teams)), Labels: make([][4]int64, len(m.shape.Teams)),
		Score: make([]int64, len(m.shape.Teams)), Categories: make([]int64, len(m.shape.Categories)),
		Timeline: make([][rollup.Buckets]int64, len(m.shape.Categories)), Pace: make([]rollup.Pace, len(m.shape.Teams)),
		Trace: map[int]map[int64]int64{},
	}
	today := m.now.In(m.zone).Format(time.DateOnly) == day
	minutes, tags := map[int64][]int64{}, map[string]int64{}
	var popular, hour []*rollup.Observation
	hourSince := m.now.Truncate(10 * time.Minute).Add(-50 * time.Minute)
	for _, last := range m.verdicts() {
		if last.Deleted || len(last.Teams) == 0 || view == rollup.Organic && last.Promotional {
			continue
		}
		at := last.ArrivedAt.In(m.zone)
		if today {
			m.recent(&c, last, at)
			if last.Popularity > 0 && !at.Before(hourSince) {
				hour = append(hour, last)
			}
		}
		if at.Format(time.DateOnly) != day {
			continue
		}
		c.Total++
		c.Sources[last.Source]++
		minute := at.Unix() / 60
		if minutes[minute] == nil {
			minutes[minute] = make([]int64, len(m.shape.Teams)+1)
		}
		minutes[minute][len(m.shape.Teams)]++
		teams := 0
		for i, name := range m.shape.Teams {
			if !slices.Contains(last.Teams, name) {
				continue
			}
			teams++
			c.Teams[i]++
			c.Popularity[i] += int64(math.Round(last.Popularity * 1e4))
			c.Engagement[i] += int64(math.Round(last.Engagement * 1e2))
			age := m.now.Unix()/60 - last.ObservedAt.Unix()/60
			if today && last.Growth != nil && age >= 0 && age < 60 && last.ObservedAt.In(m.zone).Format(time.DateOnly) == day {
				c.Growth[i] += int64(math.Round(*last.Growth * 1e2))
			}
			c.Labels[i][last.Label]++
			if last.Label != rollup.Unknown {
				c.Score[i] += int64(math.Round(last.Score * 1e4))
			}
			minutes[minute][i]++
		}
		if teams > 1 {
			c.Several++
		}
		for i, name := range m.shape.Categories {
			if slices.Contains(last.Categories, name) {
				c.Categories[i]++
				c.Timeline[i][at.Hour()*2+at.Minute()/30]++
			}
		}
		for _, tag := range last.Hashtags {
			tags[tag]++
		}
		if last.Popularity > 0 {
			popular = append(popular, last)
		}
	}
	c.Rate = math.Round(c.Rate*1e6) / 1e6
	for tag, n := range tags {
		c.Hashtags = append(c.Hashtags, rollup.Hashtag{Name: tag, Posts: n})
	}
	slices.SortFunc(c.Hashtags, func(a, b rollup.Hashtag) int {
		return cmp.Or(cmp.Compare(b.Posts, a.Posts), cmp.Compare(a.Name, b.Name))
	})
	c.Hashtags = c.Hashtags[:min(12, len(c.Hashtags))]
	byPopularity := func(a, b *rollup.Observation) int {
		return cmp.Or(cmp.Compare(b.Popularity, a.Popularity), cmp.Compare(a.ArrivedAt.Unix(), b.ArrivedAt.Unix()), cmp.Compare(a.ID, b.ID))
	}
	slices.SortFunc(popular, byPopularity)
	slices.SortFunc(hour, byPopularity)
	for _, o := range popular[:min(5, len(popular))] {
		c.Popular = append(c.Popular, o.Content)
	}
	for _, o := range hour[:min(5, len(hour))] {
		c.Hour = append(c.Hour, o.Content)
	}
	m.history(&c, minutes, today)
	return c
}

// recent is what follows from the last minutes, also where midnight lies in them.
func (m *model) recent(c *counts, o *rollup.Observation, at time.Time) {
	age := m.now.Unix() - at.Unix()
	if age > 0 && age <= 60 {
		c.Rate += 1.0 / 60
	}
	for i, name := range m.shape.Teams {
		if age > 300 || !slices.Contains(o.Teams, name) {
			continue
		}
		if c.Trace[i] == nil {
			c.Trace[i] = map[int64]int64{}
		}
		c.Trace[i][at.Unix()]++
	}
}

// history is what follows from the minutes.
func (m *model) history(c *counts, minutes map[int64][]int64, today bool) {
	order := make([]int64, 0, len(minutes))
	for minute := range minutes {
		order = append(order, minute)
	}
	slices.Sort(order)
	posts := make([]int64, len(m.shape.Teams))
	for _, minute := range order {
		n := minutes[minute]
		if all := n[len(posts)]; all > c.Best.Posts {
			c.Best = rollup.Minute{At: time.Unix(minute*60, 0).UTC(), Posts: all}
		}
		ahead := -1
		for i := range posts {
			posts[i] += n[i]
		}
		for i := range posts {
			if posts[i] == slices.Max(posts) && posts[i] > 0 {
				if ahead >= 0 {
					ahead = -2 // a tie
					break
				}
				ahead = i
			}
		}
		if ahead >= 0 && (len(c.Leaders) == 0 || c.Leaders[len(c.Leaders)-1] != ahead) {
			c.Leaders = append(c.Leaders, ahead)
		}
	}
	if len(c.Leaders) == 1 {
		c.Leaders = nil // who leads first has taken the lead from nobody
	}
	if !today {
		return
	}
	current := m.now.Unix() / 60
	for i := range c.Pace {
		for minute, n := range minutes {
			switch {
			case minute >= current-10 && minute < current:
				c.Pace[i].Last += n[i]
			case minute >= current-20 && minute < current-10:
				c.Pace[i].Previous += n[i]
			}
		}
	}
}

// countsOf is what a snapshot says of the same.
func countsOf(s rollup.Snapshot, view rollup.ViewOf) counts {
	v := s.Views[view]
	c := counts{
		Total: v.Total, Several: v.SeveralTeams, Sources: v.Sources, Categories: v.Categories, Timeline: v.Timeline,
		Best: v.Best, Popular: v.PopularOfDay, Hour: v.PopularOfHour, Rate: math.Round(v.PerSecond60s*1e6) / 1e6,
		Trace: map[int]map[int64]int64{},
	}
	if len(v.Hashtags) > 0 {
		c.Hashtags = v.Hashtags
	}
	for i, t := range v.Teams {
		c.Teams = append(c.Teams, t.Posts)
		c.Popularity = append(c.Popularity, int64(math.Round(t.Popularity*1e4)))
		c.Engagement = append(c.Engagement, int64(math.Round(t.Engagement*1e2)))
		c.Growth = append(c.Growth, 0)
		if t.Growth != nil {
			c.Growth[i] = int64(math.Round(*t.Growth * 1e2))
		}
		c.Labels = append(c.Labels, t.Labels)
		c.Score = append(c.Score, int64(math.Round(t.MeanScore*float64(t.Judged())*1e4)))
		t.Pace.Comparable = false
		c.Pace = append(c.Pace, t.Pace)
		for _, second := range t.Trace {
			if c.Trace[i] == nil {
				c.Trace[i] = map[int64]int64{}
			}
			c.Trace[i][second.At] = second.Posts
		}
	}
	for i, l := range v.LeadChanges {
		if i == 0 {
			c.Leaders = append(c.Leaders, l.From)
		}
		c.Leaders = append(c.Leaders, l.To)
	}
	return c
}
