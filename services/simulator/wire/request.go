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
// backfill_minutes (0 to 5), start_time and end_time are accepted in their
// documented forms and have no effect: a simulated world has no history.
func StreamRequest(query url.Values) (Fields, []Mistake) {
	var f Fields
	var mistakes []Mistake
	for _, name := range slices.Sorted(maps.Keys(query)) {
		var m *Mistake
		switch name {
		case "tweet.fields":
			f.tweet, m = choose(tweetFields(), query[name])
		case "expansions":
			f.expand, m = choose(expansions(), query[name])
		case "media.fields":
			f.media, m = choose(mediaFields(), query[name])
		case "user.fields":
			f.user, m = choose(userFields(), query[name])
		case "place.fields":
			_, m = choose(placeFields(), query[name])
		case "poll.fields":
			_, m = choose(pollFields(), query[name])
		case "backfill_minutes":
			m = number(name, query.Get(name), 0, 5)
		case "start_time", "end_time":
			m = moment(name, query.Get(name))
		default:
			m = &Mistake{name, query[name], "The query parameter [" + name + "] is not one of [" + strings.Join(streamParameters(), ",") + "]"}
		}
		if m != nil {
			mistakes = append(mistakes, *m)
		}
	}
	return f.complete(), mistakes
}

func streamParameters() []string {
	return []string{
		"backfill_minutes", "end_time", "expansions", "media.fields", "place.fields", "poll.fields", "start_time", "tweet.fields", "user.fields",
	}
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

func number(name, value string, low, high int) *Mistake {
	n, err := strconv.Atoi(value)
	if err == nil && low <= n && n <= high {
		return nil
	}
	return &Mistake{name, []string{value}, "The `" + name + "` query parameter value [" + value + "] is not between " + strconv.Itoa(low) + " and " + strconv.Itoa(high)}
}

func moment(name, value string) *Mistake {
	if _, err := time.Parse(time.RFC3339, value); err == nil {
		return nil
	}
	return &Mistake{name, []string{value}, "Invalid '" + name + "':'" + value + "'. The RFC 3339 format is YYYY-MM-DDTHH:mm:ssZ"}
}
