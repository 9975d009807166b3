package simulator_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"catsvdogs/services/simulator"
)

// sums are what the simulator tells of the posts that it gave out.
type sums struct {
	Tag                                                string
	Posts, Likes, Retweets, Replies, Quotes, Bookmarks int
	Deleted, Protected                                 int
}

type engagement struct {
	At time.Time
	sums
	Tags []sums
}

type standing struct {
	ID                                          string
	First                                       string `json:"first_id"`
	Known, Gone                                 bool
	Reason                                      string
	Since                                       time.Time
	Tags                                        []string
	Likes, Retweets, Replies, Quotes, Bookmarks int
}

func (s *simulation) engagement(query string) (e engagement) {
	s.t.Helper()
	resp, text := s.doWith("GET", "/simulator/v1/engagement"+query, "", "")
	if err := json.Unmarshal([]byte(text), &e); err != nil || resp.StatusCode != http.StatusOK {
		s.t.Fatalf("%d %s %v", resp.StatusCode, text, err)
	}
	return e
}

func (s *simulation) standing(at string, ids ...string) (all []standing) {
	s.t.Helper()
	for some := range slices.Chunk(ids, 1000) {
		var body struct{ Posts []standing }
		resp, text := s.doWith("GET", "/simulator/v1/engagement?at="+at+"&ids="+strings.Join(some, ","), "", "")
		if err := json.Unmarshal([]byte(text), &body); err != nil || resp.StatusCode != http.StatusOK || len(body.Posts) != len(some) {
			s.t.Fatalf("%d %s %v", resp.StatusCode, text, err)
		}
		all = append(all, body.Posts...)
	}
	return all
}

// settled waits until nothing can grow or be lost any more: a half-life of milliseconds is over so many times.
func (s *simulation) settled() engagement {
	s.t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		now, last := s.engagement(""), s.engagement("?at="+time.Now().Add(time.Hour).UTC().Format(time.RFC3339))
		now.At = last.At
		if cmp.Equal(now, last, cmp.AllowUnexported(engagement{})) {
			return now
		}
	}
	s.t.Fatal("never settled")
	return engagement{}
}

// told is a line of the stream that is a post.
type told struct {
	Data struct {
		ID      string
		Created time.Time `json:"created_at"`
		History []string  `json:"edit_history_tweet_ids"`
		Metrics struct {
			Likes int `json:"like_count"`
		} `json:"public_metrics"`
	}
	Rules []struct{ Tag string } `json:"matching_rules"`
}

// live lets a world speak until its posts are out and returns the lines of its stream.
func live(t *testing.T, cfg simulator.Config, query string) (*simulation, []string) {
	t.Helper()
	s := simulate(t, cfg)
	s.mustAdd(catRules)
	r := s.connect(query)
	var lines []string
	for seen := map[string]bool{}; len(seen) < int(cfg.Posts); {
		text := r.next()
		lines = append(lines, text)
		seen[parsePost(t, text).Data.History[0]] = true
	}
	r.close()
	return s, lines
}

func parseTold(t *testing.T, text string) (p told) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), &p); err != nil {
		t.Fatal(err)
	}
	return p
}

func TestWhatLookUpsAddUpToIsWhatTheSimulatorSaysOfEachTag(t *testing.T) {
	t.Parallel()
	cfg := defaults()
	cfg.Posts, cfg.HalfLife, cfg.Deleted, cfg.Protected = 1500, 20*time.Millisecond, 0.1, 0.1
	s, lines := live(t, cfg, "")
	truth := s.settled()
	tags, latest := map[string][]string{}, map[string]string{}
	for _, text := range lines {
		p := parseTold(t, text)
		first := p.Data.History[0]
		latest[first], tags[first] = p.Data.ID, nil
		for _, r := range p.Rules {
			tags[first] = append(tags[first], r.Tag)
		}
	}
	all, byTag := sums{}, map[string]*sums{}
	each := func(first string, add func(*sums)) {
		add(&all)
		for _, tag := range tags[first] {
			if byTag[tag] == nil {
				byTag[tag] = &sums{Tag: tag}
			}
			add(byTag[tag])
		}
	}
	for firsts := range slices.Chunk(slices.Sorted(maps.Keys(latest)), 100) {
		of, ids := map[string]string{}, []string(nil)
		for _, first := range firsts {
			of[latest[first]], ids = first, append(ids, latest[first])
		}
		p := s.page("/2/tweets?tweet.fields=public_metrics&ids=" + strings.Join(ids, ","))
		for _, post := range p.Data {
			m := post.Metrics
			each(of[post.ID], func(n *sums) {
				n.Posts++
				n.Likes, n.Retweets, n.Replies, n.Quotes, n.Bookmarks = n.Likes+m.Likes, n.Retweets+m.Retweets, n.Replies+m.Replies, n.Quotes+m.Quotes, n.Bookmarks+m.Bookmarks
			})
		}
		for _, e := range p.Errors {
			each(of[e.Value], func(n *sums) {
				if strings.HasSuffix(e.Type, "/not-authorized-for-resource") {
					n.Protected++
				} else {
					n.Deleted++
				}
			})
		}
	}
	if diff := cmp.Diff(truth.sums, all); diff != "" {
		t.Errorf("(-simulator +look-ups):\n%s", diff)
	}
	for _, want := range truth.Tags {
		if diff := cmp.Diff(&want, byTag[want.Tag]); diff != "" {
			t.Errorf("%s (-simulator +look-ups):\n%s", want.Tag, diff)
		}
	}
	if len(truth.Tags) != 4 || truth.Deleted < 50 || truth.Protected < 50 || truth.Likes < 5*truth.Posts || truth.Posts+truth.Deleted+truth.Protected != 1500 {
		t.Errorf("%+v", truth)
	}
}

func TestLostPostsAreNowhereAndNobodyEditsThem(t *testing.T) {
	t.Parallel()
	cfg := defaults()
	cfg.Posts, cfg.HalfLife, cfg.Deleted, cfg.Protected = 1000, 20*time.Millisecond, 0.3, 0.3
	s, lines := live(t, cfg, "?tweet.fields=created_at,public_metrics")
	truth := s.settled()
	var ids []string
	edits := map[string]time.Time{}
	for _, text := range lines {
		p := parseTold(t, text)
		if ids = append(ids, p.Data.ID); len(p.Data.History) > 1 {
			edits[p.Data.ID] = p.Data.Created
		}
	}
	lost := map[string]string{}
	for _, one := range s.standing("2037-01-01T00:00:00Z", ids...) {
		if !one.Known {
			t.Fatalf("%+v", one)
		}
		if one.Gone {
			lost[one.ID] = one.Reason
			if at, edited := edits[one.ID]; edited && one.Since.Before(at) {
				t.Errorf("%s was edited at %v and is %s since %v", one.ID, at, one.Reason, one.Since)
			}
		}
	}
	for some := range slices.Chunk(ids, 100) {
		for _, e := range s.page("/2/tweets?ids=" + strings.Join(some, ",")).Errors {
			want := map[string]string{"deleted": "/resource-not-found", "protected": "/not-authorized-for-resource"}[lost[e.Value]]
			if want == "" || !strings.HasSuffix(e.Type, want) || e.Resource != e.Value || (e.Section == "data") != (lost[e.Value] == "protected") {
				t.Errorf("%s: %+v", lost[e.Value], e)
			}
			delete(lost, e.Value)
		}
	}
	if len(lost) > 0 || truth.Deleted < 200 || truth.Protected < 200 || len(edits) < 5 {
		t.Errorf("%d lost posts are not told of; %+v; %d edits", len(lost), truth.sums, len(edits))
	}
	found := s.search("max_results=100")
	for _, one := range s.standing("2037-01-01T00:00:00Z", found...) {
		if one.Gone {
			t.Errorf("search finds %s, which is %s", one.ID, one.Reason)
		}
	}
	if n := s.page("/2/tweets/counts/recent?query=" + url.QueryEscape(anyCatOrDog)).Meta.Total; n != len(found) || n < 200 {
		t.Errorf("%d are counted, %d found", n, len(found))
	}
}

func TestAnEditIsToldWithTheLikesSoFarAndALineThatComesAgainIsTheSame(t *testing.T) {
	t.Parallel()
	cfg := defaults()
	cfg.Plan, cfg.Posts, cfg.HalfLife = simulator.PlanEnterprise, 1500, 100*time.Millisecond
	query := "?tweet.fields=created_at,public_metrics&expansions=author_id"
	s, lines := live(t, cfg, query)
	before := map[string]string{}
	edits, liked := 0, 0
	for _, text := range lines {
		p := parseTold(t, text)
		before[p.Data.ID] = text
		if len(p.Data.History) == 1 {
			continue
		}
		edits++
		truth := s.standing(p.Data.Created.UTC().Format(time.RFC3339Nano), p.Data.ID)[0]
		if truth.Likes != p.Data.Metrics.Likes {
			t.Errorf("%d likes are told of an edit, it has %d", p.Data.Metrics.Likes, truth.Likes)
		}
		if truth.Likes > 2 {
			liked++
		}
	}
	if edits < 10 || liked < 5 {
		t.Errorf("%d edits, %d of them with likes", edits, liked)
	}
	r := s.connect(query + "&backfill_minutes=5")
	again := 0
	for range len(lines) {
		text := r.next()
		p := parsePost(t, text)
		if was, known := before[p.Data.ID]; known {
			again++
			if text != was {
				t.Fatalf("first\n%s\nthen\n%s", was, text)
			}
		}
	}
	if again < len(lines)*9/10 {
		t.Errorf("%d of %d lines came again", again, len(lines))
	}
}

func TestEveryVersionIsLookedUpWithAllOfTheHistoryAndTheSameMetrics(t *testing.T) {
	t.Parallel()
	cfg := defaults()
	cfg.Posts, cfg.HalfLife = 1000, time.Second
	s, lines := live(t, cfg, "")
	histories := map[string][]string{}
	for _, text := range lines {
		if h := parseTold(t, text).Data.History; len(h) > 1 {
			histories[h[0]] = h
		}
	}
	for _, h := range histories {
		asked := slices.Clone(h)
		slices.Reverse(asked)
		p := s.page("/2/tweets?tweet.fields=public_metrics&ids=" + strings.Join(asked, ",") + "," + asked[0])
		if len(p.Data) != len(h) {
			t.Fatalf("%d of %d versions", len(p.Data), len(h))
		}
		for i, version := range p.Data {
			if version.ID != asked[i] || !slices.Equal(version.History, h) || version.Metrics != p.Data[0].Metrics {
				t.Errorf("version %d: %+v, history %v", i, version, h)
			}
		}
	}
	if len(histories) < 5 {
		t.Errorf("%d edited posts", len(histories))
	}
}

func TestWhatIsForgottenIsNotSaidToBeGone(t *testing.T) {
	t.Parallel()
	cfg := defaults()
	cfg.Posts, cfg.Remember = 300, 100
	s, lines := live(t, cfg, "")
	first := parsePost(t, lines[0]).Data.ID
	minted, err := strconv.ParseUint(first, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	earlier := strconv.FormatUint(minted-3600_000<<22, 10) // as a run of an hour ago would have made it
	last := parsePost(t, lines[len(lines)-1]).Data.ID
	never := []string{"20", "9223372036854775807", strconv.FormatUint(minted+1<<21, 10)}
	p := s.page("/2/tweets?ids=" + strings.Join(append([]string{first, earlier, last}, never...), ","))
	if len(p.Data) != 1 || p.Data[0].ID != last || len(p.Errors) != 5 {
		t.Fatalf("%+v", p)
	}
	for i, e := range p.Errors {
		if forgotten := strings.HasSuffix(e.Type, "/resource-unavailable"); forgotten != (i < 2) || !forgotten && !strings.HasSuffix(e.Type, "/resource-not-found") {
			t.Errorf("%+v", e)
		}
	}
	if one := s.standing("2037-01-01T00:00:00Z", first)[0]; one.Known || one.Gone {
		t.Errorf("%+v", one)
	}
}

func TestWrongQuestionsForEngagementAreRefused(t *testing.T) {
	t.Parallel()
	s := simulate(t, defaults())
	for _, query := range []string{"?at=noon", "?ids=", "?ids=1,x", "?ids=" + strings.Repeat("1,", 1000) + "1"} {
		if resp, text := s.doWith("GET", "/simulator/v1/engagement"+query, "", ""); resp.StatusCode != http.StatusBadRequest || !strings.Contains(text, `{"error":"`) {
			t.Errorf("%.40s: %d %s", query, resp.StatusCode, text)
		}
	}
	if e := s.engagement(""); e.Posts != 0 || e.Tags == nil {
		t.Errorf("%+v", e)
	}
}
