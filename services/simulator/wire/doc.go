// Package wire speaks the JSON of X API v2: it reads which fields a request
// asks for and writes posts with exactly those.
//
// It covers the names that the stream operation takes (tweet.fields and its
// like) and answers in the same vocabulary: edit_history_tweet_ids,
// referenced_tweets, includes.tweets. Names X would take but for which an
// invented post has nothing to tell (withheld, non_public_metrics, polls,
// places) are accepted and add nothing. Requests, connections and rules are not
// its business.
package wire
