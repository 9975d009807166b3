package ledger

import (
	"bytes"
	"slices"

	"catsvdogs/services/ledger/account"
)

// mostStamps bounds the records of a partition that are remembered until the archive has them, some 200 bytes each. What
// waits in greater number is read from Kafka once more.
const mostStamps = 4_000

// stamps are the latest committed records of a partition, from an offset on without one missing, so that the archive can be
// held against what was just read. The zero value has none.
type stamps struct {
	hasBegun bool
	from     int64 // every record from here on is in kept
	kept     []account.Stamp
}

// take takes the next record; none lies between next and it.
func (s *stamps) take(next int64, one account.Stamp) {
	if !s.hasBegun {
		s.hasBegun, s.from = true, next
	}
	one.Key = bytes.Clone(one.Key) // otherwise it holds the whole batch that it came in
	if len(s.kept) == mostStamps {
		half := mostStamps / 2
		s.from = s.kept[half-1].Offset + 1
		s.kept = slices.Clone(s.kept[half:])
	}
	s.kept = append(s.kept, one)
}

// cover forgets what lies before an offset.
func (s *stamps) cover(to int64) {
	s.from = max(s.from, to)
	s.kept = s.kept[s.search(to):]
	if len(s.kept) == 0 {
		s.kept = nil
	}
}

func (s *stamps) search(offset int64) int {
	n, _ := slices.BinarySearchFunc(s.kept, offset, func(one account.Stamp, o int64) int {
		if one.Offset < o {
			return -1
		}
		return 1
	})
	return n
}

// between are the records from an offset on and before another; false when some of them may have been forgotten.
func (s *stamps) between(from, to int64) (some []account.Stamp, ok bool) {
	if !s.hasBegun || from < s.from {
		return nil, false
	}
	return s.kept[s.search(from):s.search(to)], true
}
