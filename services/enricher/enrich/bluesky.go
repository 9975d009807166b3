package enrich

import (
	"encoding/json"
	"net/url"
	"time"
	"unicode/utf8"

	"catsvdogs/services/pipeline/bluesky"
	"catsvdogs/services/pipeline/delivery"
	"catsvdogs/services/pipeline/tweet"
)

// backdatedBy is how much older than its arrival in the network a post may claim to be for the claim to tell when it was
// made. People bring posts of earlier years along from elsewhere, under record keys of those years.
const backdatedBy = time.Hour

// readBluesky reads an event of Jetstream. Bluesky gives no counts with a post; they are zero until somebody looks again.
func (e *Enricher) readBluesky(p *post, raw tweet.Raw) error {
	// The JSON library would put U+FFFD in place of broken bytes and so change what the author wrote.
	if !utf8.Valid(raw.Value) {
		return delivery.Refuse("invalid_utf8", "the event is not valid UTF-8, as JSON must be (RFC 8259, section 8.1)")
	}
	if !json.Valid(raw.Value) {
		return delivery.Refuse("invalid_json", "the event is no JSON")
	}
	event, err := bluesky.ParseEvent(raw.Value)
	if err != nil {
		return delivery.Refuse("not_an_event", "%v", err)
	}
	if event.Post == nil {
		return delivery.Refuse("not_a_post", "the event is a %.40q, which puts no post anywhere", event.Kind)
	}
	content, uri := event.Post, event.URI()
	// createdAt is not asked: a deletion brings the key and nothing else, and must find the index that the post is in.
	created, ok := tweet.CreatedFromKey(uri)
	if !ok {
		return delivery.Refuse("unknown_creation_time", "the record key %.80q is no TID, so nothing would tell where to delete the post", event.Commit.RKey)
	}
	*p = post{
		id: uri, versionID: uri, url: "https://bsky.app/profile/" + event.DID + "/post/" + url.PathEscape(event.Commit.RKey),
		created: created, version: created, kind: content.Kind(), text: content.Text, spoken: blueskySpoken(raw.Value, content), lang: content.Lang, author: event.DID,
		hashtags: content.Hashtags, media: content.Media(), matched: raw.MatchedRules, links: content.Links,
	}
	if arrived := time.UnixMicro(event.TimeUS); event.Commit.Operation == bluesky.OperationUpdate || arrived.Sub(created) > backdatedBy {
		p.version = arrived
	}
	if event.Commit.Operation == bluesky.OperationUpdate {
		p.revision = 1 // at least; how often it was changed before is not told
	}
	if p.matched == nil {
		// An ingest that passed no rules on. The contest may have changed since, but there is no better truth.
		p.matched = e.rules.Match(event.RulePost())
	}
	return nil
}
