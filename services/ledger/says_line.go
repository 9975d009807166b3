package ledger

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/services/ledger/account"
	"catsvdogs/services/pipeline/topic"
)

// Schema and kinds of records of tweets.raw (schemas/raw-tweet.v1.json).
const (
	schemaX     = "x.tweet.v2"
	kindStream  = "stream"
	kindRefresh = "refresh"
	kindDelete  = "delete"
	kindGap     = "gap"
)

// Bounds below which every line of a post becomes a document.
const (
	maxIDDigits   = 19
	maxPlainBytes = 20_000
	maxPlainCount = 1<<53 - 1
	maxAhead      = 59 * time.Minute // of the source's clock
)

// lineSays is what must be made of a record of tweets.raw, and what it must say. What it knows for sure it says: of a line that
// is odd in any way, or of another source than X or the simulator, it says nothing.
func (c *contest) lineSays(r *kgo.Record) account.Copy {
	said := account.Copy{Whole: recordDigest(r.Key, stampOf(r))}
	var w words
	w[account.Key], w[account.RawKey] = quoted(string(r.Key)), quoted(string(r.Key))
	at := func(name string) string {
		value, _ := header(r.Headers, name)
		return string(value)
	}
	observed, read := readTime(at(topic.HeaderObservedAt))
	if !read || at(topic.HeaderSchema) != schemaX || !plain(r.Headers) {
		return said
	}
	switch kind := at(topic.HeaderKind); kind {
	case kindGap:
		said.Made = account.AsLetter
	case kindDelete:
		if dayOf(string(r.Key)) >= 0 && len(r.Key) <= maxIDDigits {
			w[account.Headers] = moment(observed)
			said.Made = account.AsDeletion
		}
	case kindStream, kindRefresh:
		p, ok := readPost(r.Value)
		if !ok || len(r.Value) > maxPlainBytes || observed.Add(maxAhead).Before(p.created) {
			return said
		}
		w[account.Source] = quoted(at(topic.HeaderSource))
		if !c.say(&w, p, observed, at, kind == kindRefresh) {
			return said
		}
		said.Made = account.AsDocument
	}
	said.Said = w.digests()
	return said
}

// say says what a document of a post says. False is that a header is odd.
func (c *contest) say(w *words, p *linePost, observed time.Time, at func(string) string, isRefresh bool) bool {
	rules, counts := p.rules, p.counts
	if told := at(headerMatchedRules); told != "" {
		rules, _ = readRules(json.RawMessage(told)) // it is plain
	}
	timestamp, as, observations := observed, observed, p.revision+1
	if p.revision > 0 {
		timestamp = p.created
	}
	if isRefresh {
		before, read := readEarlier(at(headerEarlier))
		if !read {
			return false
		}
		timestamp, observations = before.arrived, before.observations+1
		if told := at(headerCounts); told != "" {
			counts, _ = readOurCounts(told) // it is plain
		}
	} else if p.version.Before(observed) {
		as = p.version
	}
	tags := tagsOf(rules)
	w[account.Key], w[account.TweetID], w[account.VersionID] = quoted(p.first), quoted(p.first), quoted("")
	if p.id != p.first {
		w[account.VersionID] = quoted(p.id)
	}
	w[account.Timestamp], w[account.CreatedAt], w[account.ObservedAt] = moment(timestamp), moment(p.created), moment(as)
	w[account.Headers], w[account.ReceivedAt] = moment(as), moment(observed)
	w[account.PostKind], w[account.Text], w[account.Lang], w[account.AuthorID] = quoted(p.kind), quoted(p.text), quoted(p.lang), quoted(p.author)
	if len(p.hashtags) > 0 {
		w[account.Hashtags] = set(p.hashtags)
	}
	w[account.Media], w[account.Categories], w[account.MatchedRules] = list(p.media), list(tags), ruled(rules)
	w[account.Metrics], w[account.Popularity], w[account.Teams] = counted(counts), c.popular(counts), c.teams(tags)
	w[account.Observations], w[account.Revision] = strconv.Itoa(observations), strconv.Itoa(p.revision)
	return true
}

// linePost is a post as a line of X's stream has it (schemas/x-tweet.v2.json).
type linePost struct {
	id, first        string
	created, version time.Time
	revision         int
	kind, text, lang string
	author           string
	hashtags, media  []string
	rules            []rule
	counts           map[string]int64
}

// readPost reads a line of a post; false for one that is not plainly one.
func readPost(line []byte) (*linePost, bool) {
	var whole, data, includes, metrics, attachments, note, entities object
	var history, ofPost []string
	var related, relatedPosts []object
	p := new(linePost)
	if !utf8.Valid(line) || json.Unmarshal(line, &whole) != nil || !whole.read(map[string]any{"data": &data, "includes": &includes}) {
		return nil, false
	}
	notes := [2]object{}
	if !data.read(map[string]any{
		"id": &p.id, "text": &p.text, "lang": &p.lang, "author_id": &p.author, "edit_history_tweet_ids": &history, "edit_history_post_ids": &ofPost,
		"public_metrics": &metrics, "attachments": &attachments, "note_tweet": &notes[0], "note_post": &notes[1], "entities": &entities,
		"referenced_tweets": &related, "referenced_posts": &relatedPosts,
	}) {
		return nil, false
	}
	if history == nil {
		history = ofPost
	}
	if related == nil {
		related = relatedPosts
	}
	if note = notes[0]; note == nil {
		note = notes[1]
	}
	var long string
	var ofNote object
	if !note.read(map[string]any{"text": &long, "entities": &ofNote}) {
		return nil, false
	}
	if long == "" {
		ofNote = nil
	}
	if p.lang == "" {
		p.lang = "und"
	}
	var ok bool
	if p.kind, ok = readKind(related); !ok {
		return nil, false
	}
	if p.first = p.id; len(history) > 0 {
		p.first = history[0]
	}
	p.revision = max(0, slices.Index(history, p.id))
	if p.created, p.version, ok = timesOf(p.first, p.id); !ok {
		return nil, false
	}
	if p.hashtags, ok = readHashtags(entities, ofNote); !ok {
		return nil, false
	}
	if long != "" {
		p.text = long
	}
	if p.counts, ok = readCounts(metrics); !ok {
		return nil, false
	}
	if p.rules, ok = readRules(whole["matching_rules"]); !ok {
		return nil, false
	}
	p.media, ok = readMedia(attachments, includes)
	return p, ok
}

// readKind says what a post is by the posts that it refers to.
func readKind(related []object) (kind string, ok bool) {
	kind = "post"
	for _, r := range related {
		var is string
		if !r.read(map[string]any{"type": &is}) {
			return "", false
		}
		switch {
		case is == "retweeted":
			kind = "repost"
		case is == "quoted" && kind != "repost":
			kind = "quote"
		case is == "replied_to" && kind == "post":
			kind = "reply"
		}
	}
	return kind, true
}

// timesOf is when a post and a version of it were created, as their snowflake ids tell; false for other ids.
func timesOf(ids ...string) (created, version time.Time, ok bool) {
	var times [2]time.Time
	for i, id := range ids {
		n, err := strconv.ParseInt(id, 10, 64)
		if err != nil || n < firstSnowflake || strconv.FormatInt(n, 10) != id {
			return created, version, false
		}
		times[i] = time.UnixMilli(n>>22 + snowflakeEpoch)
	}
	return times[0], times[1], true
}

// readHashtags returns those that X has found, in lower case; none where they are to be read from the text.
func readHashtags(entities ...object) (tags []string, ok bool) {
	for _, of := range entities {
		var found []object
		if !of.read(map[string]any{"hashtags": &found}) {
			return nil, false
		}
		for _, h := range found {
			tag := ""
			if !h.read(map[string]any{"tag": &tag}) || tag == "" {
				return nil, false
			}
			tags = append(tags, strings.ToLower(tag))
		}
	}
	return tags, true
}

// readCounts returns the counts by the names that documents have for them.
func readCounts(metrics object) (counts map[string]int64, ok bool) {
	counts = map[string]int64{"retweets": 0, "replies": 0, "likes": 0, "quotes": 0}
	for theirs, ours := range map[string]string{
		"retweet_count": "retweets", "reply_count": "replies", "like_count": "likes", "quote_count": "quotes",
		"impression_count": "impressions", "bookmark_count": "bookmarks",
	} {
		value, is := metrics[theirs]
		if !is {
			continue
		}
		n, err := strconv.ParseInt(string(value), 10, 64)
		if err != nil || n < 0 || n > maxPlainCount {
			return nil, false
		}
		counts[ours] = n
	}
	return counts, true
}

func readRules(list json.RawMessage) (rules []rule, ok bool) {
	if list == nil {
		return nil, true
	}
	var found []object
	if json.Unmarshal(list, &found) != nil {
		return nil, false
	}
	for _, f := range found {
		var r rule
		if !f.read(map[string]any{"id": &r.id, "tag": &r.tag}) {
			return nil, false
		}
		rules = append(rules, r)
	}
	return rules, true
}

// readMedia returns the kinds of the media that the post itself attaches, in the order of the alphabet.
func readMedia(attachments, includes object) (kinds []string, ok bool) {
	var keys []string
	var all []object
	if !attachments.read(map[string]any{"media_keys": &keys}) || !includes.read(map[string]any{"media": &all}) {
		return nil, false
	}
	for _, m := range all {
		var key, kind string
		if !m.read(map[string]any{"media_key": &key, "type": &kind}) {
			return nil, false
		}
		if slices.Contains(keys, key) {
			kinds = append(kinds, map[string]string{"photo": "image", "video": "video", "animated_gif": "video"}[kind])
		}
	}
	kinds = once(kinds)
	slices.Sort(kinds)
	return kinds, true
}
