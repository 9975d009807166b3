package xstream

import (
	"encoding/json"
	"strings"

	"catsvdogs/services/pipeline/tweet"
	"catsvdogs/services/pipeline/xapi"
)

// message is what must be known of a line before it is passed on.
type message struct {
	id       string         // of this version of the post; "" when the line has none
	key      []byte         // id of the post's first version; nil when the line has none
	deleted  bool           // the post that is the key is gone; there is no id
	problems []xapi.Problem // X speaks about the stream; such a line is no post
}

// envelope is the part of a line that decides where it goes.
type envelope struct {
	Data *struct {
		ID      string          `json:"id"`
		History json.RawMessage `json:"edit_history_tweet_ids"`
		Delete  json.RawMessage `json:"delete"`
	} `json:"data"`
	Delete json.RawMessage `json:"delete"`
	Errors json.RawMessage `json:"errors"`
}

// parseMessage looks at a line. Whatever cannot be understood has no key and no problems: it is passed on as it came
// and refused further down, where that is counted and explained.
//
// A line with errors beside data is a post with something left out, as X's partial answers are.
func parseMessage(line []byte, hide func(string) string) message {
	var e envelope
	if err := tweet.DecodeJSON(line, &e); err != nil {
		return message{}
	}
	if e.Data == nil {
		return withoutData(line, e, hide)
	}
	if e.Data.ID == "" && e.Data.Delete != nil {
		return deletion(e.Data.Delete)
	}
	var m message
	if tweet.ValidXID(e.Data.ID) {
		// A copy: the text that the library hands out holds on to the whole line, and ids are remembered for long.
		m.id = strings.Clone(e.Data.ID)
	}
	if first := xapi.FirstVersion(e.Data.ID, e.Data.History); first != "" {
		m.key = []byte(first)
	}
	return m
}

// withoutData reads a line that is no post: a deletion in the form of version 1.1, problems in a list, or a problem by
// itself, as X sends them in answers.
func withoutData(line []byte, e envelope, hide func(string) string) message {
	if e.Delete != nil {
		return deletion(e.Delete)
	}
	var list []any
	if e.Errors != nil && json.Unmarshal(e.Errors, &list) == nil && len(list) > 0 {
		return message{problems: xapi.ReadProblems(list, hide)}
	}
	var fields map[string]any
	if json.Unmarshal(line, &fields) != nil {
		return message{}
	}
	p := xapi.ReadProblem(fields, hide)
	said := p.Title != "" && (p.Type != "" || p.Detail != "" || fields["status"] != nil)
	if said || p.DisconnectType != "" || p.ConnectionIssue != "" {
		return message{problems: []xapi.Problem{p}}
	}
	return message{}
}

// deletion is the message of what stands under "delete".
func deletion(text json.RawMessage) message {
	if id := DeletedID(text); id != "" {
		return message{key: []byte(id), deleted: true}
	}
	return message{}
}

// DeletedID reads what stands under "delete" in a line of X: {"tweet":{"id"}} in version 2 (OpenAPI, TweetComplianceData),
// {"status":{"id","id_str"}} in version 1.1. It returns the id of the deleted post, "" when there is none. Of a post that was
// edited X names the version that was deleted; which was the first is not said.
func DeletedID(text json.RawMessage) string {
	type post struct {
		ID  json.RawMessage `json:"id"`
		Str string          `json:"id_str"`
	}
	var d struct {
		Tweet  post `json:"tweet"`
		Post   post `json:"post"` // version 2 calls posts by both names
		Status post `json:"status"`
	}
	if json.Unmarshal(text, &d) != nil {
		return ""
	}
	for _, p := range []post{d.Tweet, d.Post, d.Status} {
		// id_str first: an id that went through a float of 53 bits is another one.
		for _, id := range []string{p.Str, strings.Trim(string(p.ID), `"`)} {
			if tweet.ValidXID(id) {
				return id
			}
		}
	}
	return ""
}

// VersionID returns the id of the version of a post that a line holds, "" when it holds none: what Options.Seen is asked
// with, so that a window can be filled from lines that were written before.
func VersionID(line []byte) string {
	return parseMessage(line, func(s string) string { return s }).id
}
