package account

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
	"time"
)

// Line is a line that the source handed over, as its truth says.
type Line struct {
	N          int64
	HandedAt   time.Time // zero when it is not told
	ID         string    // of this version of the post; "" when the line has none
	FirstID    string
	Kind       string // post, edit, duplicate, malformed and the like
	By         string // stream, backfill, search, lookup; "" is stream
	Connection string
	Digest     Digest // of the line's bytes; zero when it is not told
	Cut        bool   // the connection ended so that it may never have been read
}

// Arrival is a record of tweets.raw that claims to be of the simulator.
type Arrival struct {
	Place    Place
	Digest   Digest
	Key      string // first id
	ID       string // of the version in the value; "" for what cannot be read
	Within   string // an id that a value tells which breaks off behind it: of a line that was handed over, and has not arrived
	IsBroken bool   // the value is no JSON: a line that was made so, or the beginning of one
	Kind     string // stream, refresh, delete, gap
	Observed time.Time
}

// isPiece says that a record is a beginning of a line which tells nothing of its post.
func (a *Arrival) isPiece() bool { return a.IsBroken && a.Key == "" && a.ID == "" && a.Within == "" }

// Handed holds what the source handed over against what is in tweets.raw: each line at least once, by its bytes or by the
// post's id, and nothing that was never handed over. What was only looked up need not be written, but what was written
// must have been handed over. The zero value is of use once Most is set.
//
// A beginning of a line that breaks off before its id is of no line that anybody could name. Each connection that the truth
// says to have ended within what it was handed may leave one, at about that time; any other is unattributed.
type Handed struct {
	Most int // lines and records that are remembered to match later ones; some 100 bytes each

	Lines, Arrived, Cut, Unmatchable int64 // Unmatchable have neither id nor digest
	Pieces                           int64 // records that are a piece of a line, by the ends of connections

	since            time.Time // when the first line was handed over
	handed, arrived  memory
	awaited          map[int64]*awaited // by how many came before
	waiting          map[uint64][]int64 // names to those
	unclaimed        map[Place]*unclaimed
	unclaimedByNames map[uint64][]Place
	Dropped          int64 // awaited lines that were forgotten because there were too many

	ends          []end     // of connections, in the order in which they are told
	endsForgotten time.Time // ends of before may be missing
}

// end is the end of a connection within what it was handed.
type end struct {
	connection string
	at         time.Time
	left       bool // a piece of it was seen
}

// endWindow is how far apart the source and its client may notice that a connection has ended.
const endWindow = time.Minute

type awaited struct {
	line   Line
	rounds int
}

type unclaimed struct {
	of     Arrival
	rounds int
}

func (u *unclaimed) names() []uint64 { return names(u.of.Digest, u.of.ID, u.of.Key, u.of.Within) }

// names are what a line or a record may be recognised by.
func names(d Digest, ids ...string) (n []uint64) {
	if d != (Digest{}) {
		n = append(n, binary.LittleEndian.Uint64(d[:]))
	}
	for _, id := range ids {
		if id != "" {
			sum := sha256.Sum256([]byte("id " + id))
			n = append(n, binary.LittleEndian.Uint64(sum[:]))
		}
	}
	return n
}

// Hand takes a line.
func (h *Handed) Hand(l Line) {
	if h.awaited == nil {
		h.awaited, h.waiting = map[int64]*awaited{}, map[uint64][]int64{}
	}
	h.Lines++
	if l.Kind == "partial" {
		h.ended(l.Connection, l.HandedAt)
	}
	if !l.HandedAt.IsZero() && (h.since.IsZero() || l.HandedAt.Before(h.since)) {
		h.since = l.HandedAt
	}
	for _, n := range names(l.Digest, l.ID, l.FirstID) {
		h.handed.add(n, h.Most, l.HandedAt)
		for _, place := range slices.Clone(h.unclaimedByNames[n]) {
			h.claim(place)
		}
	}
	own := names(l.Digest, l.ID)
	switch {
	case len(own) == 0:
		h.Unmatchable++
		return
	case l.By != "" && l.By != "stream" && h.arrived.hasForgotten:
		h.Unmatchable++ // its post may have come long ago
		return
	case l.By == "lookup", l.Kind == "partial", slices.ContainsFunc(own, h.arrived.has):
		return // what was only looked up, and what a connection's end has cut, need not be there
	case len(h.awaited) >= h.Most:
		h.Dropped++
		return
	}
	h.awaited[h.Lines] = &awaited{line: l} // not by N: a simulator that begins anew counts anew
	for _, n := range own {
		h.waiting[n] = append(h.waiting[n], h.Lines)
	}
}

// ended takes note that a connection has ended within a line. It may be told more than once.
func (h *Handed) ended(connection string, at time.Time) {
	if connection == "" || at.IsZero() || slices.ContainsFunc(h.ends, func(e end) bool { return e.connection == connection }) {
		return
	}
	if len(h.ends) >= mostEnds {
		h.endsForgotten = h.ends[0].at
		h.ends = h.ends[1:]
	}
	h.ends = append(h.ends, end{connection: connection, at: at})
}

// mostEnds bounds the ends of connections that are remembered.
const mostEnds = 1000

// leftPiece says whether a connection has ended when a piece was observed, and takes the end that is the nearest.
func (h *Handed) leftPiece(observed time.Time) bool {
	best := -1
	for i, e := range h.ends {
		if away := e.at.Sub(observed).Abs(); !e.left && away <= endWindow && (best < 0 || away < h.ends[best].at.Sub(observed).Abs()) {
			best = i
		}
	}
	if best >= 0 {
		h.ends[best].left = true
	}
	return best >= 0
}

// CutOff says that of a connection, which has ended at a time, nothing behind a line is sure to have been read.
func (h *Handed) CutOff(connection string, after int64, at time.Time) {
	h.ended(connection, at)
	for _, a := range h.awaited {
		if a.line.N > after && a.line.Connection == connection {
			a.line.Cut = true
		}
	}
}

// Arrive takes a record of tweets.raw.
func (h *Handed) Arrive(a Arrival) {
	h.Arrived++
	own := names(a.Digest, a.ID)
	for _, n := range own {
		h.arrived.add(n, h.Most, a.Observed)
		for _, line := range h.waiting[n] {
			h.satisfy(line)
		}
	}
	switch {
	case a.Kind == "delete", a.Kind == "gap", !h.since.IsZero() && a.Observed.Before(h.since):
		return
	case a.Observed.Before(h.handed.forgotten), a.Kind == "refresh" && h.handed.hasForgotten:
		return // whether it was handed over nobody knows any more
	}
	u := &unclaimed{of: a}
	own = u.names()
	if slices.ContainsFunc(own, h.handed.has) || len(h.unclaimed) >= h.Most {
		return
	}
	if h.unclaimed == nil {
		h.unclaimed, h.unclaimedByNames = map[Place]*unclaimed{}, map[uint64][]Place{}
	}
	h.unclaimed[a.Place] = u
	for _, n := range own {
		h.unclaimedByNames[n] = append(h.unclaimedByNames[n], a.Place)
	}
}

// claim forgets a record that nobody had handed over so far.
func (h *Handed) claim(place Place) {
	u := h.unclaimed[place]
	if u == nil {
		return
	}
	delete(h.unclaimed, place)
	for _, n := range u.names() {
		h.unclaimedByNames[n] = slices.DeleteFunc(h.unclaimedByNames[n], func(of Place) bool { return of == place })
		if len(h.unclaimedByNames[n]) == 0 {
			delete(h.unclaimedByNames, n)
		}
	}
}

func (h *Handed) satisfy(which int64) {
	a := h.awaited[which]
	if a == nil {
		return
	}
	delete(h.awaited, which)
	for _, n := range names(a.line.Digest, a.line.ID) {
		h.waiting[n] = slices.DeleteFunc(slices.Clone(h.waiting[n]), func(of int64) bool { return of == which })
		if len(h.waiting[n]) == 0 {
			delete(h.waiting, n)
		}
	}
}

// Judge ends a round. Lines that were handed over since before are on their way, and no loss; those since limit, unless it
// is zero, are none of the round's business.
func (h *Handed) Judge(before, limit time.Time) (pending int64, found []Finding) {
	for _, n := range slices.SortedFunc(maps.Keys(h.awaited), cmp.Compare) {
		a := h.awaited[n]
		switch {
		case !limit.IsZero() && !a.line.HandedAt.Before(limit):
		case a.line.Cut:
			h.Cut++
			h.satisfy(n) // it is allowed to be missing; should it come after all, that is well
		case a.line.HandedAt.After(before):
			pending++
		default:
			if a.rounds++; a.rounds < confirmed {
				pending++
				continue
			}
			found = append(found, Nowhere(Lost, a.line.FirstID, fmt.Sprintf("line %d, a %s by %s of connection %q, handed over %s", a.line.N, a.line.Kind, cmp.Or(a.line.By, "stream"), a.line.Connection, a.line.HandedAt.UTC().Format(time.RFC3339Nano))))
		}
	}
	for place, u := range h.unclaimed {
		isPiece := u.of.isPiece()
		if u.of.Observed.Before(h.since) || h.since.IsZero() || isPiece && u.of.Observed.Before(h.endsForgotten.Add(endWindow)) {
			h.claim(place) // the truth does not go back that far
			continue
		}
		if isPiece && h.leftPiece(u.of.Observed) {
			h.claim(place)
			h.Pieces++
			continue
		}
		if u.rounds++; u.rounds < confirmed {
			pending++
			continue
		}
		if isPiece {
			found = append(found, place.finding(Unattributed, "", "it breaks off before its id, and the truth tells of no connection that ended then"))
			continue
		}
		found = append(found, place.finding(Invented, u.of.Key, "kind "+u.of.Kind))
	}
	return pending, found
}

// memory remembers the latest names; between one and two times as many as it is told.
type memory struct {
	young, old   map[uint64]struct{}
	hasForgotten bool
	forgotten    time.Time // names from before are not remembered
	turned       time.Time // when old became old
}

func (m *memory) add(n uint64, most int, at time.Time) {
	if m.young == nil || len(m.young) >= most {
		if m.old != nil {
			m.hasForgotten, m.forgotten = true, m.turned
		}
		m.old, m.young, m.turned = m.young, map[uint64]struct{}{}, at
	}
	m.young[n] = struct{}{}
}

func (m *memory) has(n uint64) bool {
	if _, ok := m.young[n]; ok {
		return true
	}
	_, ok := m.old[n]
	return ok
}
