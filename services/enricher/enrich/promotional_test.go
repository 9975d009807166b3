package enrich

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"catsvdogs/services/enricher/promotion"
	"catsvdogs/services/pipeline/tweet"
)

func enrichPost(t *testing.T, e *Enricher, fields string) *tweet.Document {
	t.Helper()
	doc, err := e.Enrich(raw([]byte(`{"data":{"id":"2060000000000000001",`+fields+`}}`)), now)
	if err != nil {
		t.Fatalf("%s: %v", fields, err)
	}
	return doc
}

func TestWhatMakesAPostPromotionalIsNamedAndWeighed(t *testing.T) {
	t.Parallel()
	link := func(url string) string {
		return `"text":"look https://t.co/abc","entities":{"urls":[{"start":5,"end":21,"url":"https://t.co/abc","expanded_url":"` + url + `"}]}`
	}
	e := newEnricher(t)
	for name, c := range map[string]struct {
		fields string
		score  float64
		want   []string
	}{
		"a plain post":                   {`"text":"My cat, 5 % asleep #cat"`, 0, []string{}},
		"paid":                           {`"text":"x","paid_partnership":true`, 1, []string{"paid_partnership"}},
		"an advertisement only":          {`"text":"x","scopes":{"followers":false}`, 1, []string{"nullcast"}},
		"promoted, but followers see it": {`"text":"x","scopes":{"followers":true}`, 0, []string{}},
		"scopes that say nothing":        {`"text":"x","scopes":{}`, 0, []string{}},
		"a shortened link to a shop":     {`"text":"x https://t.co/a","entities":{"urls":[{"start":2,"end":16,"url":"https://t.co/a","expanded_url":"https://bit.ly/3abc","unwound_url":"https://www.amazon.com/dp/B0?tag=cats-20"}]}`, 0.8, []string{"affiliate_link", "shortened_link"}},
		"a shortened link alone":         {link("https://bit.ly/3abc"), 0.2, []string{"shortened_link"}},
		"a shop's partner":               {link("https://www.amazon.com/dp/B0?tag=me-20"), 0.6, []string{"affiliate_link"}},
		"its own picture":                {`"text":"x https://t.co/a","entities":{"urls":[{"start":2,"end":16,"url":"https://t.co/a","expanded_url":"https://bit.ly/x","media_key":"3_1"}]}`, 0, []string{}},
		"many tags, little else":         {`"text":"#aaaa #bbbb #cccc #dddd #eeee"`, 0.5, []string{"hashtag_stuffing"}},
		"an offer in fancy letters":      {`"text":"𝐔𝐬\u200b𝐞 𝐜𝐨𝐝𝐞 MEOW, 20% OFF"`, 0.5, []string{"sales_talk"}},
		"several":                        {`"text":"use code MEOW, shop now https://t.co/abc","entities":{"urls":[{"url":"https://t.co/abc","expanded_url":"https://bit.ly/3"}]}`, 0.7, []string{"shortened_link", "sales_talk"}},
	} {
		doc := enrichPost(t, e, c.fields)
		if diff := cmp.Diff(c.want, doc.PromotionalReasons); diff != "" || doc.PromotionalScore != c.score || doc.Promotional != (c.score >= 0.5) {
			t.Errorf("%s: %t, %v, %v", name, doc.Promotional, doc.PromotionalScore, doc.PromotionalReasons)
		}
	}
}

func TestARepeatedTextIsNamedFromTheFourthTimeOn(t *testing.T) {
	t.Parallel()
	e := newEnricher(t)
	w := promotion.NewWindow(100, time.Hour)
	post := func(id int, author, fields string) *tweet.Document {
		t.Helper()
		d, err := e.Draft(raw(fmt.Appendf(nil, `{"data":{"id":"206000000000000%04d","author_id":"%s",%s}}`, id, author, fields)), now)
		if err != nil {
			t.Fatal(err)
		}
		return e.Finish(&d, d.Repeats(w))
	}
	text := func(i int) string {
		return fmt.Sprintf(`"text":"@sim_%d Good morning from my cat and me, number %d! #cat #day%d https://t.co/x%d"`, i, i, i, i)
	}
	for i := range 6 {
		doc := post(i, "1", text(i))
		if got := len(doc.PromotionalReasons) == 1 && doc.PromotionalReasons[0] == "repeated_text"; got != (i >= 3) || doc.Promotional != got {
			t.Errorf("time %d: %t %v", i+1, doc.Promotional, doc.PromotionalReasons)
		}
	}
	if doc := post(10, "2", text(10)); doc.Promotional {
		t.Errorf("a stranger's sentence: %v", doc.PromotionalReasons)
	}
	offer := func(i int) string {
		return fmt.Sprintf(`"text":"the ball that every dog wants is here https://t.co/y%d","entities":{"urls":[{"url":"https://t.co/y%d","expanded_url":"https://balls.example/?%d"}]}`, i, i, i)
	}
	for i := range 5 {
		doc := post(20+i, fmt.Sprint(20+i), offer(i))
		if doc.Promotional != (i >= 3) {
			t.Errorf("account %d: %v", i+1, doc.PromotionalReasons)
		}
	}
	for i := range 6 {
		if doc := post(30+i, "3", `"text":"RT @sim_1: the ball that every cat wants is here","referenced_tweets":[{"type":"retweeted","id":"1"}]`); doc.Promotional {
			t.Errorf("a repost: %v", doc.PromotionalReasons)
		}
		if doc := post(40+i, "4", `"text":"#cat #cats #kitten #kitty"`); doc.Promotional {
			t.Errorf("hashtags alone: %v", doc.PromotionalReasons)
		}
	}
}

func TestAQuoteThatShowsNothingItselfIsMarked(t *testing.T) {
	t.Parallel()
	e := newEnricher(t)
	quotes, photo, video := `"referenced_tweets":[{"type":"quoted","id":"2059000000000000000"}]`, `"attachments":{"media_keys":["3_1"]}`, `"attachments":{"media_keys":["7_1"]}`
	includes := `,"includes":{"media":[{"media_key":"3_1","type":"photo"},{"media_key":"7_1","type":"video"}]}`
	for name, c := range map[string]struct {
		post, includes string
		tags           []string
		want           bool
	}{
		"a quote of a picture":                  {quotes, includes, []string{"cats with images"}, true},
		"a quote of a picture and a video":      {quotes, includes, []string{"cats with images", "dogs with videos"}, true},
		"a video that quotes a picture":         {quotes + "," + video, includes, []string{"cats with images"}, true},
		"a picture that quotes a picture":       {quotes + "," + photo, includes, []string{"cats with images"}, false},
		"a picture that quotes a video":         {quotes + "," + photo, includes, []string{"cats with images", "cats with videos"}, false},
		"media of a kind that nobody asked for": {quotes + "," + photo, "", []string{"cats with images"}, false},
		"no quote":                              {`"lang":"en"`, includes, []string{"cats with images"}, false},
		"a reply":                               {`"referenced_tweets":[{"type":"replied_to","id":"1"}]`, includes, []string{"cats with images"}, false},
		"a rule of another contest":             {quotes, includes, []string{"birds with images"}, false},
		"no rule":                               {quotes, includes, nil, false},
	} {
		record := raw([]byte(`{"data":{"id":"2060000000000000001",` + c.post + `}` + c.includes + `}`))
		for _, tag := range c.tags {
			record.MatchedRules = append(record.MatchedRules, tweet.MatchedRule{ID: "1", Tag: tag})
		}
		doc, err := e.Enrich(record, now)
		if err != nil || doc.MediaOfQuote != c.want {
			t.Errorf("%s: %t, %v", name, !c.want, err)
		}
	}
}

func TestTheMediaThatARuleAsksForAreRead(t *testing.T) {
	t.Parallel()
	for rule, want := range map[string][]string{
		"(#cat OR #kitty) has:images":          {"image"},
		"#cat (has:video_link OR HAS:VIDEOS)":  {"video", "video"},
		"#cat has:media":                       {"image", "video"},
		"#cat -has:images":                     nil,
		"#cat lang:en":                         nil,
		`#cat "has:images" is what people ask`: nil,
	} {
		if diff := cmp.Diff(want, wantedMedia(rule)); diff != "" {
			t.Errorf("%s:\n%s", rule, diff)
		}
	}
}

func TestBothVocabulariesOfXAreRead(t *testing.T) {
	t.Parallel()
	e := newEnricher(t)
	old := enrichPost(t, e, `"edit_history_tweet_ids":["2059999999999999999","2060000000000000001"],"note_tweet":{"text":"long #cat"},"referenced_tweets":[{"type":"quoted","id":"7"}]`)
	anew := enrichPost(t, e, `"edit_history_post_ids":["2059999999999999999","2060000000000000001"],"note_post":{"text":"long #cat"},"referenced_posts":[{"type":"quoted","id":"7"}]`)
	if diff := cmp.Diff(old, anew); diff != "" || old.Revision != 1 || old.Kind != tweet.KindQuote || old.Text != "long #cat" {
		t.Errorf("%+v\n%s", old, diff)
	}
	if _, err := e.Enrich(raw([]byte(`{"data":{"id":"2060000000000000001","edit_history_post_ids":["../etc"]}}`)), now); err == nil {
		t.Error("an id that is none is taken")
	}
}
