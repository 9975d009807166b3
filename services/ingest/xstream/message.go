package xstream

import (
	"encoding/json"
	"strings"

	"catsvdogs/services/pipeline/tweet"
)

// message is what must be known of a line before it is passed on.
type message struct {
	id       string    // of this version of the post; "" when the line has none
	key      []byte    // id of the post's first version; nil when the line has none
	problems []Problem // X speaks about the stream; such a line is no post
}

// envelope is the part of a line that decides where it goes.
type envelope struct {
	Data *struct {
		ID      string   `json:"id"`
		History []string `json:"edit_history_tweet_ids"`
	} `json:"data"`
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
		var list []any
		if json.Unmarshal(e.Errors, &list) != nil {
			return message{}
		}
		return message{problems: problemList(list, hide)}
	}
	var m message
	if tweet.ValidXID(e.Data.ID) {
		// A copy: the text that the library hands out holds on to the whole line, and ids are remembered for long.
		m.id = strings.Clone(e.Data.ID)
	}
	first := e.Data.ID
	if len(e.Data.History) > 0 {
		first = e.Data.History[0] // each edit has an id of its own; all observations of a post belong together
	}
	if tweet.ValidXID(first) {
		m.key = []byte(first)
	}
	return m
}

// VersionID returns the id of the version of a post that a line holds, "" when it holds none: what Options.Seen is asked
// with, so that a window can be filled from lines that were written before.
func VersionID(line []byte) string {
	return parseMessage(line, func(s string) string { return s }).id
}
