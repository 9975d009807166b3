package tweet

import "time"

// TID is a timestamp identifier of the AT Protocol, which names most of its records (https://atproto.com/specs/tid): 53
// bits of microseconds since the Unix epoch, then 10 bits that tell apart what was made in the same one. The author's
// software chooses it, so it is a claim, but one that stays with the record for good.
type TID uint64

// tidAlphabet is base32 in an order that sorts as the numbers do.
const tidAlphabet = "234567abcdefghijklmnopqrstuvwxyz"

// tidLength is how many letters every TID has.
const tidLength = 13

// ParseTID reads a TID as it stands in a record key. It says false for any other key.
func ParseTID(key string) (TID, bool) {
	if len(key) != tidLength {
		return 0, false
	}
	n := uint64(0)
	for i := range len(key) {
		digit := tidDigit(key[i])
		// 13 letters hold 65 bits, so the first is one of the lower half.
		if digit < 0 || i == 0 && digit > 15 {
			return 0, false
		}
		n = n<<5 | uint64(digit)
	}
	return TID(n), true
}

func tidDigit(b byte) int {
	switch {
	case '2' <= b && b <= '7':
		return int(b - '2')
	case 'a' <= b && b <= 'z':
		return int(b-'a') + 6
	default:
		return -1
	}
}

// String writes the TID as ParseTID reads it.
func (t TID) String() string {
	var b [tidLength]byte
	for i := tidLength - 1; i >= 0; i-- {
		b[i] = tidAlphabet[t&31]
		t >>= 5
	}
	return string(b[:])
}

// Time is the moment that the TID claims, in UTC.
func (t TID) Time() time.Time { return time.UnixMicro(int64(t >> 10)).UTC() }
