package live

// View is one way to count a day: all posts, or those that are not promotional. openapi.yaml says what each member
// means.
type View struct {
	Posts       Posts                       `json:"posts"`
	Percent     map[string]float64          `json:"percent"`  // by category
	Timeline    map[string]map[string]int64 `json:"timeline"` // category, then HH:MM at which a half hour begins, to posts
	Rate        Rate                        `json:"rate"`
	Trace       map[string]map[string]int64 `json:"trace"` // team, then Unix second, to posts
	Popularity  map[string]Popularity       `json:"popularity"`
	Sentiment   map[string]Sentiment        `json:"sentiment"`
	Top         Top                         `json:"top"`
	Hashtags    []Hashtag                   `json:"hashtags"`
	Sources     map[string]int64            `json:"sources"`
	Headline    Headline                    `json:"headline"`
	Popular     Headline                    `json:"headline_popularity"`
	Lead        Lead                        `json:"lead"`
	LeadChanges []LeadChange                `json:"lead_changes"` // newest first
	LeadChanged int                         `json:"lead_changed"` // all of the day
	Pace        map[string]Pace             `json:"pace"`         // by team
	Records     Records                     `json:"records"`
}

// Posts are counts of distinct posts of the day.
type Posts struct {
	Total      int64            `json:"total"`
	Several    int64            `json:"several_teams"` // counted for two teams or more, once for each
	Simulated  int64            `json:"simulated"`     // made up
	Teams      map[string]int64 `json:"teams"`
	Categories map[string]int64 `json:"categories"`
}

// Rate is in posts a second, over the seconds before State.Now.
type Rate struct {
	Last10s float64 `json:"last_10s"`
	Last60s float64 `json:"last_60s"`
}

// Popularity is a team's engagement.
type Popularity struct {
	Score      float64  `json:"score"` // sum of its posts' ln(1 + E)
	Percent    float64  `json:"percent"`
	Engagement float64  `json:"engagement"`                // sum of E
	Growth     *float64 `json:"growth_per_hour,omitempty"` // of the engagement, by the looks of the last hour
}

// Sentiment is what a model made of a team's posts. Mean is absent while it judged none.
type Sentiment struct {
	Mean     *float64 `json:"mean,omitempty"`
	Positive int64    `json:"positive"`
	Neutral  int64    `json:"neutral"`
	Negative int64    `json:"negative"`
	Unknown  int64    `json:"unknown"`
}

// Top names the most popular posts of State.TopPosts, most popular first.
type Top struct {
	Hour      []string `json:"hour"`
	HourSince string   `json:"hour_since,omitempty"`
	Day       []string `json:"day"`
}

// Hashtag is one with its posts. Team is set for those of the contest.
type Hashtag struct {
	Tag   string `json:"tag"`
	Posts int64  `json:"posts"`
	Team  string `json:"team,omitempty"`
}

// Headline is a sentence of package headline.
type Headline struct {
	Kind  string         `json:"kind"`
	Text  string         `json:"text"`
	Parts []HeadlinePart `json:"parts"`
}

// HeadlinePart is a piece of a headline; Team is set when it is that team's name.
type HeadlinePart struct {
	Text string `json:"text"`
	Team string `json:"team,omitempty"`
}

// Lead says who is ahead.
type Lead struct {
	Team string   `json:"team,omitempty"`
	By   int64    `json:"by"`
	Tied []string `json:"tied"`
}

// LeadChange is a minute in which To took the lead.
type LeadChange struct {
	At       string `json:"at"`
	From     string `json:"from"`
	To       string `json:"to"`
	Overcame int64  `json:"overcame"`
	Upset    bool   `json:"upset"`
}

// Pace compares the last ten minutes with the ten before. ChangePercent is absent when they cannot be compared.
type Pace struct {
	Last10m       int64    `json:"last_10m"`
	Previous10m   int64    `json:"previous_10m"`
	ChangePercent *float64 `json:"change_percent,omitempty"`
}

// Records are the best minutes; absent before the first post.
type Records struct {
	Minute       *Minute           `json:"minute,omitempty"`
	MinuteOfDays *Minute           `json:"minute_of_days,omitempty"`
	Teams        map[string]Minute `json:"teams"`
}

// Minute is a minute with its posts.
type Minute struct {
	At    string `json:"at"`
	Posts int64  `json:"posts"`
}
