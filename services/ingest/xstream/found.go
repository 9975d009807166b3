package xstream

import (
	"bytes"
	"encoding/json"
	"slices"
)

// found is a post that a search found.
type found struct {
	id       uint64
	message  message
	data     []byte // the post's JSON, byte for byte
	includes []byte // what it refers to, as a JSON object; nil for nothing
}

// references is what decides which parts of includes belong to a post.
type references struct {
	ID          string          `json:"id"`
	History     json.RawMessage `json:"edit_history_tweet_ids"`
	Attachments struct {
		MediaKeys []string `json:"media_keys"`
	} `json:"attachments"`
	Referenced []struct {
		ID string `json:"id"`
	} `json:"referenced_tweets"`
}

// index files objects under the value of a field.
func index(objects []json.RawMessage, field string) map[string]json.RawMessage {
	byKey := make(map[string]json.RawMessage, len(objects))
	for _, o := range objects {
		var fields map[string]json.RawMessage
		var key string
		if json.Unmarshal(o, &fields) == nil && json.Unmarshal(fields[field], &key) == nil {
			byKey[key] = o
		}
	}
	return byKey
}

// includes returns the media of the post and the posts it refers to with theirs: what the expansions of streamQuery
// bring. A page has those of all its posts together.
func (r *references) includes(media, tweets map[string]json.RawMessage) []byte {
	keys := slices.Clone(r.Attachments.MediaKeys)
	var referred []string
	for _, ref := range r.Referenced {
		referred = append(referred, ref.ID)
		var other references
		if json.Unmarshal(tweets[ref.ID], &other) == nil {
			keys = append(keys, other.Attachments.MediaKeys...)
		}
	}
	var parts [][]byte
	for _, list := range []struct {
		name string
		keys []string
		from map[string]json.RawMessage
	}{{"media", keys, media}, {"tweets", referred, tweets}} {
		var objects [][]byte
		used := map[string]bool{}
		for _, k := range list.keys {
			if o, there := list.from[k]; there && !used[k] {
				used[k] = true
				objects = append(objects, o)
			}
		}
		if len(objects) > 0 {
			parts = append(parts, []byte(`"`+list.name+`":[`+string(bytes.Join(objects, []byte{','}))+`]`))
		}
	}
	if len(parts) == 0 {
		return nil
	}
	return []byte(`{` + string(bytes.Join(parts, []byte{','})) + `}`)
}

// text returns the post as a line like the stream's. Its own JSON is not encoded anew: that would change how characters
// are escaped.
func (f *found) text(rules []Rule) []byte {
	matching, err := json.Marshal(matchingRules(rules))
	if err != nil {
		matching = []byte("[]") // texts always encode
	}
	b := make([]byte, 0, len(f.data)+len(f.includes)+len(matching)+64)
	b = append(append(b, `{"data":`...), f.data...)
	if f.includes != nil {
		b = append(append(b, `,"includes":`...), f.includes...)
	}
	b = append(append(b, `,"matching_rules":`...), matching...)
	b = append(b, '}')
	if bytes.ContainsAny(b, "\r\n") { // an answer that was laid out for people
		var compact bytes.Buffer
		if json.Compact(&compact, b) == nil {
			return compact.Bytes()
		}
	}
	return b
}

type matchingRule struct {
	ID  string `json:"id,omitempty"`
	Tag string `json:"tag"`
}

func matchingRules(rules []Rule) []matchingRule {
	out := make([]matchingRule, len(rules))
	for i, r := range rules {
		out[i] = matchingRule{ID: r.ID, Tag: r.Tag}
	}
	return out
}
