package ingest

import (
	"encoding/json"
	"slices"
	"strings"

	"catsvdogs/services/pipeline/rule"
	"catsvdogs/services/pipeline/tweet"
)

// xLine is what rules look at in a line of X's stream. Every field may be missing; what is missing matches nothing.
type xLine struct {
	Data     *xPost `json:"data"`
	Includes struct {
		Posts []xPost `json:"tweets"`
		Media []struct {
			Key  string `json:"media_key"`
			Type string `json:"type"`
		} `json:"media"`
		Users []struct {
			ID       string `json:"id"`
			Username string `json:"username"`
			Verified bool   `json:"verified"`
			Metrics  struct {
				Followers int `json:"followers_count"`
			} `json:"public_metrics"`
		} `json:"users"`
	} `json:"includes"`
	MatchingRules []json.RawMessage `json:"matching_rules"`
}

type xPost struct {
	ID          string    `json:"id"`
	Text        string    `json:"text"`
	Lang        string    `json:"lang"`
	AuthorID    string    `json:"author_id"`
	InReplyTo   string    `json:"in_reply_to_user_id"`
	History     []string  `json:"edit_history_tweet_ids"`
	Entities    xEntities `json:"entities"`
	Attachments struct {
		MediaKeys []string `json:"media_keys"`
	} `json:"attachments"`
	Note struct {
		Text     string    `json:"text"`
		Entities xEntities `json:"entities"`
	} `json:"note_tweet"`
	Referenced []struct {
		Type string `json:"type"`
		ID   string `json:"id"`
	} `json:"referenced_tweets"`
}

type xEntities struct {
	Hashtags []struct {
		Tag string `json:"tag"`
	} `json:"hashtags"`
	Mentions []struct {
		Username string `json:"username"`
	} `json:"mentions"`
	URLs []json.RawMessage `json:"urls"`
}

// readLine returns the key of a line, the id of the post's first version, and the post as rules see it. The key is nil
// when the line has none. judge is false for a line that needs no judgement: one that says itself which rules it matched,
// or one that is no post.
func readLine(value []byte) (key []byte, p rule.Post, judge bool) {
	var l xLine
	if tweet.DecodeJSON(value, &l) != nil || l.Data == nil {
		return nil, rule.Post{}, false
	}
	if id := l.Data.first(); tweet.ValidXID(id) {
		key = []byte(id)
	}
	if len(l.MatchingRules) > 0 {
		return key, rule.Post{}, false
	}
	p = l.post(l.Data)
	for _, r := range l.Data.Referenced {
		switch r.Type {
		case "retweeted":
			p.IsRetweet = true
		case "replied_to":
			p.IsReply = true
		case "quoted":
			p.IsQuote = true
			if at := slices.IndexFunc(l.Includes.Posts, func(q xPost) bool { return q.ID == r.ID }); at >= 0 {
				quoted := l.post(&l.Includes.Posts[at])
				p.Quoted = &quoted
			}
		}
	}
	return key, p, true
}

// first is the id of the post's first version: each edit has an id of its own.
func (x *xPost) first() string {
	if len(x.History) > 0 {
		return x.History[0]
	}
	return x.ID
}

func (l *xLine) post(x *xPost) rule.Post {
	p := rule.Post{Text: x.Text, Lang: x.Lang, AuthorID: x.AuthorID, Bucket: rule.Bucket(x.first())}
	if x.Note.Text != "" {
		p.Text = x.Note.Text
	}
	for _, e := range []xEntities{x.Entities, x.Note.Entities} {
		for _, h := range e.Hashtags {
			p.Hashtags = append(p.Hashtags, strings.ToLower(h.Tag))
		}
		for _, m := range e.Mentions {
			p.Mentions = append(p.Mentions, strings.ToLower(m.Username))
		}
		p.HasLinks = p.HasLinks || len(e.URLs) > 0
	}
	for _, m := range l.Includes.Media {
		if !slices.Contains(x.Attachments.MediaKeys, m.Key) {
			continue
		}
		p.HasImages = p.HasImages || m.Type == "photo"
		p.HasVideos = p.HasVideos || m.Type == "video"
		p.HasGIFs = p.HasGIFs || m.Type == "animated_gif"
	}
	for _, u := range l.Includes.Users {
		if u.ID == x.AuthorID && u.ID != "" {
			p.Author, p.IsVerified, p.Followers = strings.ToLower(u.Username), u.Verified, u.Metrics.Followers
		}
		if u.ID == x.InReplyTo && u.ID != "" {
			p.InReplyTo = strings.ToLower(u.Username)
		}
	}
	return p
}
