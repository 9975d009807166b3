package xapi

import "net/url"

// Fields returns what is asked for of a post, for the query of a request: every field that is used further down, the same
// everywhere, so that a post looks alike however it came. The map is the caller's.
func (c *Client) Fields() url.Values {
	fields := postFields()
	if c.opts.Authors {
		fields["expansions"][0] += ",author_id"
		fields.Set("user.fields", "name,username")
	}
	return fields
}

func postFields() url.Values {
	return url.Values{
		"tweet.fields": {"attachments,author_id,conversation_id,created_at,edit_history_tweet_ids,entities,in_reply_to_user_id," +
			"lang,note_tweet,paid_partnership,possibly_sensitive,public_metrics,referenced_tweets,scopes"},
		"expansions":   {"attachments.media_keys,referenced_tweets.id,referenced_tweets.id.attachments.media_keys"},
		"media.fields": {"media_key,type,url,preview_image_url,width,height,duration_ms,alt_text"},
	}
}
