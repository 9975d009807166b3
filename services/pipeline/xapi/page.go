package xapi

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"

	"catsvdogs/services/pipeline/tweet"
)

// maxVersions bounds the versions of a post that are taken from an answer; X lets a post be edited five times.
const maxVersions = 100

// Includes are the objects that the posts of a page refer to, those of all of them together.
type Includes struct {
	Media  []json.RawMessage `json:"media"`
	Tweets []json.RawMessage `json:"tweets"`
	Users  []json.RawMessage `json:"users"`
}

// Post is a post of a page, with what is its own of the page's includes.
type Post struct {
	ID       string          // of this version
	First    string          // id of the first version, under which all observations of a post are filed
	Versions []string        // the edit history, first version first; ID alone where X tells none
	Data     json.RawMessage // the post's JSON, byte for byte
	Includes json.RawMessage // what it refers to, as a JSON object; nil for nothing
}

// Posts cuts a page into its posts, in its order. What is no post, or has no id, is passed over.
func Posts(data []json.RawMessage, all Includes) []Post {
	media, tweets, users := index(all.Media, "media_key"), index(all.Tweets, "id"), index(all.Users, "id")
	posts := make([]Post, 0, len(data))
	for _, d := range data {
		var refs references
		if json.Unmarshal(d, &refs) != nil || !tweet.ValidXID(refs.ID) {
			continue
		}
		posts = append(posts, Post{
			ID: refs.ID, First: FirstVersion(refs.ID, refs.History), Versions: versions(refs.ID, refs.History),
			Data: d, Includes: refs.includes(media, tweets, users),
		})
	}
	return posts
}

// FirstVersion returns the id of a post's first version: each edit has an id of its own, and all observations of a post
// belong together. A history that cannot be read, or names no id first, must not cost the post its key: then it is its
// own id. "" when that is none either.
func FirstVersion(id string, history json.RawMessage) string {
	var ids []json.RawMessage
	var first string
	if json.Unmarshal(history, &ids) == nil && len(ids) > 0 && json.Unmarshal(ids[0], &first) == nil && tweet.ValidXID(first) {
		return first
	}
	if tweet.ValidXID(id) {
		return id
	}
	return ""
}

// versions returns the ids of an edit history; what is no id in it is passed over.
func versions(id string, history json.RawMessage) []string {
	var ids []json.RawMessage
	if json.Unmarshal(history, &ids) != nil {
		return []string{id}
	}
	var out []string
	for _, text := range ids[:min(len(ids), maxVersions)] {
		var version string
		if json.Unmarshal(text, &version) == nil && tweet.ValidXID(version) {
			out = append(out, strings.Clone(version))
		}
	}
	if len(out) == 0 {
		return []string{id}
	}
	return out
}

// references is what decides which parts of includes belong to a post.
type references struct {
	ID          string          `json:"id"`
	Author      string          `json:"author_id"`
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

// includes returns the media of the post, the posts it refers to with theirs, and its author: what the expansions of Fields
// bring. A page has those of all its posts together.
func (r *references) includes(media, tweets, users map[string]json.RawMessage) []byte {
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
	}{{"media", keys, media}, {"tweets", referred, tweets}, {"users", []string{r.Author}, users}} {
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

// MatchingRule is a rule of the stream that a post matches, as X tells it in a line.
type MatchingRule struct {
	ID  string `json:"id,omitempty"`
	Tag string `json:"tag"`
}

// Line returns the post as a line like the stream's, with the rules that it matches; nil for a line that says nothing of
// rules. The post's own JSON is not encoded anew: that would change how characters are escaped.
func (p *Post) Line(rules []MatchingRule) []byte {
	b := make([]byte, 0, len(p.Data)+len(p.Includes)+64*len(rules)+64)
	b = append(append(b, `{"data":`...), p.Data...)
	if p.Includes != nil {
		b = append(append(b, `,"includes":`...), p.Includes...)
	}
	if rules != nil {
		matching, err := json.Marshal(rules)
		if err != nil {
			matching = []byte("[]") // texts always encode
		}
		b = append(append(b, `,"matching_rules":`...), matching...)
	}
	b = append(b, '}')
	return oneLine(b)
}

// oneLine returns JSON without the line breaks between its parts, of an answer that was laid out for people.
func oneLine(text []byte) []byte {
	if bytes.ContainsAny(text, "\r\n") {
		var compact bytes.Buffer
		if json.Compact(&compact, text) == nil {
			return compact.Bytes()
		}
	}
	return text
}
