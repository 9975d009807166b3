package browser

import (
	"fmt"
	"strings"
	"testing"
)

// scenes are what the page has to stand, each made of the evening.
func scenes(t *testing.T) map[string]document {
	t.Helper()
	all := map[string]document{"evening": evening(t)}
	scene := func(name string, change func(document)) {
		d := evening(t).clone(t)
		change(d)
		all[name] = d.clone(t)
	}
	everywhere := func(d document, member string, value any) {
		for _, v := range d.views() {
			v[member] = value
		}
	}
	scene("tie", func(d document) {
		everywhere(d, "headline", said("tie", "cats", "Cats", " and ", "dogs", "dogs", " are level at 31,903."))
		for _, v := range d.views() {
			v.at("posts", "teams")["cats"] = v.at("posts", "teams")["dogs"]
		}
	})
	scene("upset", func(d document) {
		everywhere(d, "headline", said("upset", "cats", "Cats", " take the lead; they were 1,204 behind ", "dogs", "Dogs", " at 17:20."))
	})
	scene("surge", func(d document) {
		everywhere(d, "headline", said("surge", "", "A surge: 412 posts a second, four times as many as in the minutes before; ", "dogs", "Dogs", " lead by 9,412."))
		for _, v := range d.views() {
			v["rate"] = document{"last_10s": 412.3, "last_60s": 230.1}
			for _, team := range d.teams() {
				seconds := v.at("trace", team)
				for i, s := range sortedKeys(seconds) {
					if i > 240 {
						seconds[s] = asInt(seconds[s]) * int64(i-230) / 2
					}
				}
			}
			v.at("posts")["total"], v.at("posts", "teams")["cats"], v.at("posts", "teams")["dogs"] = 12_460_982, 6_231_491, 6_240_903
		}
	})
	scene("drought", func(d document) {
		d["newest_post"] = "2026-11-23T19:33:02.000Z"
		everywhere(d, "headline", said("drought", "", "Nothing new for 14 minutes; ", "dogs", "dogs", " lead by 412."))
		everywhere(d, "rate", document{"last_10s": 0, "last_60s": 0})
		everywhere(d, "trace", document{"cats": document{}, "dogs": document{}})
	})
	scene("cut-off", func(d document) {
		d["cut_off"] = document{"since": "2026-11-23T19:42:52.250Z"}
		everywhere(d, "headline", said("cut_off", "", "Cut off from the broker; these are the last numbers that came."))
	})
	scene("fresh", fresh)
	scene("past", past)
	scene("past-empty", func(d document) {
		past(d)
		empty(d)
		d["coverage"] = document{"day": "none"}
		everywhere(d, "headline", said("no_numbers", "", "Nothing was collected on this day."))
	})
	scene("empty", empty)
	scene("six", sixTeams)
	scene("hostile", hostile)
	scene("lines", func(d document) {
		for _, post := range d.at("top_posts") {
			document(post.(map[string]any))["text"] = "One line" + strings.Repeat("\n", 281) + strings.Repeat("and another\n", 60)
		}
	})
	scene("real", real)
	scene("accounted", func(d document) { d["account"] = accounted(d, 0, 0) })
	scene("in-flight", func(d document) { d["account"] = accounted(d, 1204, 0) })
	scene("findings", func(d document) { d["account"] = accounted(d, 12, 3) })
	return all
}

// accounted is an account of the evening.
func accounted(d document, pending, findings int64) document {
	return document{
		"at": d["now"], "balanced": findings == 0, "pending": pending, "findings": findings,
		"stations": document{"handed_over": 63_214, "raw": 181_402, "enriched": 181_391, "dead_letters": 11, "posts": 61_012, "archived": 362_793},
	}
}

// stageOf stands the scene on a stage and tells the address that shows it.
func stageOf(t *testing.T, scene document) (*stage, string) {
	t.Helper()
	if scene["today"].(bool) {
		s := newStage(t, scene)
		return s, s.URL
	}
	s := newStage(t, evening(t))
	s.days[scene["day"].(string)] = scene
	return s, s.URL + "/?day=" + scene["day"].(string)
}

// fresh leaves of the day only what came in its last hour: somebody has started to count in the evening.
func fresh(d document) {
	d["coverage"] = document{"day": "partial", "from": "2026-11-23T19:21:00.000Z"}
	for _, v := range d.views() {
		for tag, halfHours := range v.at("timeline") {
			for h := range halfHours.(map[string]any) {
				if h != "19:00" && h != "19:30" {
					v.at("timeline", tag)[h] = 0
				}
			}
		}
	}
}

// past makes it a day that is over.
func past(d document) {
	d["day"], d["today"] = "2026-11-22", false
	for _, v := range d.views() {
		v["trace"], v["pace"], v["rate"] = document{}, document{}, document{"last_10s": 0, "last_60s": 0}
		v["headline"] = said("final", "cats", "Cats", " won by 900: 31,253 to 30,353.")
		v["headline_popularity"] = said("final", "dogs", "Dogs", " won in popularity: 52.7 % to 47.3 %.")
		v.at("top")["hour"] = []any{}
	}
}

// empty takes every post away.
func empty(d document) {
	d["newest_post"], d["top_posts"] = "", document{}
	for _, v := range d.views() {
		v["headline"] = said("no_posts", "", "No posts yet today.")
		v["rate"], v["trace"], v["hashtags"], v["sources"] = document{"last_10s": 0, "last_60s": 0}, document{"cats": document{}, "dogs": document{}}, []any{}, document{}
		v["top"], v["lead_changes"], v["lead_changed"], v["records"] = document{"hour": []any{}, "day": []any{}, "hour_since": d["now"]}, []any{}, 0, document{}
		v["lead"], v["pace"] = document{"by": 0, "tied": []any{}}, document{}
		v["posts"] = document{"total": 0, "several_teams": 0, "simulated": 0, "teams": document{"cats": 0, "dogs": 0}, "categories": document{}}
		for _, team := range d.teams() {
			v.at("popularity")[team] = document{"score": 0, "percent": 0, "engagement": 0}
			v.at("sentiment")[team] = document{"positive": 0, "neutral": 0, "negative": 0, "unknown": 0}
		}
		for tag, halfHours := range v.at("timeline") {
			v.at("percent")[tag], v.at("posts", "categories")[tag] = 0, 0
			for h := range halfHours.(map[string]any) {
				v.at("timeline", tag)[h] = 0
			}
		}
	}
}

// real has posts of the platforms among the made-up ones, with their authors' names.
func real(d document) {
	d.at("top_posts")["1993000000000000101"] = document{
		"id": "1993000000000000101", "url": "https://x.com/i/web/status/1993000000000000101", "text": "An invented post that stands where a real one would: two cats, one box, says @invented_cats. " + strings.Repeat("And so on. ", 20) + "#cats https://example.org/box?of=cats.", "cut": true, "lang": "en",
		"author_id": "2244994945", "author_name": "Invented \u202eAuthor", "author_username": "invented", "created_at": "2026-11-23T19:02:10.118Z", "refreshed_at": "2026-11-23T19:40:00.000Z", "growth_per_hour": 1204.5,
		"source": "x", "simulated": false, "promotional": true, "teams": []string{"cats"},
		"media": []string{"image", "video"}, "metrics": document{"retweets": 2121, "replies": 404, "likes": 19040, "quotes": 211, "bookmarks": 700, "impressions": 1204000}, "popularity": 9.85,
	}
	for _, v := range d.views() {
		v.at("posts")["simulated"] = 30000
		v["sources"] = document{"simulator": 30000, "x": 29000, "bluesky": 1982}
	}
}

// sixTeams makes it a contest of six, some with long names.
func sixTeams(d document) {
	teams, categories := []any{}, []any{}
	names := []string{"Cats", "Dogs", "Guinea pigs of the southern hemisphere", "Żółwie", "ウサギ", "Parrots"}
	for i, color := range []string{"#E69F00", "#0072B2", "#009E73", "#CC79A7", "#D55E00", "#56B4E9"} {
		id := fmt.Sprintf("team%d", i)
		teams = append(teams, document{"id": id, "name": names[i], "singular": names[i], "emoji": []string{"🐱", "🐶", "🐹", "🐢", "🐰", ""}[i], "color": color})
		categories = append(categories, document{"tag": names[i], "team": id})
	}
	for _, v := range d.views() {
		for _, member := range []string{"trace", "popularity", "sentiment", "pace", "timeline", "percent"} {
			inner := document{}
			for i := range names {
				key := fmt.Sprintf("team%d", i)
				from := []string{"cats", "dogs"}[i%2]
				if member == "timeline" || member == "percent" {
					key, from = names[i], from+" with images"
				}
				inner[key] = v.at(member)[from]
			}
			v[member] = inner
		}
		posts, tagged := document{}, document{}
		for i, name := range names {
			posts[fmt.Sprintf("team%d", i)], tagged[name] = 40_000-6_000*i, 40_000-6_000*i
			v.at("percent")[name] = float64(40-6*i) * 100 / 150
		}
		v.at("posts")["teams"], v.at("posts")["categories"] = posts, tagged
		v["headline"] = said("lead", "", "Cats lead by 6,000; Guinea pigs of the southern hemisphere are catching up: +18 % in the last ten minutes.")
		v["lead_changes"] = []any{document{"at": d["now"], "from": "team2", "to": "team0", "overcame": 12, "upset": false}}
	}
	d.at("contest")["teams"], d.at("contest")["categories"] = teams, categories
}

// markup is what nobody should be able to put into the page.
const markup = `<img src=x onerror="document.title='stolen'"><script>document.title='stolen'</script>`

// hostile puts markup and worse into everything that strangers write.
func hostile(d document) {
	for _, post := range d.at("top_posts") {
		p := document(post.(map[string]any))
		p["text"] = markup + " \u202esdrawkcab " + strings.Repeat("W", 400) + strings.Repeat("\u0301", 60)
		p["simulated"], p["source"] = false, "x"
		p["url"], p["author_id"] = "javascript:document.title='stolen'", `"><b>`
	}
	for _, v := range d.views() {
		v["hashtags"] = tags(markup, 10, "", strings.Repeat("ж", 100), 9, "cats", "__proto__", 3, "")
		v["headline"] = said("lead", "", markup+"; "+markup)
	}
	d.at("contest")["teams"].([]any)[0].(map[string]any)["name"] = markup
}
