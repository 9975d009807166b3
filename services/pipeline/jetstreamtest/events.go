package jetstreamtest

import (
	"encoding/json"
	"fmt"
	"time"

	"catsvdogs/services/pipeline/tweet"
)

// Key is the record key of what was made at this time.
func Key(at time.Time) string { return tweet.TID(uint64(at.UnixMicro()) << 10).String() }

// Post is the creation of a post with an image and these hashtags, made at the time that its key says.
func Post(did string, at time.Time, text string, hashtags ...string) Event {
	return Put("create", did, at, Key(at), text, hashtags...)
}

// Put is a commit with a post, seen at this time.
func Put(operation, did string, at time.Time, rkey, text string, hashtags ...string) Event {
	blob := map[string]any{"$type": "blob", "ref": map[string]any{"$link": "bafkreimadeup"}, "mimeType": "image/jpeg", "size": 1}
	record := map[string]any{
		"$type": "app.bsky.feed.post", "createdAt": "2001-01-01T00:00:00Z", "text": text, "langs": []string{"en"}, "tags": hashtags,
		"embed": map[string]any{"$type": "app.bsky.embed.images", "images": []any{map[string]any{"alt": "", "image": blob}}},
	}
	return frame(did, at, "commit", map[string]any{
		"rev": Key(at.Add(time.Microsecond)), "operation": operation, "collection": tweet.PostCollection, "rkey": rkey, "record": record, "cid": "bafyreimadeup",
	})
}

// Delete is the deletion of a post, seen at this time.
func Delete(did string, at time.Time, rkey string) Event {
	return frame(did, at, "commit", map[string]any{
		"rev": Key(at.Add(time.Microsecond)), "operation": "delete", "collection": tweet.PostCollection, "rkey": rkey,
	})
}

// React is a like or a repost, by its collection, of the post at an address.
func React(collection, did string, at time.Time, rkey, post string) Event {
	return frame(did, at, "commit", map[string]any{
		"rev": Key(at.Add(time.Microsecond)), "operation": "create", "collection": collection, "rkey": rkey, "cid": "bafyreimadeup",
		"record": map[string]any{"$type": collection, "createdAt": "2001-01-01T00:00:00Z", "subject": map[string]any{"uri": post, "cid": "bafyreimadeup"}},
	})
}

// TakeBack takes a like or a repost back.
func TakeBack(collection, did string, at time.Time, rkey string) Event {
	return frame(did, at, "commit", map[string]any{"rev": Key(at.Add(time.Microsecond)), "operation": "delete", "collection": collection, "rkey": rkey})
}

// Account is news of an account.
func Account(did string, at time.Time, active bool, status string) Event {
	return frame(did, at, "account", map[string]any{"active": active, "did": did, "status": status, "seq": 1})
}

func frame(did string, at time.Time, kind string, content any) Event {
	b, err := json.Marshal(map[string]any{"did": did, "time_us": at.UnixMicro(), "kind": kind, kind: content})
	if err != nil {
		panic(fmt.Sprintf("encode a made-up event: %v", err)) // a defect of the test
	}
	return Event{TimeUS: at.UnixMicro(), Frame: string(b)}
}
