// Package fault makes the broken lines of a stream: what a reader must survive
// and set aside. No line is empty, none holds a line end, and none is a post
// to a parser that keeps to RFC 8259.
//
// An in-stream errors object is not among them: that is a message of the
// protocol, which a reader acts upon.
package fault

import (
	"math/rand/v2"
	"strconv"
	"time"
)

const (
	// oversizedOneIn is how rare a line is that no reader should hold whole.
	oversizedOneIn = 200
	// oversizedBytes is above 1 MiB, the longest line a reader must take.
	oversizedBytes = 1<<20 + 4096
	// nesting is deeper than encoding/json follows (10,000 levels).
	nesting = 12_000

	epoch = 1288834974657 // as of X's ids, in Unix milliseconds
	// ownIDs keeps the ids in broken lines apart from those of posts.
	ownIDs = 1 << 21
)

// Maker makes broken lines. The same seed gives the same kinds in the same
// order; ids and times in them follow from the moments given. It is not safe
// for concurrent use.
type Maker struct {
	rng      *rand.Rand
	fraction float64
	sequence uint64
}

// New makes a Maker of which the given fraction (0 to 1) of all lines is to be
// broken.
func New(seed uint64, fraction float64) *Maker {
	return &Maker{rng: rand.New(rand.NewPCG(seed, 3)), fraction: fraction}
}

// Strikes decides whether the next line of the stream is a broken one.
func (m *Maker) Strikes() bool {
	return m.fraction > 0 && m.rng.Float64() < m.fraction
}

// Append appends one broken line without a line end.
func (m *Maker) Append(dst []byte, at time.Time) []byte {
	m.sequence++
	ms := uint64(max(at.UnixMilli()-epoch, 0))
	id := strconv.FormatUint(ms<<22|ownIDs|m.sequence&(ownIDs-1), 10)
	if m.rng.IntN(oversizedOneIn) == 0 {
		return oversized(dst, id)
	}
	kinds := kinds()
	return kinds[m.rng.IntN(len(kinds))](dst, id, m.rng)
}

type kind func(dst []byte, id string, rng *rand.Rand) []byte

func kinds() []kind {
	return []kind{
		truncated, invalidUTF8, html, array, number, withoutData, withoutID, idOfWrongType, unknownMessage, nested, nul,
	}
}

const body = `"text":"Simulated #cat, but broken","created_at":"2026-01-01T00:00:00.000Z","author_id":"1"`

func truncated(dst []byte, id string, rng *rand.Rand) []byte {
	whole := `{"data":{"id":"` + id + `","edit_history_tweet_ids":["` + id + `"],` + body + `},"matching_rules":[{"id":"1"}]}`
	return append(dst, whole[:1+rng.IntN(len(whole)-1)]...)
}

func invalidUTF8(dst []byte, id string, _ *rand.Rand) []byte {
	return append(dst, `{"data":{"id":"`+id+`","edit_history_tweet_ids":["`+id+"\"],\"text\":\"Simulated #cat \xff\xfe \xc3( \xed\xa0\x80\"},\"matching_rules\":[{\"id\":\"1\"}]}"...)
}

func html(dst []byte, _ string, _ *rand.Rand) []byte {
	return append(dst, `<!DOCTYPE html><html><head><title>503 Service Unavailable</title></head><body>Over capacity (simulated)</body></html>`...)
}

func array(dst []byte, id string, _ *rand.Rand) []byte {
	return append(dst, `[{"data":{"id":"`+id+`",`+body+`}}]`...)
}

func number(dst []byte, id string, _ *rand.Rand) []byte { return append(dst, id...) }

func withoutData(dst []byte, _ string, _ *rand.Rand) []byte {
	return append(dst, `{"includes":{"users":[{"id":"1","name":"Nobody (simulated)","username":"sim_nobody"}]},"matching_rules":[{"id":"1"}]}`...)
}

func withoutID(dst []byte, _ string, _ *rand.Rand) []byte {
	return append(dst, `{"data":{`+body+`},"matching_rules":[{"id":"1"}]}`...)
}

func idOfWrongType(dst []byte, id string, rng *rand.Rand) []byte {
	values := []string{id, "null", "{}", `["` + id + `"]`, "true"}
	return append(dst, `{"data":{"id":`+values[rng.IntN(len(values))]+`,`+body+`},"matching_rules":[{"id":"1"}]}`...)
}

func unknownMessage(dst []byte, id string, _ *rand.Rand) []byte {
	return append(dst, `{"foo":{"bar":"`+id+`"}}`...)
}

func nested(dst []byte, _ string, _ *rand.Rand) []byte {
	dst = append(dst, `{"data":`...)
	dst = repeat(dst, '[', nesting)
	dst = repeat(dst, ']', nesting)
	return append(dst, '}')
}

func nul(dst []byte, id string, _ *rand.Rand) []byte {
	return append(dst, `{"data":{"id":"`+id+"\",\"text\":\"Simulated \x00\x00 #cat\"},\"matching_rules\":[{\"id\":\"1\"}]}"...)
}

// oversized is a post in every respect but its size.
func oversized(dst []byte, id string) []byte {
	dst = append(dst, `{"data":{"id":"`+id+`","edit_history_tweet_ids":["`+id+`"],"text":"`...)
	dst = repeat(dst, 'm', oversizedBytes)
	return append(dst, `"},"matching_rules":[{"id":"1"}]}`...)
}

func repeat(dst []byte, b byte, n int) []byte {
	for range n {
		dst = append(dst, b)
	}
	return dst
}
