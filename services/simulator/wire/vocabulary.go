package wire

import "strings"

// set is a choice of names: bit i stands for the i-th of a vocabulary.
type set uint64

func (s set) has(of set) bool { return s&of != 0 }

// vocabulary lists the values a parameter takes, in the order X lists them in
// an error, and those that apply when the parameter is left out.
type vocabulary struct {
	parameter string
	values    []string
	defaults  set
}

func (v vocabulary) find(value string) (set, bool) {
	for i, known := range v.values {
		if known == value {
			return 1 << i, true
		}
	}
	return 0, false
}

// The bits of the fields that an invented post has, in the order of the
// vocabularies below; the tests hold them together.
const (
	tweetAttachments       set = 1 << 1
	tweetAuthorID          set = 1 << 2
	tweetConversationID    set = 1 << 6
	tweetCreatedAt         set = 1 << 7
	tweetDisplayTextRange  set = 1 << 8
	tweetEditControls      set = 1 << 9
	tweetEditHistory       set = 1 << 10
	tweetEntities          set = 1 << 11
	tweetID                set = 1 << 13
	tweetInReplyToUserID   set = 1 << 14
	tweetLang              set = 1 << 15
	tweetPaidPartnership   set = 1 << 22
	tweetPossiblySensitive set = 1 << 23
	tweetPublicMetrics     set = 1 << 25
	tweetReferenced        set = 1 << 26
	tweetReplySettings     set = 1 << 27
	tweetText              set = 1 << 32

	expandMedia          set = 1 << 2
	expandAuthor         set = 1 << 5
	expandMentions       set = 1 << 7
	expandInReplyTo      set = 1 << 9
	expandReferenced     set = 1 << 11
	expandReferredMedia  set = 1 << 12
	expandReferredAuthor set = 1 << 13

	mediaAltText       set = 1 << 0
	mediaDurationMS    set = 1 << 1
	mediaHeight        set = 1 << 2
	mediaKey           set = 1 << 3
	mediaPreview       set = 1 << 6
	mediaPublicMetrics set = 1 << 8
	mediaType          set = 1 << 9
	mediaURL           set = 1 << 10
	mediaVariants      set = 1 << 11
	mediaWidth         set = 1 << 12

	userCreatedAt       set = 1 << 3
	userDescription     set = 1 << 4
	userID              set = 1 << 6
	userName            set = 1 << 10
	userProfileImageURL set = 1 << 14
	userProtected       set = 1 << 15
	userPublicMetrics   set = 1 << 16
	userUsername        set = 1 << 21
	userVerified        set = 1 << 22
	userVerifiedType    set = 1 << 24
)

// Parameters of GET /2/tweets/search/stream,
// https://docs.x.com/x-api/stream/stream-filtered-posts (version 2.167).

func tweetFields() vocabulary {
	return vocabulary{"tweet.fields", []string{
		"article", "attachments", "author_id", "card_uri", "community_id", "context_annotations", "conversation_id", "created_at",
		"display_text_range", "edit_controls", "edit_history_tweet_ids", "entities", "geo", "id", "in_reply_to_user_id", "lang",
		"matched_media_notes", "media_metadata", "non_public_metrics", "note_request_suggestions", "note_tweet", "organic_metrics",
		"paid_partnership", "possibly_sensitive", "promoted_metrics", "public_metrics", "referenced_tweets", "reply_settings", "scopes",
		"source", "suggested_source_links", "suggested_source_links_with_counts", "text", "withheld",
	}, tweetID | tweetText | tweetEditHistory}
}

func expansions() vocabulary {
	return vocabulary{"expansions", []string{
		"article.cover_media", "article.media_entities", "attachments.media_keys", "attachments.media_source_tweet",
		"attachments.poll_ids", "author_id", "edit_history_tweet_ids", "entities.mentions.username", "geo.place_id",
		"in_reply_to_user_id", "entities.note.mentions.username", "referenced_tweets.id", "referenced_tweets.id.attachments.media_keys",
		"referenced_tweets.id.author_id",
	}, 0}
}

func mediaFields() vocabulary {
	return vocabulary{"media.fields", []string{
		"alt_text", "duration_ms", "height", "media_key", "non_public_metrics", "organic_metrics", "preview_image_url",
		"promoted_metrics", "public_metrics", "type", "url", "variants", "width",
	}, mediaKey | mediaType}
}

func userFields() vocabulary {
	return vocabulary{"user.fields", []string{
		"affiliation", "confirmed_email", "connection_status", "created_at", "description", "entities", "id", "is_identity_verified",
		"location", "most_recent_tweet_id", "name", "parody", "pinned_tweet_id", "profile_banner_url", "profile_image_url", "protected",
		"public_metrics", "receives_your_dm", "subscription", "subscription_type", "url", "username", "verified",
		"verified_followers_count", "verified_type", "withheld",
	}, userID | userName | userUsername}
}

func placeFields() vocabulary {
	return vocabulary{"place.fields", []string{
		"contained_within", "country", "country_code", "full_name", "geo", "id", "name", "place_type",
	}, 0}
}

func pollFields() vocabulary {
	return vocabulary{"poll.fields", []string{"duration_minutes", "end_datetime", "id", "options", "voting_status"}, 0}
}

// naming is how a choice of words shows in the answer. X answers in the words
// it was asked in: fields called tweet.fields, or none, give tweets, and
// post.fields give posts (measured on X in August 2026).
type naming struct{ history, referenced, included string }

func (f Fields) naming() naming {
	if f.posts {
		return naming{"edit_history_post_ids", "referenced_posts", "posts"}
	}
	return naming{"edit_history_tweet_ids", "referenced_tweets", "tweets"}
}

// postFields and postExpansions are the same lists in the words of posts. X's
// own client asks for author_id, the edit history and the references by
// expansion only; here both ways are taken.
func postFields() vocabulary {
	v := tweetFields()
	v.parameter, v.values = "post.fields", inWordsOfPosts(v.values)
	return v
}

func postExpansions() vocabulary {
	v := expansions()
	v.values = inWordsOfPosts(v.values)
	return v
}

func inWordsOfPosts(values []string) []string {
	words := strings.NewReplacer("referenced_tweets.id", "referenced_posts", "tweet", "post")
	posts := make([]string, len(values))
	for i, value := range values {
		posts[i] = words.Replace(value)
	}
	return posts
}
