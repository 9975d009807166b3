package enrich

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"catsvdogs/services/pipeline/delivery"
	"catsvdogs/services/pipeline/tweet"
)

func TestTheRulesThatIngestMatchedAreTheTruth(t *testing.T) {
	t.Parallel()
	e := newEnricher(t)
	record := event(readFile(t, "testdata/bluesky-images.event.json"))
	for name, c := range map[string]struct {
		matched []tweet.MatchedRule
		want    []string
	}{
		"none were passed on":            {nil, []string{"cats with images"}},
		"others than would match now":    {[]tweet.MatchedRule{{ID: "1", Tag: "dogs with videos"}}, []string{"dogs with videos"}},
		"the post matches none any more": {[]tweet.MatchedRule{}, []string{}},
	} {
		record.MatchedRules = c.matched
		doc, err := e.Enrich(record, now)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(c.want, doc.Categories); diff != "" || len(doc.MatchedRules) != len(c.want) || len(doc.Teams) != len(c.want) {
			t.Errorf("%s: %+v", name, doc)
		}
	}
	line := raw([]byte(`{"data":{"id":"2060000000000000001","text":"#cat"}}`))
	line.MatchedRules = []tweet.MatchedRule{{ID: "1", Tag: "cats with images"}}
	if doc, err := e.Enrich(line, now); err != nil || len(doc.Teams) != 1 {
		t.Errorf("a line of a file: %+v, %v", doc, err)
	}
}

func TestAnEventThatIsNoPostIsRefusedWithItsReason(t *testing.T) {
	t.Parallel()
	e := newEnricher(t)
	good := readFile(t, "testdata/bluesky-images.event.json")
	const rkey = "3mneuukc6v22b"
	if !bytes.Contains(good, []byte(rkey)) {
		t.Fatal("the event has another record key")
	}
	with := func(old, replacement string) []byte { return bytes.Replace(good, []byte(old), []byte(replacement), 1) }
	for reason, events := range map[string][][]byte{
		"invalid_json":          {nil, []byte("{"), good[:len(good)/2]},
		"invalid_utf8":          {with("LOVES", "\xff")},
		"not_an_event":          {[]byte(`{}`), []byte(`{"error":"ConsumerTooSlow"}`), with("did:plc:", "plc:"), with(`"text": "`, `"text": 5, "t": "`)},
		"not_a_post":            {with(`"create"`, `"delete"`), with(`"create"`, `"bury"`), with(`"app.bsky.feed.post", "rkey"`, `"app.bsky.feed.like", "rkey"`), []byte(`{"did":"did:plc:a","time_us":1783175888373482,"kind":"identity"}`)},
		"unknown_creation_time": {with(rkey, "self"), with(rkey, "3"), with(rkey, "2222222222222")},
		"created_in_the_future": {with(rkey, "jzzzzzzzzzzzz")},
		"out_of_bounds":         {with("did:plc:made", "did:web:"+strings.Repeat("x", 300)), with("did:plc:made", "did:web:"+strings.Repeat("x", 600)), with("CatsOfTheWorld\"}", strings.Repeat("x", 600)+"\"}")},
	} {
		for _, frame := range events {
			_, err := e.Enrich(event(frame), now)
			refusal, ok := delivery.AsRefusal(err)
			if !ok || refusal.Reason != reason || refusal.Detail == "" {
				t.Errorf("%.400s: got %v, want %s", frame, err, reason)
			}
		}
	}
}

func TestADeletionIsTakenWhenItsKeyTellsWhereThePostIs(t *testing.T) {
	t.Parallel()
	for key, reason := range map[string]string{
		"2060000000000000001": "",
		"at://did:plc:madeup/app.bsky.feed.post/3mneuukc6v22b": "",
		"":   "invalid_deletion",
		"20": "invalid_deletion",
		"at://did:plc:madeup/app.bsky.feed.post/self":                                    "invalid_deletion",
		"at://did:plc:" + strings.Repeat("x", 512) + "/app.bsky.feed.post/3mneuukc6v22b": "invalid_deletion",
		"at://did:plc:madeup/app.bsky.feed.post/2222222222222":                           "unknown_creation_time",
		"at://did:plc:madeup/app.bsky.feed.post/jzzzzzzzzzzzz":                           "created_in_the_future",
		"9000000000000000000": "created_in_the_future",
	} {
		id, err := Deletion(tweet.Raw{Key: []byte(key), Value: []byte("{"), Kind: tweet.KindDelete, ObservedAt: observed.Add(time.Second)})
		refusal, refused := delivery.AsRefusal(err)
		switch {
		case reason == "" && (err != nil || id != key):
			t.Errorf("%s: %q, %v", key, id, err)
		case reason != "" && (!refused || refusal.Reason != reason):
			t.Errorf("%.80s: %v, want %s", key, err, reason)
		}
	}
}
