package wire_test

import (
	"encoding/json"
	"flag"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"catsvdogs/services/pipeline/rule"
	"catsvdogs/services/simulator/wire"
	"catsvdogs/services/simulator/world"
)

var update = flag.Bool("update", false, "write the golden files instead of comparing")

const everything = "tweet.fields=attachments,author_id,conversation_id,created_at,display_text_range,edit_controls,edit_history_tweet_ids," +
	"entities,id,in_reply_to_user_id,lang,paid_partnership,possibly_sensitive,public_metrics,referenced_tweets,reply_settings,text" +
	"&expansions=attachments.media_keys,author_id,entities.mentions.username,in_reply_to_user_id,referenced_tweets.id," +
	"referenced_tweets.id.attachments.media_keys,referenced_tweets.id.author_id" +
	"&media.fields=alt_text,duration_ms,height,media_key,preview_image_url,public_metrics,type,url,variants,width" +
	"&user.fields=created_at,description,id,name,profile_image_url,protected,public_metrics,username,verified,verified_type"

func fields(t testing.TB, query string) wire.Fields {
	t.Helper()
	values, err := url.ParseQuery(query)
	if err != nil {
		t.Fatal(err)
	}
	f, mistakes := wire.StreamRequest(values)
	if len(mistakes) > 0 {
		t.Fatal(mistakes)
	}
	return f
}

func newWorld(t testing.TB) (*world.World, [][]byte) {
	t.Helper()
	w := world.New(11, 100, time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC))
	var rules []*rule.Rule
	for _, value := range []string{"#cat has:media", "#dog has:media"} {
		r, err := rule.Parse(value)
		if err != nil {
			t.Fatal(err)
		}
		rules = append(rules, r)
	}
	w.SetRules(rules)
	return w, [][]byte{wire.Rule("1", "cats"), wire.Rule("2", "")}
}

// oneOfEach is a post of each relation, an edit, a promotion and one with both
// animals.
func oneOfEach(t *testing.T, f wire.Fields) string {
	t.Helper()
	w, matching := newWorld(t)
	var out strings.Builder
	seen := map[string]bool{}
	for range 5000 {
		p := w.Next()
		if p == nil {
			continue
		}
		var kind string
		switch {
		case p.IsEdit():
			kind = "edit"
		case p.Relation != "":
			kind = string(p.Relation)
		case p.Paid:
			kind = "promotion"
		case len(p.Matched) == 2:
			kind = "both"
		case len(p.Media) > 0:
			kind = string(p.Media[0].Type)
		}
		if !seen[kind] {
			seen[kind] = true
			out.Write(wire.AppendPost(nil, p, f, matching))
			out.WriteByte('\n')
		}
	}
	if len(seen) != 9 {
		t.Errorf("kinds %v", seen)
	}
	return out.String()
}

func TestPostsLookAsTheRequestAsks(t *testing.T) {
	t.Parallel()
	for name, query := range map[string]string{"everything": everything, "defaults": ""} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := oneOfEach(t, fields(t, query))
			path := filepath.Join("testdata", name+".ndjson")
			if *update {
				if err := os.MkdirAll("testdata", 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestEachFieldComesExactlyWhenItIsAskedFor(t *testing.T) {
	t.Parallel()
	w, matching := newWorld(t)
	var posts []*world.Post
	for len(posts) == 0 {
		// A quote with media on both sides has nearly every field.
		if p := w.Next(); p != nil && p.Relation == world.Quotes && len(p.Media) > 0 && len(p.Refers.Media) > 0 {
			posts = append(posts, p)
		}
	}
	keys := func(query, object string) []string {
		var line struct {
			Data     map[string]json.RawMessage
			Includes map[string][]map[string]json.RawMessage
		}
		text := wire.AppendPost(nil, posts[0], fields(t, query), matching)
		if err := json.Unmarshal(text, &line); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		from := line.Data
		if object != "data" {
			if len(line.Includes[object]) == 0 {
				return nil
			}
			from = line.Includes[object][0]
		}
		var names []string
		for name := range from {
			names = append(names, name)
		}
		slices.Sort(names)
		return names
	}
	with := func(base []string, more ...string) []string {
		all := slices.Concat(base, more)
		slices.Sort(all)
		return all
	}
	post := []string{"edit_history_tweet_ids", "id", "text"}
	for _, field := range []string{
		"attachments", "author_id", "conversation_id", "created_at", "display_text_range", "edit_controls", "entities", "lang",
		"paid_partnership", "possibly_sensitive", "public_metrics", "referenced_tweets", "reply_settings",
	} {
		if diff := cmp.Diff(with(post, field), keys("tweet.fields="+field, "data")); diff != "" {
			t.Errorf("tweet.fields=%s (-want +got):\n%s", field, diff)
		}
	}
	if diff := cmp.Diff(post, keys("tweet.fields=withheld,geo", "data")); diff != "" {
		t.Errorf("fields without a value (-want +got):\n%s", diff)
	}
	for expansion, want := range map[string]struct{ field, object string }{
		"author_id": {"author_id", "users"}, "attachments.media_keys": {"attachments", "media"}, "referenced_tweets.id": {"referenced_tweets", "tweets"},
	} {
		if diff := cmp.Diff(with(post, want.field), keys("expansions="+expansion, "data")); diff != "" {
			t.Errorf("expansions=%s must bring its field (-want +got):\n%s", expansion, diff)
		}
		if keys("expansions="+expansion, want.object) == nil {
			t.Errorf("expansions=%s brings no includes.%s", expansion, want.object)
		}
	}
	for _, field := range []string{"created_at", "description", "profile_image_url", "protected", "public_metrics", "verified", "verified_type"} {
		if diff := cmp.Diff(with([]string{"id", "name", "username"}, field), keys("expansions=author_id&user.fields="+field, "users")); diff != "" {
			t.Errorf("user.fields=%s (-want +got):\n%s", field, diff)
		}
	}
	for _, field := range []string{"height", "width"} {
		if diff := cmp.Diff(with([]string{"media_key", "type"}, field), keys("expansions=attachments.media_keys&media.fields="+field, "media")); diff != "" {
			t.Errorf("media.fields=%s (-want +got):\n%s", field, diff)
		}
	}
}

func TestEveryLineIsOneJSONObjectWithEachIncludedObjectOnce(t *testing.T) {
	t.Parallel()
	w, matching := newWorld(t)
	f := fields(t, everything)
	for range 3000 {
		p := w.Next()
		if p == nil {
			continue
		}
		text := wire.AppendPost(nil, p, f, matching)
		var line struct {
			Data     struct{ ID, Text string }
			Includes struct {
				Media []struct {
					MediaKey string `json:"media_key"`
				}
				Users  []struct{ ID string }
				Tweets []struct{ ID string }
			}
			Rules []struct{ ID string } `json:"matching_rules"`
		}
		if err := json.Unmarshal(text, &line); err != nil || line.Data.Text != p.Text || len(line.Rules) != len(p.Matched) {
			t.Fatalf("%s: %v", text, err)
		}
		seen := map[string]bool{}
		for _, m := range line.Includes.Media {
			if seen[m.MediaKey] {
				t.Fatalf("media %s twice in %s", m.MediaKey, text)
			}
			seen[m.MediaKey] = true
		}
		for _, u := range line.Includes.Users {
			if seen["user "+u.ID] {
				t.Fatalf("user %s twice in %s", u.ID, text)
			}
			seen["user "+u.ID] = true
		}
		if strings.ContainsAny(string(text), "\r\n") {
			t.Fatalf("a line end inside %s", text)
		}
	}
}

func BenchmarkPostFromWorldToJSON(b *testing.B) {
	w, matching := newWorld(b)
	f := fields(b, everything)
	var buf []byte
	b.ReportAllocs()
	for b.Loop() {
		if p := w.Next(); p != nil {
			buf = wire.AppendPost(buf[:0], p, f, matching)
		}
	}
}
