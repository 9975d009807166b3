package ingest

import (
	"encoding/json"
	"slices"
	"strings"

	"catsvdogs/services/ingest/xstream"
	"catsvdogs/services/pipeline/rule"
	"catsvdogs/services/pipeline/tweet"
)

// xLine is what is looked at in a line of X's stream. Every field may be missing; what is missing matches nothing.
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
	Delete        json.RawMessage   `json:"delete"` // version 1.1
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
	Delete json.RawMessage `json:"delete"` // then it is no post
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

// xMeaning is what a line of X's stream asks for.
type xMeaning struct {
	key     []byte // id of the post's first version; nil when the line has none
	deleted bool   // the post that is the key is gone
	// judge says that rules have to look at post. A line needs no judgement that says itself which rules it matched, or
	// that is no post.
	judge bool
	post  rule.Post
}

// readLine reads a line.
func readLine(value []byte) xMeaning {
	var l xLine
	if tweet.DecodeJSON(value, &l) != nil {
		return xMeaning{}
	}
	if l.Data == nil || l.Data.ID == "" {
		gone := l.Delete
		if l.Data != nil {
			gone = l.Data.Delete
		}
		if id := xstream.DeletedID(gone); id != "" {
			return xMeaning{key: []byte(id), deleted: true}
		}
		return xMeaning{}
	}
	var m xMeaning
	if id := l.Data.first(); tweet.ValidXID(id) {
		m.key = []byte(id)
	}
	if len(l.MatchingRules) > 0 {
		return m
	}
	m.judge, m.post = true, l.judged()
	return m
}

// judged is the post as rules see it.
func (l *xLine) judged() rule.Post {
	p := l.post(l.Data)
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
	return p
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
