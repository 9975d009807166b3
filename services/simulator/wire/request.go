package wire

import (
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Fields is what a stream request asks for.
type Fields struct {
	tweet, expand, media, user set
	posts                      bool // asked in the words of posts, not of tweets
}

// Mistake is one parameter that was refused.
type Mistake struct {
	// Parameter is its name.
	Parameter string
	// Values are the refused values as sent.
	Values []string
	// Message is what X says of it.
	Message string
}

// StreamRequest reads the query of GET /2/tweets/search/stream. All mistakes
// are reported together; Fields is of use only without any.
//
// backfill_minutes (0 to 5), start_time and end_time are checked for their
// documented forms; what they mean depends on the plan, which is the caller's.
func StreamRequest(query url.Values) (Fields, []Mistake) {
	f, mistakes := Request(query, "backfill_minutes", "end_time", "start_time")
	if query.Has("backfill_minutes") {
		mistakes = append(mistakes, Whole(query, "backfill_minutes", 0, 5)...)
	}
	mistakes = append(mistakes, Moment(query, "start_time")...)
	mistakes = append(mistakes, Moment(query, "end_time")...)
	return f, mistakes
}

// Request reads the parameters that choose fields, and refuses those that are
// neither such nor among the endpoint's own. The words of posts are taken where
// post.fields is among these.
func Request(query url.Values, own ...string) (Fields, []Mistake) {
	var f Fields
	bilingual := slices.Contains(own, "post.fields")
	var mistakes []Mistake
	for _, name := range slices.Sorted(maps.Keys(query)) {
		var m *Mistake
		switch name {
		case "tweet.fields":
			f.tweet, m = choose(tweetFields(), query[name])
		case "post.fields":
			f.posts = true
			if f.tweet, m = choose(postFields(), query[name]); !bilingual {
				m = unknown(query, name, own)
			}
		case "expansions":
			f.expand, m = choose(expansions(), query[name])
			if chosen, wrong := choose(postExpansions(), query[name]); m != nil && wrong == nil && bilingual {
				f.posts, f.expand, m = true, chosen, nil
			}
		case "media.fields":
			f.media, m = choose(mediaFields(), query[name])
		case "user.fields":
			f.user, m = choose(userFields(), query[name])
		case "place.fields":
			_, m = choose(placeFields(), query[name])
		case "poll.fields":
			_, m = choose(pollFields(), query[name])
		default:
			if !slices.Contains(own, name) {
				m = unknown(query, name, own)
			}
		}
		if m != nil {
			mistakes = append(mistakes, *m)
		}
	}
	return f.complete(), mistakes
}

func unknown(query url.Values, name string, own []string) *Mistake {
	known := slices.Concat([]string{"expansions", "media.fields", "place.fields", "poll.fields", "tweet.fields", "user.fields"}, own)
	slices.Sort(known)
	return &Mistake{name, query[name], "The query parameter [" + name + "] is not one of [" + strings.Join(known, ",") + "]"}
}

// complete adds what is always there, and the field behind each expansion: X
// sends the id that an included object belongs to.
func (f Fields) complete() Fields {
	f.tweet |= tweetFields().defaults
	f.media |= mediaFields().defaults
	f.user |= userFields().defaults
	implied := []struct{ expansion, field set }{
		{expandMedia | expandReferredMedia, tweetAttachments},
		{expandAuthor | expandReferredAuthor, tweetAuthorID},
		{expandMentions, tweetEntities},
		{expandInReplyTo, tweetInReplyToUserID},
		{expandReferenced | expandReferredMedia | expandReferredAuthor, tweetReferenced},
	}
	for _, i := range implied {
		if f.expand.has(i.expansion) {
			f.tweet |= i.field
		}
	}
	if f.expand.has(expandReferredMedia | expandReferredAuthor) {
		f.expand |= expandReferenced
	}
	return f
}

// choose reads comma-separated names. X wants each parameter once and each
// name once; a repeated parameter is read as one list, a repeated name counts
// once.
func choose(v vocabulary, given []string) (set, *Mistake) {
	var chosen set
	var unknown []string
	for _, list := range given {
		for name := range strings.SplitSeq(list, ",") {
			bit, ok := v.find(name)
			if !ok {
				unknown = append(unknown, name)
			}
			chosen |= bit
		}
	}
	if len(unknown) == 0 {
		return chosen, nil
	}
	return chosen, &Mistake{
		Parameter: v.parameter, Values: given,
		Message: "The `" + v.parameter + "` query parameter value [" + strings.Join(unknown, ",") + "] is not one of [" + strings.Join(v.values, ",") + "]",
	}
}

// Whole checks a parameter that is a number within bounds.
func Whole(query url.Values, name string, low, high int) []Mistake {
	value := query.Get(name)
	n, err := strconv.Atoi(value)
	if err == nil && low <= n && n <= high {
		return nil
	}
	return []Mistake{{name, []string{value}, "The `" + name + "` query parameter value [" + value + "] is not between " + strconv.Itoa(low) + " and " + strconv.Itoa(high)}}
}

// Moment checks a parameter that is a time, if it is given.
func Moment(query url.Values, name string) []Mistake {
	value := query.Get(name)
	if _, err := time.Parse(time.RFC3339, value); err == nil || !query.Has(name) {
		return nil
	}
	return []Mistake{{name, []string{value}, "Invalid '" + name + "':'" + value + "'. The RFC 3339 format is YYYY-MM-DDTHH:mm:ssZ"}}
}
