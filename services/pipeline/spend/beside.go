package spend

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// unseenWindow is twice as long as it takes until a process knows what the other one has spent: a second until that is
// written, another until the broker has it, some until it is read.
//
// Two processes keep one budget without asking each other if each keeps free, beside what it knows to be spent, as much as
// it has spent itself within this time (recent). For what A has spent and B does not know of, A has kept as much free; so
// A and B may both spend at once, each without knowing of the other's, and fit. Let A spend last, at t, and B before it, at
// s: A knew of all but u of B's posts and kept a free, all that it has spent since s and in the lag before; B knew of all
// but at most a of A's, and kept at least u free. The sum of both inequalities says that both together are within the
// budget. What a process has not told yet because it is so little (ingest tells after 20 posts) is covered by flightPosts.
const unseenWindow = 12 * time.Second

// beside is what the other process has told.
type beside struct {
	posts  int64 // billed to it
	others int64 // of other apps, as far as X has told it
	at     time.Time
}

// besides takes over what the other process has told at a time. Posts that it had read before X told its count are in that
// count, and counted as others there as long as nobody knew better.
func (a *account) besides(posts, others int64, at time.Time) {
	if more := posts - a.beside.posts; more > 0 {
		switch {
		case !at.After(a.toldAt):
			a.others = max(0, a.others-more)
		case a.beside.at.Before(a.toldAt):
			a.unsure += more // some of them; the next answer of X tells
		}
		a.beside.posts = posts // never less: an older count may come after a newer one
	}
	a.beside.others = others
	if at.After(a.beside.at) {
		a.beside.at = at
	}
}

// Beside tells the governor what another process has spent from the same budgets, as that counts it; the zero Count for
// nothing. X's own count covers both.
func (g *Governor) Beside(c Count) {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.opts.Now()
	g.turn(now)
	g.shared = true
	at := c.At
	c = c.On(now)
	g.accounts[0].besides(c.Day, c.DayOthers, at)
	g.accounts[1].besides(c.Month, c.MonthOthers, at)
	g.show()
}

var errNoCount = errors.New("read what was billed: there is no count")

// ReadCount reads the count in what a process has saved for the next one: a JSON object with the count under "billed",
// whatever else is in it.
func ReadCount(saved []byte) (Count, error) {
	var s struct {
		Billed *Count `json:"billed"`
	}
	if err := json.Unmarshal(saved, &s); err != nil {
		return Count{}, fmt.Errorf("read what was billed: %w", err)
	}
	if s.Billed == nil {
		return Count{}, errNoCount
	}
	return s.Billed.Bounded(), nil
}
