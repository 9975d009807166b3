package xapi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"path"
	"strings"

	"catsvdogs/services/pipeline/tweet"
)

const lookupPath = "/2/tweets"

// MaxLookup is how many posts X looks up at once, and LookupLimit how many such requests it allows an app in LimitWindow
// (docs.x.com, "Posts lookup" and "Rate limits").
const (
	MaxLookup   = 100
	LookupLimit = 3500
)

// Last path segments of the types of problems that say that a post is gone for us: its author, or X, has taken it away, or
// shows it to others only. Any other says nothing about the post.
const (
	NotFound      = "resource-not-found"
	NotAuthorized = "not-authorized-for-resource"
)

// maxProblemBytes bounds what is kept of X's words on one post.
const maxProblemBytes = 4 << 10

// ErrIDs is wrapped when the ids of a lookup are not such as X takes.
var ErrIDs = errors.New("a lookup takes 1 to 100 ids of posts")

// Missing is a post that X did not give, with what it said.
type Missing struct {
	ID   string
	Type string // last path segment of the problem's type; "" when it has none
	// Problem is X's problem as it came, a JSON object on one line, for a record of the deletion; nil when it is over 4 KiB.
	Problem json.RawMessage
}

// Gone says whether the post is to be deleted here as well.
func (m Missing) Gone() bool { return m.Type == NotFound || m.Type == NotAuthorized }

// Looked is what a lookup has told. Each id that was asked for is in exactly one of the lists, once.
type Looked struct {
	Found      []Post
	Missing    []Missing
	Unanswered []string // ids about which the answer says nothing
}

// lookupAnswer is X's answer to GET /2/tweets: what is missing is told beside what was found, with status 200.
type lookupAnswer struct {
	Data     []json.RawMessage `json:"data"`
	Includes Includes          `json:"includes"`
	Errors   []json.RawMessage `json:"errors"`
}

// Lookup asks for posts by the ids of versions of them, at most MaxLookup, with Fields. A request that fails as a whole is
// a *Failure; ids that X cannot take are ErrIDs, and nothing is sent. What the answer says about other posts is passed
// over: about those that a post refers to, or about none that was asked for.
//
// An answer is evidence about each post, no verdict: X has reported posts as not found that were there. Whether a post is
// deleted because of it is the caller's to decide.
func (c *Client) Lookup(ctx context.Context, ids []string) (Looked, error) {
	const doing = "look posts up"
	asked, err := checkIDs(ids)
	if err != nil {
		return Looked{}, fmt.Errorf("%s: %w", doing, err)
	}
	query := c.Fields()
	query.Set("ids", strings.Join(asked, ","))
	var answer lookupAnswer
	if err := c.Call(ctx, doing, http.MethodGet, lookupPath, query, nil, &answer); err != nil {
		return Looked{}, err
	}
	return answer.sort(asked, c.Hide), nil
}

// checkIDs returns the ids, each once.
func checkIDs(ids []string) ([]string, error) {
	seen := make(map[string]bool, len(ids))
	var asked []string
	for _, id := range ids {
		if !tweet.ValidXID(id) {
			return nil, fmt.Errorf("%w: %q is none", ErrIDs, Printable(id))
		}
		if !seen[id] {
			seen[id] = true
			asked = append(asked, id)
		}
	}
	if len(asked) < 1 || len(asked) > MaxLookup {
		return nil, fmt.Errorf("%w: these are %d", ErrIDs, len(asked))
	}
	return asked, nil
}

// sort files the answer under the ids that were asked for. A post that is there is there, whatever else is said of it.
func (a *lookupAnswer) sort(asked []string, hide func(string) string) Looked {
	open := make(map[string]bool, len(asked))
	for _, id := range asked {
		open[id] = true
	}
	var l Looked
	for _, p := range Posts(a.Data, a.Includes) {
		if open[p.ID] {
			delete(open, p.ID)
			l.Found = append(l.Found, p)
		}
	}
	for _, text := range a.Errors {
		if m := readMissing(text, hide); open[m.ID] {
			delete(open, m.ID)
			l.Missing = append(l.Missing, m)
		}
	}
	for _, id := range asked {
		if open[id] {
			l.Unanswered = append(l.Unanswered, id)
		}
	}
	return l
}

// readMissing reads a problem with a post that was asked for; its ID is "" when it is about something else. One with a
// medium, a user or a post that is referred to may have the id of a post, too.
func readMissing(text json.RawMessage, hide func(string) string) Missing {
	var p struct {
		Type      string `json:"type"`
		Kind      string `json:"resource_type"`
		ID        string `json:"resource_id"`
		Value     string `json:"value"`
		Parameter string `json:"parameter"`
		Section   string `json:"section"`
	}
	if json.Unmarshal(text, &p) != nil || p.Section == "includes" || p.Parameter != "" && p.Parameter != "ids" && p.Parameter != "id" {
		return Missing{}
	}
	if p.Kind != "" && p.Kind != "tweet" && p.Kind != "post" {
		return Missing{}
	}
	m := Missing{ID: p.ID}
	if m.ID == "" {
		m.ID = p.Value
	}
	if p.Type != "" && p.Type != "about:blank" {
		m.Type = Printable(hide(path.Base(p.Type)))
	}
	if line := oneLine(text); len(line) <= maxProblemBytes && hide(string(line)) == string(line) {
		m.Problem = line
	}
	return m
}
