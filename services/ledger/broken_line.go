package ledger

import (
	"bytes"
	"encoding/json"
)

// idWithin is the post's id that a line tells whose end is missing, because its connection has ended within it; "" when it
// breaks off before. The id is data.id or the first of data.edit_history_tweet_ids, whichever comes first
// (schemas/raw-tweet.v1.json). A whole line has its id elsewhere: this one tells which line was handed over, not that it arrived.
func idWithin(line []byte) string {
	in := json.NewDecoder(bytes.NewReader(line))
	if !opens(in, '{') || !follows(in, "data") || !opens(in, '{') {
		return ""
	}
	for {
		name, err := in.Token()
		if err != nil {
			return ""
		}
		var id string
		var ids []string
		var passed json.RawMessage
		switch name {
		case "id":
			if err = in.Decode(&id); err == nil {
				return id
			}
		case "edit_history_tweet_ids":
			if err = in.Decode(&ids); err == nil && len(ids) > 0 {
				return ids[0]
			}
		default:
			err = in.Decode(&passed)
		}
		if err != nil {
			return ""
		}
	}
}

func opens(in *json.Decoder, with json.Delim) bool {
	token, err := in.Token()
	return err == nil && token == with
}

func follows(in *json.Decoder, name string) bool {
	token, err := in.Token()
	return err == nil && token == name
}
