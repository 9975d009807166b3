// Package bluesky reads what Jetstream sends of Bluesky: an event on the v1 wire of /subscribe, and the post in it. It is
// pure: connecting is package jetstream's, and what becomes of a post the enricher's.
//
// Sources: github.com/bluesky-social/jetstream (README, "Consuming Jetstream", and the v1 events of version 2), the
// lexicons app.bsky.feed.post, app.bsky.richtext.facet and app.bsky.embed.*
// (github.com/bluesky-social/atproto/tree/main/lexicons), and https://atproto.com/specs for identifiers.
package bluesky

import (
	"errors"
	"fmt"

	"github.com/go-json-experiment/json/jsontext"

	"catsvdogs/services/pipeline/tweet"
)

// Kinds of events.
const (
	KindCommit   = "commit"   // a record was made, changed or taken away
	KindAccount  = "account"  // an account appeared, went, or came back
	KindIdentity = "identity" // an account changed its handle or keys
)

// Operations of a commit.
const (
	OperationCreate = "create"
	OperationUpdate = "update"
	OperationDelete = "delete"
)

// Event is one event, as far as the pipeline uses it.
type Event struct {
	DID    string // of the account that it is about
	TimeUS int64  // when Jetstream saw it, in Unix microseconds; the position in the stream
	Kind   string

	Commit  Commit  // only of KindCommit
	Account Account // only of KindAccount

	// Post is what a commit has put into the collection of posts; nil for every other event.
	Post *Post
	// Subject is the address of what a like or a repost that was made is about; "" for every other event.
	Subject string
	// Flawed says that the record is no post as the lexicon has them; Post holds what could be read of it.
	Flawed bool
}

// Commit says which record of the account was changed.
type Commit struct {
	Rev        string `json:"rev"` // of the account's repository; each commit has its own
	Operation  string `json:"operation"`
	Collection string `json:"collection"`
	RKey       string `json:"rkey"`
}

// Account is what became of an account.
type Account struct {
	Active bool   `json:"active"`
	Status string `json:"status"` // why it is not active
}

// Gone says whether what the account had posted must not be shown any more: it was deleted, taken down, suspended or
// deactivated, or is inactive for a reason that is not told. The two other reasons are about the relay's own work and say
// nothing about the posts (com.atproto.sync.subscribeRepos#account).
func (a Account) Gone() bool {
	return !a.Active && a.Status != "desynchronized" && a.Status != "throttled"
}

// OfPost says whether the event is a commit to the collection of posts.
func (e *Event) OfPost() bool {
	return e.Kind == KindCommit && e.Commit.Collection == tweet.PostCollection
}

// URI is the at-uri of the post that the event is about; only of an event that is OfPost.
func (e *Event) URI() string { return tweet.PostURI(e.DID, e.Commit.RKey) }

// ErrNoEvent is wrapped by every error of ParseEvent but *ServerError: the bytes are no event that can be read whole.
var ErrNoEvent = errors.New("no event of Jetstream")

// ServerError is a frame in which the server says why it ends the stream, such as ConsumerTooSlow.
type ServerError struct {
	Name    string
	Message string
}

// Error gives both, as the server sent them; bound and quote it before it is shown.
func (e *ServerError) Error() string { return "the server says " + e.Name + ": " + e.Message }

// minTimeUS is the least time_us: Jetstream reads a smaller cursor as something else, a sequence number.
const minTimeUS = 1_000_000_000_000_000

type frame struct {
	Type    string         `json:"$type"`
	Error   jsontext.Value `json:"error"`
	Message jsontext.Value `json:"message"`

	DID     string   `json:"did"`
	TimeUS  int64    `json:"time_us"`
	Kind    string   `json:"kind"`
	Account *Account `json:"account"`
	Commit  *struct {
		Commit
		Record jsontext.Value `json:"record"`
	} `json:"commit"`
}

// ParseEvent reads a frame. Events of kinds, operations and collections that it does not know are events all the same.
// The error is a *ServerError or wraps ErrNoEvent; b is not kept. Where it wraps ErrPost as well, the event is there all
// the same and Flawed: it is one of the network, and only its post cannot be trusted.
func ParseEvent(b []byte) (Event, error) {
	var f frame
	if err := decode(b, &f); err != nil {
		return Event{}, fmt.Errorf("%w: it is no JSON object of that form", ErrNoEvent) // the cause may quote a post
	}
	if f.Type == "error" || f.Kind == "" && len(f.Error) > 0 {
		return Event{}, &ServerError{Name: text(f.Error), Message: text(f.Message)}
	}
	e := Event{DID: f.DID, TimeUS: f.TimeUS, Kind: f.Kind}
	switch {
	case f.Kind == "":
		return Event{}, fmt.Errorf("%w: it has no kind", ErrNoEvent)
	case !validDID(f.DID):
		return Event{}, fmt.Errorf("%w: its did is none", ErrNoEvent)
	case f.TimeUS < minTimeUS:
		return Event{}, fmt.Errorf("%w: its time_us is no time in microseconds", ErrNoEvent)
	case f.Kind == KindCommit && f.Commit == nil || f.Kind == KindAccount && f.Account == nil:
		return Event{}, fmt.Errorf("%w: what its kind announces is missing", ErrNoEvent)
	}
	if f.Kind == KindAccount {
		e.Account = *f.Account
	}
	if f.Kind != KindCommit {
		return e, nil
	}
	e.Commit = f.Commit.Commit
	if e.OfReaction() {
		return e.reaction(f.Commit.Record)
	}
	if !e.OfPost() {
		return e, nil
	}
	if !validRecordKey(e.Commit.RKey) {
		return Event{}, fmt.Errorf("%w: its rkey is none", ErrNoEvent)
	}
	if op := e.Commit.Operation; op != OperationCreate && op != OperationUpdate {
		return e, nil
	}
	post, err := parsePost(f.Commit.Record)
	e.Post = post
	if err != nil {
		e.Flawed = true
		return e, fmt.Errorf("%w: %w", ErrNoEvent, err)
	}
	return e, nil
}

func text(raw jsontext.Value) string {
	var s string
	if decode(raw, &s) != nil {
		return ""
	}
	return s
}
