package browser

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"testing"
	"time"
)

func unix(s string, shift int64) string {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		panic(err)
	}
	return strconv.FormatInt(n+shift, 10)
}

// evening is a full day's state at 19:47 with some hundred thousand posts: what the page looks like when it is in use.
func evening(t *testing.T) document {
	t.Helper()
	d := example(t)
	d["coverage"] = document{"day": "whole"}
	delete(d, "settled_before")
	d.moved(time.Date(2026, 11, 23, 19, 47, 12, 250e6, time.UTC))
	rng := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // a picture, not a secret
	scale := map[string]float64{"cats with images": 1010, "cats with videos": 402, "dogs with images": 1025, "dogs with videos": 395}
	for i, v := range d.views() {
		part := []float64{1, 0.93}[i]
		totals, sum := map[string]int{}, 0
		for _, tag := range []string{"cats with images", "cats with videos", "dogs with images", "dogs with videos"} {
			times := v.at("timeline", tag)
			for h := range 48 {
				n := 0
				if h < 40 {
					hour := float64(h) / 2
					n = int(part * scale[tag] * (0.55 + 0.45*math.Sin((hour-9.5)/24*2*math.Pi)) * (0.9 + 0.2*rng.Float64()))
				}
				if h == 39 {
					n = n * 17 / 30
				}
				times[fmt.Sprintf("%02d:%02d", h/2, 30*(h%2))] = n
				totals[tag] += n
			}
			sum += totals[tag]
		}
		for tag, n := range totals {
			v.at("posts", "categories")[tag] = n
			v.at("percent")[tag] = math.Round(1000*float64(n)/float64(sum)) / 10
		}
		cats := totals["cats with images"] + totals["cats with videos"]
		v.at("posts", "teams")["cats"], v.at("posts", "teams")["dogs"] = cats, cats+412
		v.at("posts")["total"], v.at("posts")["simulated"], v.at("posts")["several_teams"] = 2*cats-2000, 2*cats-2000, 2412
		v["headline"] = said("lead", "dogs", "Dogs", " lead by 412; ", "cats", "cats", " are catching up: +18 % in the last ten minutes.")
		v["headline_popularity"] = said("lead", "dogs", "Dogs", " lead in popularity: 52.7 % to 47.3 %; ", "cats", "cats", " grow fastest: +413 an hour.")
		v["lead"] = document{"team": "dogs", "by": 412, "tied": []string{}}
		v["rate"] = document{"last_10s": 21.4 * part, "last_60s": 20.2 * part}
		for _, team := range d.teams() {
			seconds := document{}
			end := time.Date(2026, 11, 23, 19, 47, 12, 0, time.UTC).Unix()
			for s := end - 300; s <= end; s++ {
				mean := 9.0 + 3*math.Sin(float64(s-end)/40)
				if team == "cats" {
					mean += 4 * math.Exp(-math.Pow(float64(s-end+30)/30, 2))
				}
				seconds[strconv.FormatInt(s, 10)] = max(0, int(mean+rng.NormFloat64()*math.Sqrt(mean)))
			}
			v.at("trace")[team] = seconds
		}
		v["sentiment"] = document{
			"cats": document{"mean": 0.312, "positive": 20610, "neutral": 7320, "negative": 4190, "unknown": 2300},
			"dogs": document{"mean": 0.287, "positive": 19590, "neutral": 8300, "negative": 4910, "unknown": 2610},
		}
		v["hashtags"] = tags("cat", 9012, "cats", "puppy", 8744, "dogs", "doggo", 7120, "dogs", "kitten", 6898, "cats", "caturday", 2110, "", "кошка", 980, "", "größtehundeliebe", 640, "", "zoomies", 402, "")
		v["sources"] = document{"simulator": 2*cats - 2000}
		v["pace"] = document{"dogs": document{"last_10m": 5340, "previous_10m": 5528, "change_percent": -3.4}, "cats": document{"last_10m": 6402, "previous_10m": 5426, "change_percent": 18.0}}
	}
	for id, text := range map[string]string{
		"1993000000000000101": "My cat has found the one warm spot in the house, and it is the keyboard #cat #caturday",
		"1993000000000000102": "20 % off, use my code today only #puppy",
		"1993000000000000103": "This puppy has learnt to open the fridge #puppy #doggo",
	} {
		d.at("top_posts", id)["text"] = text
	}
	d.at("top_posts", "1993000000000000101")["created_at"] = "2026-11-23T19:12:10.118Z"
	d.at("top_posts", "1993000000000000101")["refreshed_at"] = "2026-11-23T19:43:00.000Z"
	return d.clone(t)
}

// said is a headline; of each pair after the kind the first is a team's id or empty.
func said(kind string, pieces ...string) document {
	parts, text := []any{}, ""
	for i := 0; i < len(pieces); {
		part := document{}
		if pieces[i] == "cats" || pieces[i] == "dogs" {
			part["team"] = pieces[i]
			i++
		}
		part["text"] = pieces[i]
		text += pieces[i]
		parts = append(parts, part)
		i++
	}
	return document{"kind": kind, "text": text, "parts": parts}
}

func tags(triples ...any) []any {
	list := []any{}
	for i := 0; i < len(triples); i += 3 {
		tag := document{"tag": triples[i], "posts": triples[i+1]}
		if triples[i+2] != "" {
			tag["team"] = triples[i+2]
		}
		list = append(list, tag)
	}
	return list
}
