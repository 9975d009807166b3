package world

import (
	"time"
)

const (
	// maxTries bounds how often an arrival is drawn again when no rule matches
	// it. Only words, tags and attachments are drawn again; author, language,
	// id, relation and subject stay, so that lang:, sample:, from: and
	// -is:retweet thin the stream out as they would on X, and a subject with
	// narrow rules gets its share of the stream.
	maxTries = 10

	replyPercent, quotePercent, retweetPercent = 8, 6, 2
	promoPercent                               = 3
	sensitivePercent                           = 1
	bothPercent                                = 5 // about two subjects at once
	neutralPercent                             = 6 // about none of them
)

// draft is what stays the same however often an arrival is drawn.
type draft struct {
	id       uint64
	origin   Origin
	author   *Author
	relation Relation
	promo    bool
	about    topic
}

// compose makes the post of an arrival that at least one rule matches, or nil.
func (w *World) compose(o Origin, id uint64) *Post {
	d := draft{id: id, origin: o, author: w.crowd.pick(), about: w.topic()}
	switch x := w.rng.IntN(100); {
	case x < replyPercent:
		d.relation = Replies
	case x < replyPercent+quotePercent:
		d.relation = Quotes
	case x < replyPercent+quotePercent+retweetPercent:
		d.relation = Retweets
	case x < replyPercent+quotePercent+retweetPercent+promoPercent:
		d.promo = true
	}
	sensitive, likes := w.rng.IntN(100) < sensitivePercent, 0
	if w.rng.IntN(200) == 0 {
		likes = 1 + w.rng.IntN(2)
	}
	for try := range maxTries {
		about := d.about
		if try == 0 && w.rng.IntN(100) < neutralPercent {
			about = topic{} // a post of the kind that the rules keep out
		}
		p := w.draw(d, about, try)
		p.Sensitive, p.Metrics = sensitive, Arrived(likes)
		if w.matches(p) {
			return p
		}
	}
	return nil
}

// draw fills w.post with one attempt at the draft.
func (w *World) draw(d draft, about topic, try int) *Post {
	about.insist = try / 2
	media := drawMedia(w.rng)
	if try >= maxTries-len(rareMedia) {
		media = rareMedia[maxTries-1-try]
	}
	p := &w.post
	reset(p, d.id, d.origin, d.author)
	switch d.relation {
	case Retweets:
		w.refer(about, media)
		retweet(p, &w.other)
		return p
	case Quotes:
		quoted := drawMedia(w.rng)
		if w.rng.IntN(2) == 0 { // the only picture is the quoted one
			media, quoted = mediaSet{}, mediaSet{photos: 1}
		}
		w.refer(about, quoted)
	case Replies:
		w.refer(w.topic(), drawMedia(w.rng))
	}
	if d.relation != "" {
		p.Refers, p.Relation = &w.other, d.relation
	}
	p.Paid = d.promo
	w.write(p, about, media, d.promo)
	return p
}

// refer fills w.other with an earlier post.
func (w *World) refer(about topic, media mediaSet) {
	at := w.post.At.Add(-time.Minute - time.Duration(w.rng.Int64N(int64(5*time.Hour))))
	id := snowflake(at.UnixMilli(), referredBit|uint64(w.rng.IntN(sequenceMax)))
	reset(&w.other, id, Origin{At: at}, w.crowd.pick())
	w.other.Metrics = Arrived(w.rng.IntN(40))
	w.write(&w.other, about, media, false)
}

// topic is what one post is about.
type topic struct {
	main, second *subject // nil: nothing in particular
	insist       int      // further tags of main, for rules that want several
}

func (w *World) topic() topic {
	t := topic{main: w.era.subjects.pick(w.rng, w.moments, w.virtual())}
	if n := len(w.era.subjects.all); n > 1 && w.rng.IntN(100) < bothPercent {
		t.second = &w.era.subjects.all[w.rng.IntN(n-1)]
		if t.second == t.main {
			t.second = &w.era.subjects.all[n-1]
		}
	}
	return t
}

func reset(p *Post, id uint64, o Origin, author *Author) {
	*p = Post{
		ID: id, First: id, At: o.At.UTC(), Origin: o, Author: author, Lang: author.Lang,
		History:  append(p.History[:0], id),
		Hashtags: p.Hashtags[:0], Mentions: p.Mentions[:0], URLs: p.URLs[:0], Media: p.Media[:0],
	}
}

// retweet makes p repeat the original: its text behind "RT @user: ", and all
// that is in it, moved by as much.
func retweet(p, original *Post) {
	p.Refers, p.Relation, p.Lang = original, Retweets, original.Lang
	t := newText(p)
	t.write("RT ")
	t.mention(original.Author)
	t.write(": ")
	by := t.runes
	t.write(original.Text)
	p.Text = t.String()
	move := func(s Span) Span { return Span{s.Start + by, s.End + by} }
	for _, h := range original.Hashtags {
		h.Span = move(h.Span)
		p.Hashtags = append(p.Hashtags, h)
	}
	for _, m := range original.Mentions {
		m.Span = move(m.Span)
		p.Mentions = append(p.Mentions, m)
	}
	for _, u := range original.URLs {
		u.Span = move(u.Span)
		p.URLs = append(p.URLs, u)
	}
	p.Media = append(p.Media, original.Media...)
}
