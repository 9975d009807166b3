package wire

import "catsvdogs/services/simulator/world"

// AppendPage appends the members data and, when the expansions bring any,
// includes, of an answer that holds several posts; without posts it appends
// nothing. Each included object comes once. The result begins with no comma and
// ends with none. each, if it is not nil, is called with every post's own object.
func AppendPage(dst []byte, posts []*world.Post, f Fields, each func(p *world.Post, object []byte)) []byte {
	if len(posts) == 0 {
		return dst
	}
	dst = append(dst, `"data":`...)
	for i, p := range posts {
		dst = append(dst, separator(i))
		dst = appendTold(dst, p, f, each)
	}
	dst = append(dst, ']')
	return appendShared(dst, posts, f)
}

// AppendOne is [AppendPage] for an answer that holds one post by itself.
func AppendOne(dst []byte, p *world.Post, f Fields, each func(p *world.Post, object []byte)) []byte {
	dst = appendTold(append(dst, `"data":`...), p, f, each)
	return appendShared(dst, []*world.Post{p}, f)
}

func appendTold(dst []byte, p *world.Post, f Fields, each func(p *world.Post, object []byte)) []byte {
	begin := len(dst)
	dst = appendTweet(dst, p, f)
	if each != nil {
		each(p, dst[begin:])
	}
	return dst
}

// AppendAuthor appends "data": and an author with the chosen user fields.
func AppendAuthor(dst []byte, a *world.Author, f Fields) []byte {
	return appendUser(append(dst, `"data":`...), a, f.user)
}

// included collects each object once, in the order in which they are met.
type included struct {
	fields              Fields
	seen                map[string]bool
	media, posts, users []byte
}

func appendShared(dst []byte, posts []*world.Post, f Fields) []byte {
	if f.expand == 0 {
		return dst
	}
	in := included{fields: f, seen: map[string]bool{}}
	for _, p := range posts {
		in.add(p)
	}
	o := begin(append(dst, `,"includes":`...))
	for _, part := range []struct {
		name string
		list []byte
	}{{"media", in.media}, {f.naming().included, in.posts}, {"users", in.users}} {
		if len(part.list) > 0 {
			o.key(part.name)
			o.dst = append(append(o.dst, part.list...), ']')
		}
	}
	if o.empty {
		return dst
	}
	return o.end()
}

func (in *included) add(p *world.Post) {
	expand := in.fields.expand
	if expand.has(expandMedia) {
		in.attach(p.Media)
	}
	if refers := p.Refers; refers != nil {
		if expand.has(expandReferredMedia) {
			in.attach(refers.Media)
		}
		if expand.has(expandReferenced) && in.first("post", string(appendID(nil, refers.ID))) {
			in.posts = appendTweet(append(in.posts, next(in.posts)), refers, in.fields)
		}
	}
	if expand.has(expandAuthor) {
		in.user(p.Author)
	}
	if expand.has(expandInReplyTo) && p.Relation == world.Replies {
		in.user(p.Refers.Author)
	}
	if expand.has(expandMentions) {
		for _, m := range p.Mentions {
			in.user(m.User)
		}
	}
	if expand.has(expandReferredAuthor) && p.Refers != nil {
		in.user(p.Refers.Author)
	}
}

func (in *included) attach(media []world.Media) {
	for i := range media {
		if in.first("media", media[i].Key) {
			in.media = appendMedia(append(in.media, next(in.media)), &media[i], in.fields.media)
		}
	}
}

func (in *included) user(a *world.Author) {
	if in.first("user", a.ID) {
		in.users = appendUser(append(in.users, next(in.users)), a, in.fields.user)
	}
}

func (in *included) first(kind, id string) bool {
	key := kind + id
	if in.seen[key] {
		return false
	}
	in.seen[key] = true
	return true
}

// next opens a list or divides it.
func next(list []byte) byte { return separator(len(list)) }
