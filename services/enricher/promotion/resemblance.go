package promotion

// A text with one word in wordsAChange changed, put in or left out is still the same text, up to maxChanges. Advertisers
// put another name or price into theirs; a short sentence in which every tenth word is another one is another sentence.
const (
	wordsAChange = 8
	maxChanges   = 3
)

// resembles says whether two texts are the same, word for word or nearly. It is the same both ways.
func (s *sequence) resembles(other *sequence) bool {
	if *s == *other {
		return true
	}
	allowed := min(maxChanges, int(min(s.count, other.count))/wordsAChange)
	return within(allowed, s.words[:s.count], other.words[:other.count])
}

// within says whether a becomes b by at most allowed words changed, put in or left out. For each number of changes and each
// shift between a and b it keeps how far that leads (Ukkonen 1985, Algorithms for Approximate String Matching), so texts
// that differ early are done early.
func within(allowed int, a, b []uint8) bool {
	shift := len(b) - len(a)
	if shift > allowed || -shift > allowed {
		return false
	}
	const middle = maxChanges + 1 // the place of shift 0; one more place at both ends is never reached
	var reach, next [2*maxChanges + 3]int
	for i := range reach {
		reach[i] = -2
	}
	reach[middle] = -1 // as if one word before the beginning had been changed
	for changes := 0; changes <= allowed; changes++ {
		for i := range next {
			next[i] = -2
		}
		for d := -changes; d <= changes; d++ {
			i := middle + d
			at := min(max(reach[i]+1, reach[i+1]+1, reach[i-1]), len(a), len(b)-d) // changed, left out, put in
			if at < 0 || at+d < 0 {
				continue
			}
			for at < len(a) && at+d < len(b) && a[at] == b[at+d] {
				at++
			}
			if d == shift && at == len(a) {
				return true
			}
			next[i] = at
		}
		reach = next
	}
	return false
}
