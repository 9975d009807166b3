package headline_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"catsvdogs/services/live/headline"
)

// contest is cats against dogs, and against foxes where they have posts.
func contest(posts ...int64) headline.State {
	sides := []headline.Side{{ID: "cats", Name: "Cats"}, {ID: "dogs", Name: "Dogs"}, {ID: "foxes", Name: "Red Foxes"}}
	for i, n := range posts {
		sides[i].Posts = n
	}
	return headline.State{Sides: sides[:len(posts)]}
}

// paced gives the teams posts of the last ten minutes and of those before.
func paced(s headline.State, pace ...[2]int64) headline.State {
	for i, p := range pace {
		s.Sides[i].Last10m, s.Sides[i].Previous10m, s.Sides[i].Comparable = p[0], p[1], true
	}
	return s
}

func with(s headline.State, change func(*headline.State)) headline.State {
	change(&s)
	return s
}

func TestTheSentenceReactsToWhatHasHappened(t *testing.T) {
	t.Parallel()
	over := func(s *headline.State) { s.Over = true }
	best := func(n int64) func(*headline.State) { return func(s *headline.State) { s.BestMinute = n } }
	silent := func(d time.Duration) func(*headline.State) { return func(s *headline.State) { s.Silence = d } }
	cutOff := func(d time.Duration) func(*headline.State) {
		return func(s *headline.State) { s.Phase, s.Age = headline.CutOff, d }
	}
	change := func(c headline.Change) func(*headline.State) { return func(s *headline.State) { s.LastChange = c } }

	for name, test := range map[string]struct {
		now, before headline.State
		kind        headline.Kind
		want        string
	}{
		"no broker":           {now: headline.State{Phase: headline.Waiting}, kind: "waiting", want: "Waiting for the first numbers."},
		"reading":             {now: headline.State{Phase: headline.CatchingUp, Percent: 42}, kind: "catching_up", want: "Reading what came before: 42 %."},
		"cut off":             {now: with(contest(5, 4), cutOff(10*time.Second)), kind: "cut_off", want: "Cut off from the posts: the numbers are less than a minute old."},
		"cut off for long":    {now: with(contest(5, 4), cutOff(90*time.Second)), kind: "cut_off", want: "Cut off from the posts: the numbers are one minute old."},
		"cut off, no posts":   {now: with(contest(0, 0), cutOff(5*time.Minute)), kind: "cut_off", want: "Cut off from the posts: the numbers are 5 minutes old."},
		"cut off, a past day": {now: with(with(contest(2, 1), cutOff(time.Hour)), over), kind: "final", want: "Cats won by 1: 2 to 1."},
		"nothing collected":   {now: with(with(contest(0, 0), over), func(s *headline.State) { s.Unknown = true }), kind: "no_numbers", want: "Nothing was collected on this day."},
		"nothing":             {now: contest(0, 0), kind: "no_posts", want: "No posts yet today."},
		"no teams":            {now: headline.State{}, kind: "no_posts", want: "No posts yet today."},
		"nothing that day":    {now: with(contest(0, 0), over), kind: "no_posts", want: "No posts on this day."},
		"silence of no one":   {now: with(contest(0, 0), silent(time.Hour)), kind: "no_posts", want: "No posts yet today."},

		"a lead":              {now: contest(5405, 4993), before: contest(5400, 4990), kind: "lead", want: "Cats lead by 412."},
		"the chaser is fast":  {now: paced(contest(5405, 4993), [2]int64{50, 52}, [2]int64{59, 50}), before: contest(5400, 4980), kind: "lead", want: "Cats lead by 412; dogs are catching up: +18 % in the last ten minutes."},
		"the chaser is slow":  {now: paced(contest(5405, 4993), [2]int64{80, 82}, [2]int64{59, 50}), kind: "lead", want: "Cats lead by 412."},
		"the leader is fast":  {now: paced(contest(5405, 4993), [2]int64{60, 50}, [2]int64{59, 59}), before: contest(5395, 4990), kind: "lead", want: "Cats lead by 412 and are pulling away: +20 % in the last ten minutes."},
		"too few for a trend": {now: paced(contest(5405, 4993), [2]int64{1, 2}, [2]int64{9, 1}), kind: "lead", want: "Cats lead by 412."},
		"a gap that stays":    {now: paced(contest(5405, 4993), [2]int64{50, 52}, [2]int64{59, 50}), before: contest(5405, 4993), kind: "lead", want: "Cats lead by 412."},
		"a gap that grows":    {now: paced(contest(5405, 4993), [2]int64{50, 52}, [2]int64{59, 50}), before: contest(5400, 4990), kind: "lead", want: "Cats lead by 412."},
		"a lead that stays":   {now: paced(contest(5405, 4993), [2]int64{60, 50}, [2]int64{59, 59}), before: contest(5405, 4993), kind: "lead", want: "Cats lead by 412."},
		"out of next to none": {now: paced(contest(5405, 4993), [2]int64{5, 40}, [2]int64{12, 2}), before: contest(5400, 4980), kind: "lead", want: "Cats lead by 412."},
		"three teams":         {now: contest(10, 30, 20), kind: "lead", want: "Dogs lead Red Foxes by 10."},
		"one team":            {now: contest(1200), kind: "lead", want: "Cats have 1,200."},
		"millions":            {now: contest(1, 1234567), kind: "lead", want: "Dogs lead by 1,234,566."},

		"a tie":              {now: contest(3411, 3411), before: contest(3410, 3411), kind: "tie", want: "Cats and dogs are level at 3,411."},
		"a tie of three":     {now: contest(7, 7, 7), kind: "tie", want: "Cats, dogs and Red Foxes are level at 7."},
		"a tie for second":   {now: contest(7, 9, 7), kind: "lead", want: "Dogs lead cats by 2."},
		"the lead changes":   {now: contest(3411, 3412), before: contest(3410, 3409), kind: "lead_change", want: "Dogs take the lead from cats: 3,412 to 3,411."},
		"a first lead":       {now: contest(0, 1), before: contest(0, 0), kind: "lead", want: "Dogs lead by 1."},
		"a lead after a tie": {now: contest(3, 4), before: contest(3, 3), kind: "lead", want: "Dogs lead by 1."},
		"an upset": {
			now: with(contest(800, 801), change(headline.Change{To: "dogs", Overcame: 120, Posts: 801})), before: contest(800, 799),
			kind: "upset", want: "Upset: dogs take the lead after trailing by 120.",
		},
		"a narrow change": {
			now: with(contest(8000, 8001), change(headline.Change{To: "dogs", Overcame: 120, Posts: 8001})), before: contest(8000, 7999),
			kind: "lead_change", want: "Dogs take the lead from cats: 8,001 to 8,000.",
		},
		"an upset of long ago": {
			now: with(contest(800, 801), change(headline.Change{To: "dogs", Overcame: 120, Posts: 801})), before: contest(790, 800),
			kind: "lead", want: "Dogs lead by 1.",
		},

		"a record":             {now: with(contest(500, 400), best(97)), before: with(contest(450, 380), best(60)), kind: "record", want: "A record: 97 posts in one minute; cats lead by 100."},
		"a record of a few":    {now: with(contest(5, 4), best(3)), before: with(contest(2, 2), best(2)), kind: "lead", want: "Cats lead by 1."},
		"a record and a tie":   {now: with(contest(500, 500), best(97)), before: with(contest(450, 380), best(60)), kind: "tie", want: "Cats and dogs are level at 500."},
		"a surge":              {now: paced(contest(500, 400), [2]int64{90, 30}, [2]int64{60, 30}), kind: "surge", want: "A surge: +150 % in the last ten minutes; cats lead by 100."},
		"a surge from few":     {now: paced(contest(500, 400), [2]int64{90, 3}, [2]int64{60, 3}), kind: "lead", want: "Cats lead by 100."},
		"a surge out of none":  {now: paced(contest(500, 400), [2]int64{90, 0}, [2]int64{60, 0}), kind: "lead", want: "Cats lead by 100."},
		"the day's first hour": {now: with(paced(contest(500, 400), [2]int64{90, 30}, [2]int64{60, 30}), func(s *headline.State) { s.Sides[1].Comparable = false }), before: contest(490, 395), kind: "lead", want: "Cats lead by 100 and are pulling away: +200 % in the last ten minutes."},
		"a drought":            {now: with(contest(500, 400), silent(14*time.Minute)), kind: "drought", want: "Nothing new for 14 minutes; cats lead by 100."},
		"a drought in a tie":   {now: with(contest(5, 5), silent(3*time.Hour)), kind: "drought", want: "Nothing new for 3 hours; cats and dogs are level at 5."},
		"a short silence":      {now: with(contest(500, 400), silent(9*time.Minute)), kind: "lead", want: "Cats lead by 100."},

		"the day is over":       {now: with(contest(5405, 1961), over), kind: "final", want: "Cats won by 3,444: 5,405 to 1,961."},
		"over, three teams":     {now: with(contest(1, 2, 3), over), kind: "final", want: "Red Foxes won by 1: 3 to 2 to 1."},
		"over and level":        {now: with(contest(9, 9), over), kind: "final_tie", want: "Cats and dogs ended level at 9."},
		"over, with one team":   {now: with(contest(1), over), kind: "final", want: "Cats ended with one post."},
		"over, silence is past": {now: with(with(contest(2, 1), over), silent(24*time.Hour)), kind: "final", want: "Cats won by 1: 2 to 1."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := headline.Write(test.now, test.before)
			if got.String() != test.want || got.Kind != test.kind {
				t.Errorf("%s: %q, want %s: %q", got.Kind, got, test.kind, test.want)
			}
		})
	}
}

func TestPopularityHasASentenceOfItsOwn(t *testing.T) {
	t.Parallel()
	liked := func(popularity ...float64) headline.State {
		s := contest(9, 8, 7)
		s.Sides = s.Sides[:len(popularity)]
		for i, p := range popularity {
			s.Sides[i].Popularity = p
		}
		return s
	}
	growing := func(s headline.State, growth ...float64) headline.State {
		for i, g := range growth {
			s.Sides[i].Growth, s.Sides[i].Grown = g, true
		}
		return s
	}
	over := func(s *headline.State) { s.Over = true }
	for name, test := range map[string]struct {
		now  headline.State
		kind headline.Kind
		want string
	}{
		"catching up":     {headline.State{Phase: headline.CatchingUp, Percent: 3}, "catching_up", "Reading what came before: 3 %."},
		"cut off":         {headline.State{Phase: headline.CutOff}, "cut_off", "Cut off from the posts: the numbers are less than a minute old."},
		"no posts":        {contest(0, 0), "no_posts", "No posts yet today."},
		"no likes":        {contest(3, 4), "no_likes", "No likes or reposts yet today."},
		"no likes then":   {with(contest(3, 4), over), "no_likes", "No likes or reposts on this day."},
		"a lead":          {liked(61.3, 38.7), "lead", "Cats lead in popularity: 61.3 % to 38.7 %."},
		"the other grows": {growing(liked(1, 3), 1240.4, 900), "lead", "Dogs lead in popularity: 75.0 % to 25.0 %; cats grow fastest: +1,240 an hour."},
		"equal growth":    {growing(liked(1, 3), 900, 900), "lead", "Dogs lead in popularity: 75.0 % to 25.0 %."},
		"hardly any":      {growing(liked(1, 3), 2, 9), "lead", "Dogs lead in popularity: 75.0 % to 25.0 %."},
		"all lose":        {growing(liked(1, 3), -200, -90), "lead", "Dogs lead in popularity: 75.0 % to 25.0 %."},
		"three":           {liked(1, 2, 1), "lead", "Dogs lead in popularity: 50.0 % to 25.0 % to 25.0 %."},
		"level":           {growing(liked(2, 2), 50, 1), "tie", "Cats and dogs are equally popular."},
		"one team":        {liked(2), "lead", "Cats have all the likes and reposts."},
		"over":            {with(growing(liked(3, 1), 900, 1), over), "final", "Cats won in popularity: 75.0 % to 25.0 %."},
		"over and level":  {with(liked(3, 3), over), "final_tie", "Cats and dogs ended equally popular."},
		"no teams at all": {headline.State{}, "no_posts", "No posts yet today."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := headline.WritePopularity(test.now); got.String() != test.want || got.Kind != test.kind {
				t.Errorf("%s: %q, want %s: %q", got.Kind, got, test.kind, test.want)
			}
		})
	}
}

func TestNamesAreMarkedForTheirColour(t *testing.T) {
	t.Parallel()
	want := []headline.Part{
		{Text: "Cats", Team: "cats"}, {Text: " lead by 412; "}, {Text: "dogs", Team: "dogs"},
		{Text: " are catching up: +18 % in the last ten minutes."},
	}
	got := headline.Write(paced(contest(5405, 4993), [2]int64{50, 52}, [2]int64{59, 50}), contest(5405, 4980))
	if diff := cmp.Diff(want, got.Parts); diff != "" {
		t.Errorf("parts (-want +got):\n%s", diff)
	}
}
