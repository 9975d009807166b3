package world

import "time"

// epoch is X's first millisecond, 4 November 2010: an id is the milliseconds
// since then, shifted by 22 bits, and a number within the millisecond.
// https://docs.x.com/fundamentals/x-ids
const epoch = 1288834974657

const (
	sequenceBits = 22
	// Parts of the sequence that keep ids of other things out of the way of
	// ids of posts.
	referredBit = 1 << 19
	mediaBit    = 1 << 20
	sequenceMax = 1<<16 - 1
)

// mint gives ids that strictly increase, also when the clock does not.
type mint struct {
	ms  int64
	seq uint64
}

func (m *mint) next(at time.Time) uint64 {
	ms := at.UnixMilli()
	switch {
	case ms > m.ms:
		m.ms, m.seq = ms, 0
	case m.seq == sequenceMax:
		m.ms, m.seq = m.ms+1, 0
	default:
		m.seq++
	}
	return snowflake(m.ms, m.seq)
}

// Minted says whether an id has the form of those that posts of a world have: a
// moment after X's first, and a number within it that no other thing has.
func Minted(id uint64) bool {
	return id>>sequenceBits > 0 && id&(1<<sequenceBits-1) <= sequenceMax
}

// FirstID is the smallest id of a moment; no post that was made before has it.
func FirstID(at time.Time) uint64 { return snowflake(at.UnixMilli(), 0) }

// TimeOf is the moment of an id, to the millisecond.
func TimeOf(id uint64) time.Time {
	return time.UnixMilli(int64(id>>sequenceBits) + epoch).UTC()
}

func snowflake(ms int64, seq uint64) uint64 {
	return uint64(max(ms-epoch, 0))<<sequenceBits | seq
}
