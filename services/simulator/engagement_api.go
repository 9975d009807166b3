package simulator

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"catsvdogs/services/simulator/chronicle"
	"catsvdogs/services/simulator/wire"
	"catsvdogs/services/simulator/world"
)

// maxEngagementIDs is how many posts can be asked for one by one.
const maxEngagementIDs = 1000

// engagementSums are over the posts that are there.
type engagementSums struct {
	Posts     int   `json:"posts"`
	Likes     int64 `json:"likes"`
	Retweets  int64 `json:"retweets"`
	Replies   int64 `json:"replies"`
	Quotes    int64 `json:"quotes"`
	Bookmarks int64 `json:"bookmarks"`
	// Gone counts those that are not, by reason.
	Deleted   int `json:"deleted"`
	Protected int `json:"protected"`
}

func (e *engagementSums) add(s chronicle.Standing) {
	switch s.Lost {
	case world.Deleted:
		e.Deleted++
	case world.Protected:
		e.Protected++
	default:
		e.Posts++
		e.Likes += int64(s.Metrics.Likes)
		e.Retweets += int64(s.Metrics.Retweets)
		e.Replies += int64(s.Metrics.Replies)
		e.Quotes += int64(s.Metrics.Quotes)
		e.Bookmarks += int64(s.Metrics.Bookmarks)
	}
}

// taggedSums are those of the posts that some rule with the tag matched.
type taggedSums struct {
	Tag string `json:"tag"`
	engagementSums
}

// engagementBody is what GET /simulator/v1/engagement tells.
type engagementBody struct {
	At string `json:"at"`
	// engagementSums count every post once, under however many tags it is.
	engagementSums
	Tags []taggedSums `json:"tags"`
}

// standingPost is one post as ?ids= tells of it. Metrics are those of the moment
// also when it is gone; nobody can look them up then.
type standingPost struct {
	ID        string   `json:"id"`
	Known     bool     `json:"known"` // false: never made, or forgotten; nothing else is told then
	First     string   `json:"first_id,omitempty"`
	Tags      []string `json:"tags,omitempty"`
	Likes     int      `json:"likes"`
	Retweets  int      `json:"retweets"`
	Replies   int      `json:"replies"`
	Quotes    int      `json:"quotes"`
	Bookmarks int      `json:"bookmarks"`
	Gone      bool     `json:"gone"`
	Reason    string   `json:"reason,omitempty"`
	Since     string   `json:"since,omitempty"`
}

// engagement is GET /simulator/v1/engagement: how the posts that a client was
// given stand at a moment, which is now unless ?at= (RFC 3339) names another;
// with ?ids= how single posts do, in the order of the question. Posts that are
// forgotten are not in it.
func (s *server) engagement(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	at, ids, mistake := readEngagement(query, s.now())
	if mistake != "" {
		writeJSON(w, http.StatusBadRequest, struct {
			Error string `json:"error"`
		}{mistake})
		return
	}
	stamp := at.UTC().Format(wire.TimeFormat)
	if query.Has("ids") {
		body := struct {
			At    string         `json:"at"`
			Posts []standingPost `json:"posts"`
		}{At: stamp}
		for _, id := range ids {
			body.Posts = append(body.Posts, s.standing(id, at))
		}
		writeJSON(w, http.StatusOK, body)
		return
	}
	body := engagementBody{At: stamp, Tags: []taggedSums{}}
	tagged := map[string]*engagementSums{}
	s.chronicle.Census(at, func(one chronicle.Standing) {
		body.add(one)
		for _, tag := range tagsOf(one) {
			if tagged[tag] == nil {
				tagged[tag] = &engagementSums{}
			}
			tagged[tag].add(one)
		}
	})
	for tag, sums := range tagged {
		body.Tags = append(body.Tags, taggedSums{tag, *sums})
	}
	slices.SortFunc(body.Tags, func(a, b taggedSums) int { return cmp.Compare(a.Tag, b.Tag) })
	writeJSON(w, http.StatusOK, body)
}

// readEngagement says in words what is wrong, if anything is.
func readEngagement(query url.Values, now time.Time) (at time.Time, ids []uint64, mistake string) {
	at = now
	if query.Has("at") {
		var err error
		if at, err = time.Parse(time.RFC3339, query.Get("at")); err != nil {
			return at, nil, "at: give a moment such as 2026-11-01T12:00:00Z"
		}
	}
	if !query.Has("ids") {
		return at, nil, ""
	}
	list := strings.Split(query.Get("ids"), ",")
	if len(list) > maxEngagementIDs {
		return at, nil, "ids: give at most " + strconv.Itoa(maxEngagementIDs)
	}
	for _, text := range list {
		id, ok := postID([]byte(text))
		if !ok {
			return at, nil, "ids: [" + text + "] is not an id"
		}
		ids = append(ids, id)
	}
	return at, ids, ""
}

func (s *server) standing(id uint64, at time.Time) standingPost {
	shown := standingPost{ID: strconv.FormatUint(id, 10)}
	one, known := s.chronicle.Stand(id, at)
	if !known {
		return shown
	}
	m := one.Metrics
	shown.Known, shown.First, shown.Tags = true, strconv.FormatUint(one.First, 10), tagsOf(one)
	shown.Likes, shown.Retweets, shown.Replies, shown.Quotes, shown.Bookmarks = m.Likes, m.Retweets, m.Replies, m.Quotes, m.Bookmarks
	if one.Lost != "" {
		shown.Gone, shown.Reason, shown.Since = true, string(one.Lost), one.Since.UTC().Format(wire.TimeFormat)
	}
	return shown
}

// tagsOf gives each tag once; rules without one have the empty tag.
func tagsOf(one chronicle.Standing) (tags []string) {
	for _, i := range one.Matched {
		if tag := one.Asked.Tags[i]; !slices.Contains(tags, tag) {
			tags = append(tags, tag)
		}
	}
	return tags
}
