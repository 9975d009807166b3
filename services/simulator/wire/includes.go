package wire

import "catsvdogs/services/simulator/world"

// appendIncludes writes ,"includes":{…} when the expansions bring anything.
// Each object comes once, however often it is referred to.
func appendIncludes(dst []byte, p *world.Post, f Fields) []byte {
	if f.expand == 0 {
		return dst
	}
	mark := len(dst)
	o := begin(append(dst, `,"includes":`...))
	if f.expand.has(expandMedia | expandReferredMedia) {
		o.dst = appendMediaList(o, p, f)
		o.empty = o.dst[len(o.dst)-1] == '{'
	}
	if refers := p.Refers; refers != nil && f.expand.has(expandReferenced) {
		o.key(f.naming().included)
		o.dst = append(appendTweet(append(o.dst, '['), refers, f), ']')
	}
	o.dst = appendUsers(o, p, f)
	o.dst = o.end()
	if o.dst[len(o.dst)-2] == '{' {
		return o.dst[:mark]
	}
	return o.dst
}

func appendMediaList(o object, p *world.Post, f Fields) []byte {
	n := 0
	list := func(media []world.Media) {
		for i := range media {
			if n == 0 {
				o.key("media")
			}
			o.dst = appendMedia(append(o.dst, separator(n)), &media[i], f.media)
			n++
		}
	}
	if f.expand.has(expandMedia) {
		list(p.Media)
	}
	// A retweet has the media of its original; they are the same objects.
	if p.Refers != nil && f.expand.has(expandReferredMedia) && (n == 0 || p.Relation != world.Retweets) {
		list(p.Refers.Media)
	}
	if n > 0 {
		o.dst = append(o.dst, ']')
	}
	return o.dst
}

func appendMedia(dst []byte, m *world.Media, want set) []byte {
	o := begin(dst)
	if want.has(mediaAltText) && m.Alt != "" {
		o.text("alt_text", m.Alt)
	}
	if want.has(mediaDurationMS) && m.DurationMS > 0 {
		o.number("duration_ms", m.DurationMS)
	}
	if want.has(mediaHeight) {
		o.number("height", m.Height)
	}
	o.text("media_key", m.Key)
	if want.has(mediaPreview) && m.Preview != "" {
		o.text("preview_image_url", m.Preview)
	}
	if want.has(mediaPublicMetrics) && m.Type == world.Video {
		o.key("public_metrics")
		o.dst = append(o.dst, `{"view_count":0}`...)
	}
	o.text("type", string(m.Type))
	if want.has(mediaURL) && m.URL != "" {
		o.text("url", m.URL)
	}
	if want.has(mediaVariants) && m.Stream != "" {
		o.key("variants")
		v := begin(append(o.dst, '['))
		v.number("bit_rate", 832000)
		v.text("content_type", "video/mp4")
		v.text("url", m.Stream)
		o.dst = append(v.end(), ']')
	}
	if want.has(mediaWidth) {
		o.number("width", m.Width)
	}
	return o.end()
}

// maxUsers: the author, whom they answer, that post's author, and mentions;
// more than any post of the world names.
const maxUsers = 16

func appendUsers(o object, p *world.Post, f Fields) []byte {
	var seen [maxUsers]*world.Author
	n := 0
	add := func(a *world.Author) {
		for _, s := range seen[:n] {
			if s == a {
				return
			}
		}
		if n == maxUsers {
			return
		}
		if n == 0 {
			o.key("users")
		}
		o.dst = appendUser(append(o.dst, separator(n)), a, f.user)
		seen[n] = a
		n++
	}
	if f.expand.has(expandAuthor) {
		add(p.Author)
	}
	if f.expand.has(expandInReplyTo) && p.Relation == world.Replies {
		add(p.Refers.Author)
	}
	if f.expand.has(expandMentions) {
		for _, m := range p.Mentions {
			add(m.User)
		}
	}
	if f.expand.has(expandReferredAuthor) && p.Refers != nil {
		add(p.Refers.Author)
	}
	if n > 0 {
		o.dst = append(o.dst, ']')
	}
	return o.dst
}

func appendUser(dst []byte, a *world.Author, want set) []byte {
	o := begin(dst)
	if want.has(userCreatedAt) {
		o.time("created_at", a.Created)
	}
	if want.has(userDescription) {
		o.text("description", a.About)
	}
	o.text("id", a.ID)
	o.text("name", a.Name)
	if want.has(userProfileImageURL) {
		o.text("profile_image_url", "https://pbs.simulated.example/profile/"+a.ID+".png")
	}
	if want.has(userProtected) {
		o.boolean("protected", false)
	}
	if want.has(userPublicMetrics) {
		o.key("public_metrics")
		m := begin(o.dst)
		m.number("followers_count", a.Followers)
		m.number("following_count", a.Following)
		m.number("tweet_count", a.Posts)
		m.number("post_count", a.Posts) // wanted as repost_count is
		m.number("listed_count", a.Listed)
		o.dst = m.end()
	}
	o.text("username", a.Username)
	if want.has(userVerified) {
		o.boolean("verified", a.Verified)
	}
	if want.has(userVerifiedType) {
		kind := "none"
		if a.Verified {
			kind = "blue"
		}
		o.text("verified_type", kind)
	}
	return o.end()
}
