package live

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"catsvdogs/services/live/rollup"
	"catsvdogs/services/pipeline/tweet"
)

// Bounds on what is kept and shown of a post. Strangers wrote it: a long text must not fill the memory, and an id or an
// address that is none must not reach a page.
const (
	maxTextRunes    = 600
	maxNameRunes    = 100
	maxURL          = 1024
	maxHashtagBytes = 100
)

var (
	showableID     = regexp.MustCompile(`^([0-9]{1,20}|at://[A-Za-z0-9:._~/-]{1,500})$`)
	showableURL    = regexp.MustCompile(`^https://[A-Za-z0-9.-]+/[A-Za-z0-9:._~/%@?=&-]*$`)
	showableLang   = regexp.MustCompile(`^[A-Za-z0-9-]{1,35}$`)
	showableName   = regexp.MustCompile(`^[A-Za-z0-9._-]{1,256}$`)
	showableEdit   = regexp.MustCompile(`^[0-9]{1,20}$`)
	showableAuthor = regexp.MustCompile(`^[A-Za-z0-9:._-]{1,256}$`)
)

// Post is what is shown of one of the most popular posts, with what the platforms' display rules ask for; openapi.yaml
// says what each member means. It does not change.
type Post struct {
	ID          string      `json:"id"`
	URL         string      `json:"url,omitempty"`
	Text        string      `json:"text"`
	Cut         bool        `json:"cut"` // the text goes on
	Lang        string      `json:"lang,omitempty"`
	AuthorID    string      `json:"author_id,omitempty"`
	AuthorName  string      `json:"author_name,omitempty"`
	Username    string      `json:"author_username,omitempty"`
	VersionID   string      `json:"version_id,omitempty"`
	CreatedAt   string      `json:"created_at"`
	RefreshedAt string      `json:"refreshed_at,omitempty"` // when Metrics were looked up last
	Growth      *float64    `json:"growth_per_hour,omitempty"`
	Source      string      `json:"source"`
	Simulated   bool        `json:"simulated"`
	Promotional bool        `json:"promotional"`
	Teams       []string    `json:"teams"`
	Media       []string    `json:"media"`
	Metrics     PostMetrics `json:"metrics"`
	Popularity  float64     `json:"popularity"`
}

// PostMetrics are public counts as last seen.
type PostMetrics struct {
	Retweets    int64  `json:"retweets"`
	Replies     int64  `json:"replies"`
	Likes       int64  `json:"likes"`
	Quotes      int64  `json:"quotes"`
	Bookmarks   *int64 `json:"bookmarks,omitempty"`
	Impressions *int64 `json:"impressions,omitempty"`
}

// newPost returns what is shown of a document; nil when its id is none that a page should see. Strings are copied,
// because those of a document hold on to the whole record that it was read from.
func newPost(d *tweet.Document) *Post {
	if !showableID.MatchString(d.TweetID) {
		return nil
	}
	text, cut := firstRunes(d.Text, maxTextRunes)
	p := &Post{
		ID: strings.Clone(d.TweetID), URL: matching(showableURL, d.URL), Text: strings.Clone(text), Cut: cut,
		AuthorID:  matching(showableAuthor, d.AuthorID),
		CreatedAt: instant(d.CreatedAt), Source: sourceNames[sourceOf(d.Source)], Simulated: d.Source == tweet.SourceSimulator,
		Promotional: d.Promotional, Teams: []string{}, Media: []string{}, Popularity: rounded(d.Popularity, 1e4),
		Metrics: PostMetrics{
			Retweets: max(0, d.Metrics.Retweets), Replies: max(0, d.Metrics.Replies), Likes: max(0, d.Metrics.Likes),
			Quotes: max(0, d.Metrics.Quotes), Bookmarks: notBelowZero(d.Metrics.Bookmarks), Impressions: notBelowZero(d.Metrics.Impressions),
		},
	}
	name, _ := firstRunes(d.AuthorName, maxNameRunes)
	p.AuthorName, p.Username = strings.Clone(name), matching(showableName, d.AuthorUsername)
	p.VersionID = matching(showableEdit, d.VersionID)
	if d.RefreshedAt != nil {
		p.RefreshedAt = instant(*d.RefreshedAt)
	}
	if d.Growth != nil {
		growth := rounded(*d.Growth, 100)
		p.Growth = &growth
	}
	if d.Lang != "und" {
		p.Lang = matching(showableLang, d.Lang)
	}
	if p.Simulated {
		p.URL = "" // it cannot be read anywhere
	}
	for _, kind := range d.Media {
		if kind == tweet.MediaImage || kind == tweet.MediaVideo {
			p.Media = append(p.Media, strings.Clone(kind))
		}
	}
	for _, team := range d.Teams[:min(len(d.Teams), rollup.MaxTeams)] {
		p.Teams = append(p.Teams, strings.Clone(team))
	}
	return p
}

func matching(pattern *regexp.Regexp, s string) string {
	if len(s) > maxURL || !pattern.MatchString(s) {
		return ""
	}
	return strings.Clone(s)
}

func firstRunes(s string, n int) (first string, cut bool) {
	for i := range s {
		if n == 0 {
			return s[:i], true
		}
		n--
	}
	return s, false
}

func notBelowZero(n *int64) *int64 {
	if n == nil || *n < 0 {
		return nil
	}
	return n
}

// countable keeps, in place, hashtags that are some: letters, digits and what joins them, of a sane length. What else a source
// may claim to be a hashtag could reorder or hide the words around it on a page.
func countable(hashtags []string) []string {
	kept := hashtags[:0]
	for _, tag := range hashtags {
		if isHashtag(tag) {
			kept = append(kept, tag)
		}
	}
	return kept
}

func isHashtag(s string) bool {
	if s == "" || len(s) > maxHashtagBytes || !utf8.ValidString(s) {
		return false
	}
	for _, r := range s {
		if !unicode.IsLetter(r) && !unicode.IsMark(r) && !unicode.IsNumber(r) && r != '_' && r != '·' && r != '-' && !unicode.Is(unicode.So, r) {
			return false
		}
	}
	return true
}

// sourceNames are what readers see.
var sourceNames = [...]string{rollup.Other: "other", rollup.X: tweet.SourceX, rollup.Bluesky: tweet.SourceBluesky, rollup.Simulator: tweet.SourceSimulator}

func sourceOf(name string) rollup.Source {
	switch name {
	case tweet.SourceX:
		return rollup.X
	case tweet.SourceBluesky:
		return rollup.Bluesky
	case tweet.SourceSimulator:
		return rollup.Simulator
	}
	return rollup.Other
}

func labelOf(name string) rollup.Label {
	switch name {
	case "positive":
		return rollup.Positive
	case "neutral":
		return rollup.Neutral
	case "negative":
		return rollup.Negative
	}
	return rollup.Unknown
}
