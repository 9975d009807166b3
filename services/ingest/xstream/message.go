package xstream

import (
	"encoding/json"

	"catsvdogs/services/pipeline/tweet"
)

// message is what must be known of a line before it is passed on.
type message struct {
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
	id := e.Data.ID
	if len(e.Data.History) > 0 {
		id = e.Data.History[0] // each edit has an id of its own; all observations of a post belong together
	}
	if !tweet.ValidXID(id) {
		return message{}
	}
	return message{key: []byte(id)}
}
