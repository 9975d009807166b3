package bluesky

import (
	"fmt"

	"catsvdogs/services/pipeline/tweet"
)

// Kinds of records with which an account reacts to a post (lexicons app.bsky.feed.like and app.bsky.feed.repost).
const (
	LikeCollection   = "app.bsky.feed.like"
	RepostCollection = "app.bsky.feed.repost"
)

// OfReaction says whether the event is a commit to the collection of likes or of reposts.
func (e *Event) OfReaction() bool {
	return e.Kind == KindCommit && (e.Commit.Collection == LikeCollection || e.Commit.Collection == RepostCollection)
}

// reaction reads what a like or a repost is about. When it is taken back only its own key is told, and nothing here.
func (e Event) reaction(record []byte) (Event, error) {
	if !validRecordKey(e.Commit.RKey) {
		return Event{}, fmt.Errorf("%w: its rkey is none", ErrNoEvent)
	}
	if e.Commit.Operation != OperationCreate {
		return e, nil
	}
	var r struct {
		Subject struct {
			URI string `json:"uri"`
		} `json:"subject"`
	}
	if decode(record, &r) != nil {
		return e, nil // about nothing that could be told
	}
	if _, _, ok := tweet.CutPostURI(r.Subject.URI); ok { // feeds and lists can be liked, too
		e.Subject = r.Subject.URI
	}
	return e, nil
}
