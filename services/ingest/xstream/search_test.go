package xstream

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

func TestRulesThatAreQueriesAndRulesThatAreNot(t *testing.T) {
	t.Parallel()
	for rule, says := range map[string]string{
		catImages.Value: "",
		`(#cat) has:videos -is:retweet "a sample:"`: "",
		`url_title:"a cat" #cat`:                    "url_title",
		`#cat (lang:en OR -MIN_FOLLOWERS:9)`:        "min_followers",
		`#cat sample:10`:                            "sample",
		"#" + strings.Repeat("ä", 511):              "",
		"#" + strings.Repeat("ä", 512):              "513 characters",
	} {
		query, err := searchQuery(rule, SearchQueryLength)
		if says == "" && (err != nil || query != rule) || says != "" && (err == nil || !strings.Contains(err.Error(), says)) {
			t.Errorf("%s: query %q, %v", rule, query, err)
		}
	}
}

func TestTheSearchIsTheGoldenOneAndAsksForTheFieldsOfTheStream(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		after(t, century)
		var got strings.Builder
		x := newScriptedX(t, hold)
		x.others = func(w http.ResponseWriter, r *http.Request) {
			if got.Len() == 0 {
				got.WriteString(r.Method + " " + r.URL.Path + "\n" + strings.ReplaceAll(r.URL.Query().Encode(), "&", "\n") + "\n")
			}
			answer(w, 200, map[string]any{"meta": map[string]any{"result_count": 0}})
		}
		x.stream = func(_ int, w http.ResponseWriter, r *http.Request) {
			send(w, "\r\n")
			<-r.Context().Done()
		}
		read(t, x, nil, func(o *Options) { o.Memory.Position.At = time.Now().Add(-time.Minute) })
		after(t, 50*time.Second) // not while the stream is open and the last seconds cannot be searched
		golden(t, "search.golden", got.String())
	})
}

func TestAPageGivesPostsTheirBytesAndOnlyWhatTheyReferTo(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("testdata/search_page.json")
	if err != nil {
		t.Fatal(err)
	}
	var answer searchAnswer
	if err := json.Unmarshal(text, &answer); err != nil {
		t.Fatal(err)
	}
	p := answer.page(span{time.Date(2026, 8, 23, 0, 0, 0, 0, time.UTC), time.Date(2026, 8, 24, 0, 0, 0, 0, time.UTC)})
	var lines []string
	for _, post := range p.posts {
		lines = append(lines, post.First+" "+string(post.text([]Rule{{ID: "7", Value: "x", Tag: `cats & "dogs"`}, {Tag: "second"}})))
	}
	if p.next != "made-up-token" {
		t.Errorf("next token %q", p.next)
	}
	golden(t, "search_lines.golden", strings.Join(lines, "\n")+"\n")
}

func TestAServerThatPromisesPagesForEverIsNotFollowed(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		post, token string // %d is the number of the search
		want        int    // searches for two rules
	}{
		"the same token":                {"", "more", 2 * 2},
		"empty pages":                   {"", "more-%d", 2 * maxEmptyPages},
		"the same post, the same token": {"same", "more", 2 * 2},
		"the same post, other tokens":   {"same", "more-%d", 2 * (1 + maxSamePages)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				x := newPostingX(t, time.Minute)
				same := []any{map[string]any{"id": formatID(firstID(time.Now())), "text": "a made-up cat"}}
				x.refuseSearch = func(n int, w http.ResponseWriter, _ *http.Request) bool {
					page := map[string]any{"meta": map[string]any{"next_token": strings.ReplaceAll(c.token, "%d", fmt.Sprint(n))}}
					if c.post != "" {
						page["data"] = same
					}
					answer(w, 200, page)
					return true
				}
				_, records := follow(t, x, func(o *Options) { o.Memory.Position.At = time.Now().Add(-time.Minute) })
				after(t, time.Hour)
				if n := len(x.searched()); n != c.want {
					t.Errorf("%d searches for two rules, want %d", n, c.want)
				}
				if _, gaps := count(t, records()); len(gaps) != 2 || gaps[0].Reason != GaveUp || gaps[0].Rule == "" {
					t.Errorf("gap events %+v", gaps)
				}
			})
		})
	}
}

func TestNeverMoreThanFourHundredAndFiftySearchesInFifteenMinutes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		x := newPostingX(t, 10*time.Second)
		x.page = 10
		after(t, 24*time.Hour)
		var times []time.Time
		x.refuseSearch = func(int, http.ResponseWriter, *http.Request) bool {
			times = append(times, time.Now())
			return false
		}
		_, records := follow(t, x, func(o *Options) { o.Memory.Position.ID = formatID(firstID(time.Now().Add(-24 * time.Hour))) })
		after(t, 2*time.Hour)
		if len(times) < 1000 {
			t.Errorf("only %d searches", len(times))
		}
		for i := searchLimit; i < len(times); i++ {
			if d := times[i].Sub(times[i-searchLimit]); d < 15*time.Minute {
				t.Fatalf("searches %d to %d came within %s", i-searchLimit, i, d)
			}
		}
		once(t, x, records(), time.Now().Add(-time.Minute))
	})
}

func FuzzASearchPageNeverBreaksTheLinesThatItBecomes(f *testing.F) {
	text, err := os.ReadFile("testdata/search_page.json")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add([]byte(`{"data":[{"id":"1"},17,null],"includes":{"media":[null,{"media_key":3}]},"meta":{}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		var answer searchAnswer
		if json.Unmarshal(text, &answer) != nil || answer.Meta == nil {
			return
		}
		for _, post := range answer.page(span{time.Unix(0, 0), time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC)}).posts {
			line := post.text([]Rule{catImages})
			m := parseMessage(line, func(s string) string { return s })
			if !json.Valid(line) || strings.ContainsAny(string(line), "\r\n") {
				t.Fatalf("the line is broken: %q", line)
			}
			// The library of the hot path refuses what is no UTF-8 in another way; such a post has no id then.
			if utf8.Valid(line) && m.id != post.ID {
				t.Fatalf("the line has the id %q, the post %q: %s", m.id, post.ID, cmp.Diff(string(post.Data), string(line)))
			}
		}
	})
}
