package world

import (
	"strconv"
	"strings"
)

// write gives p its text, tags, links and attachments.
func (w *World) write(p *Post, about topic, set mediaSet, promo bool) {
	words := phrasebookOf(p.Lang)
	t := newText(p)
	if p.Relation == Replies {
		t.mention(p.Refers.Author)
		t.write(" ")
	}
	w.sentence(t, words, about, promo)
	if w.rng.IntN(16) == 0 {
		t.write(" ")
		t.mention(w.crowd.pick())
	}
	w.tags(t, about, promo)
	if promo || w.rng.IntN(16) == 0 {
		t.write(" ")
		t.link(w.pageLink(promo))
	}
	p.Media = appendMedia(p.Media, w.rng, p.ID, set, words.alt)
	w.mediaLinks(t, p)
	if p.Relation == Quotes {
		t.write(" ")
		t.link(URL{
			Short:    w.short(),
			Expanded: "https://simulated.example/" + p.Refers.Author.Username + "/status/" + strconv.FormatUint(p.Refers.ID, 10),
			Display:  "simulated.example/" + p.Refers.Author.Username + "/…",
		})
	}
	p.Text = t.String()
}

// sentence writes what the post says, by a template of its language.
func (w *World) sentence(t *text, words *phrasebook, about topic, promo bool) {
	var templates []string
	switch {
	case promo:
		templates = words.promos
	case about.main == nil:
		templates = words.neutral
	case about.second != nil:
		templates = words.both
	case about.main.theme == anything:
		templates = words.generic
	default:
		templates = words.pets
	}
	template := one(w.rng, templates)
	for {
		before, rest, found := strings.Cut(template, "{")
		t.write(before)
		if !found {
			return
		}
		name, after, _ := strings.Cut(rest, "}")
		w.place(t, words, about, name)
		template = after
	}
}

// place writes what a placeholder of a template stands for.
func (w *World) place(t *text, words *phrasebook, about topic, name string) {
	switch name {
	case "animal":
		t.write(one(w.rng, words.animals[themeOrAny(about.main)]))
	case "breed":
		t.write(one(w.rng, breeds[themeOrAny(about.main)]))
	case "act":
		t.write(one(w.rng, words.acts[themeOrAny(about.main)]))
	case "mood":
		t.write(one(w.rng, words.moods))
	case "place":
		t.write(one(w.rng, words.places))
	case "thing":
		t.write(one(w.rng, words.things))
	case "name":
		t.write(one(w.rng, petNames))
	case "emoji":
		t.write(one(w.rng, emoji[themeOrAny(about.main)]))
	case "face":
		t.write(one(w.rng, faces))
	case "topic":
		t.write(topicWord(about.main))
	case "other":
		t.write(topicWord(about.second))
	case "tag":
		if about.main == nil {
			t.hashtag("simulated")
			return
		}
		t.hashtag(written(w.rng, about.main.tag(w.rng)))
	case "number":
		t.write(strconv.Itoa(2 + w.rng.IntN(28)))
	}
}

func topicWord(s *subject) string {
	if s == nil {
		return "this"
	}
	return s.tags[0]
}

func themeOrAny(s *subject) theme {
	if s == nil {
		return anything
	}
	return s.theme
}

// tags writes one to six hashtags behind the sentence, up to nine on
// promotions.
func (w *World) tags(t *text, about topic, promo bool) {
	separator := " "
	if w.rng.IntN(5) == 0 {
		separator = "\n\n"
	}
	add := func(tag string) {
		if !t.tagged(tag) {
			t.write(separator)
			t.hashtag(written(w.rng, tag))
			separator = " "
		}
	}
	// Most posts carry one tag of their subject, some two or three.
	own, neutral := 1+w.rng.IntN(2)*w.rng.IntN(3), w.rng.IntN(2)*w.rng.IntN(4)
	if promo {
		own, neutral = 3, 6
	}
	if about.main != nil {
		for range own + about.insist {
			add(about.main.tag(w.rng))
		}
	}
	if about.second != nil {
		add(about.second.tag(w.rng))
	}
	for range neutral {
		// A tag that belongs to some rule's subject would make the post one of
		// that side, which only its topic decides.
		if tag := one(w.rng, neutralTags); !w.era.subjects.claimed[tag] {
			add(tag)
		}
	}
}

func (w *World) pageLink(promo bool) URL {
	if promo {
		path := "/deal/" + one(w.rng, shopWords) + "?ref=affiliate" + strconv.Itoa(w.rng.IntN(100)) + "&utm_source=social"
		return URL{Short: w.short(), Expanded: "https://shop.example" + path, Display: "shop.example/deal/…"}
	}
	page := one(w.rng, shopWords)
	return URL{Short: w.short(), Expanded: "https://stories.example/" + page, Display: "stories.example/" + page}
}

// mediaLinks writes the one link that stands for all attachments; on X each
// attachment has an entity of its own at the same place.
func (w *World) mediaLinks(t *text, p *Post) {
	if len(p.Media) == 0 {
		return
	}
	t.write(" ")
	kind := "/video/1"
	if p.Media[0].Type == Photo {
		kind = "/photo/1"
	}
	short := w.short()
	u := URL{
		Short:    short,
		Expanded: "https://simulated.example/" + p.Author.Username + "/status/" + strconv.FormatUint(p.ID, 10) + kind,
		Display:  "pic.simulated.example/" + short[len(short)-10:],
		MediaKey: p.Media[0].Key,
	}
	t.link(u)
	u.Span = p.URLs[len(p.URLs)-1].Span
	for _, m := range p.Media[1:] {
		u.MediaKey = m.Key
		p.URLs = append(p.URLs, u)
	}
}

const base62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// short is a shortened link as every link on X is.
func (w *World) short() string {
	var name [10]byte
	x := w.rng.Uint64()
	for i := range name {
		name[i] = base62[x%62]
		x /= 62
	}
	return "https://t.example/" + string(name[:])
}
