package tweet

import (
	"strings"
	"time"
)

// uriPrefix starts the address of a record of the AT Protocol (https://atproto.com/specs/at-uri-scheme).
const uriPrefix = "at://"

// PostURI is the key of a post on Bluesky: the at-uri of the record that an account, by its DID, holds under rkey.
func PostURI(did, rkey string) string { return uriPrefix + did + "/" + PostCollection + "/" + rkey }

// PostCollection is the kind of record that is a post on Bluesky.
const PostCollection = "app.bsky.feed.post"

// CutPostURI takes apart what PostURI puts together. It says false for every other text.
func CutPostURI(uri string) (did, rkey string, ok bool) {
	path, isURI := strings.CutPrefix(uri, uriPrefix)
	did, rkey, isPost := strings.Cut(path, "/"+PostCollection+"/")
	if !isURI || !isPost || !strings.HasPrefix(did, "did:") || rkey == "" || strings.Contains(did+rkey, "/") {
		return "", "", false
	}
	return did, rkey, true
}

// CreatedFromKey returns when the post with this key was created, in UTC: a snowflake of X in milliseconds, an at-uri of
// Bluesky whose record key is a TID in microseconds. It says false for every other key.
//
// Index names follow from it, for posts and for what stands in for deleted ones, because of a deletion nothing but the
// key is known: the two meet in one index only if both are placed by the key alone.
func CreatedFromKey(key string) (time.Time, bool) {
	if !strings.HasPrefix(key, uriPrefix) {
		return SnowflakeTime(key)
	}
	_, rkey, isPost := CutPostURI(key)
	id, isTID := ParseTID(rkey)
	if !isPost || !isTID {
		return time.Time{}, false
	}
	return id.Time(), true
}
