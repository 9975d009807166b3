package xstream

import (
	"time"

	"catsvdogs/services/pipeline/tweet"
)

// Bounds on pages in a row that each promise another one and bring nothing: those without posts, which X is known to
// send, and those with posts that are not older than what has come, which no search that ends has many of.
const (
	maxEmptyPages = 50
	maxSamePages  = 3
)

// cursor is the search of one rule: the posts that were read and not handed out yet, newest first, and how to go on.
type cursor struct {
	rule  Rule
	query string
	span  span // as asked for; a token is good for the same range only

	posts  []found
	next   string
	begun  bool
	oldest uint64 // id that came; 0 for none
	empty  int    // pages in a row
	same   int    // pages in a row with posts, none of them older
}

// needsPage says that nothing is left of what was read and that there may be more.
func (c *cursor) needsPage() bool { return len(c.posts) == 0 && (!c.begun || c.next != "") }

// took takes an answer over. moved says that the search got on, endless that it promises for ever and is ended.
func (c *cursor) took(p page) (moved, endless bool) {
	before := c.next
	c.begun, c.posts, c.next = true, p.posts, p.next
	switch n := len(p.posts); {
	case n == 0:
		c.empty++
	case c.oldest == 0 || p.posts[n-1].id < c.oldest:
		c.oldest, c.empty, c.same, moved = p.posts[n-1].id, 0, 0, true
	default:
		c.same++
	}
	if c.next == "" {
		return true, false
	}
	if c.next == before || c.empty >= maxEmptyPages || c.same >= maxSamePages {
		c.next = ""
		return moved, true
	}
	return moved, false
}

// merge brings the searches of all rules together, so that a post that several of them find comes once, with all of
// them. Searches answer newest first; of the posts at hand the newest comes next, when every rule has one at hand or is
// done. A page for each rule is all that it holds.
type merge struct {
	span
	cursors      []*cursor
	unsearchable map[string]string // rules that cannot be searched for, with the reason
	progressed   bool              // a search got on since this was last cleared
}

func newMerge(s span, rules []Rule, maxQuery int) *merge {
	m := &merge{span: s, unsearchable: map[string]string{}}
	for _, r := range rules {
		query, err := searchQuery(r.Value, maxQuery)
		if err != nil {
			m.unsearchable[r.Value] = err.Error()
			continue
		}
		m.cursors = append(m.cursors, &cursor{rule: r, query: query, span: s})
	}
	return m
}

// pending returns a cursor that needs a page before the next post can be told, nil for none.
func (m *merge) pending() *cursor {
	for _, c := range m.cursors {
		if c.needsPage() {
			return c
		}
	}
	return nil
}

// pop returns the newest post at hand with the rules that found it, and false at the end. Call it when nothing is
// pending. What remains of the span ends there.
func (m *merge) pop() (found, []Rule, bool) {
	var newest *found
	for _, c := range m.cursors {
		if len(c.posts) > 0 && (newest == nil || c.posts[0].id > newest.id) {
			newest = &c.posts[0]
		}
	}
	if newest == nil {
		return found{}, nil, false
	}
	post := *newest
	var rules []Rule
	for _, c := range m.cursors {
		if len(c.posts) > 0 && c.posts[0].id == post.id {
			rules = append(rules, c.rule)
			c.posts = c.posts[1:]
		}
	}
	if at, ok := tweet.SnowflakeTime(post.ID); ok && at.Before(m.until) {
		m.until = at.Truncate(time.Millisecond)
	}
	return post, rules, true
}

// drop gives the search of one rule up.
func (m *merge) drop(c *cursor) {
	for i, other := range m.cursors {
		if other == c {
			m.cursors = append(m.cursors[:i:i], m.cursors[i+1:]...)
			return
		}
	}
}

// restart begins all searches anew, with what remains of the span: a token may not outlive a failure.
func (m *merge) restart() {
	for _, c := range m.cursors {
		*c = cursor{rule: c.rule, query: c.query, span: m.span}
	}
}
