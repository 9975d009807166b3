package tweet

import (
	"strings"
	"testing"
	"time"
)

func TestARecordKeyTellsWhenAPostOnBlueskyWasCreated(t *testing.T) {
	t.Parallel()
	// The first key is the zero of atproto.com/specs/tid; the second, with its time, is from the README of @atcute/tid.
	for rkey, want := range map[string]string{
		"2222222222222": "1970-01-01T00:00:00Z",
		"3l25zusnsfctk": "2024-08-20T16:31:35.793Z",
		"jzzzzzzzzzzzz": "2540-11-07T23:35:09.481983Z", // the last one that the syntax has
	} {
		got, ok := CreatedFromKey(PostURI("did:plc:made-up", rkey))
		if !ok || got.Format(time.RFC3339Nano) != want {
			t.Errorf("%s: %s, %t; want %s", rkey, got.Format(time.RFC3339Nano), ok, want)
		}
		if id, ok := ParseTID(rkey); !ok || id.String() != rkey {
			t.Errorf("%s comes back as %s", rkey, id)
		}
	}
}

func TestAKeyThatTellsNoTimeIsNotTaken(t *testing.T) {
	t.Parallel()
	const good = "at://did:plc:made-up/app.bsky.feed.post/3jzfcijpj2z2a"
	if _, ok := CreatedFromKey(good); !ok {
		t.Fatal("the good one is not taken")
	}
	for _, key := range []string{
		"", "at://", "cat", strings.TrimPrefix(good, "at://"), good + "/more", good + "a", good[:len(good)-1],
		strings.Replace(good, "3jz", "zjz", 1), // the top bit is set
		strings.Replace(good, "3jz", "1jz", 1), // no letter of the alphabet
		strings.ToUpper(good), strings.Replace(good, "did:", "", 1),
		strings.Replace(good, "feed.post", "feed.like", 1),
		"at://did:plc:made-up/app.bsky.feed.post/self",
	} {
		if at, ok := CreatedFromKey(key); ok {
			t.Errorf("%s was created at %s", key, at)
		}
	}
}

func FuzzATIDComesBackAsItWasWritten(f *testing.F) {
	f.Add("3jzfcijpj2z2a")
	f.Add("zzzzzzzzzzzzz")
	f.Fuzz(func(t *testing.T, key string) {
		if id, ok := ParseTID(key); ok && (id.String() != key || id.Time().Before(time.Unix(0, 0))) {
			t.Errorf("%s came back as %s, made at %s", key, id, id.Time())
		}
	})
}
