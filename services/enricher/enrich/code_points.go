package enrich

import "unicode/utf8"

// place finds code points in a text: where the last one that was asked for is, and so those behind it in short steps.
type place struct {
	point, byte int
	back        int     // how often an earlier one was asked for
	offsets     []int32 // of each code point and of the end, once that has happened too often
}

// maxBack is how often the way is gone again from the beginning. Entities come in the order of the text, kind by kind; a
// list in reverse order, as long as the text, would cost its square.
const maxBack = 8

// of returns the byte at which the code point with this number begins, or the end of text when it is how many there are.
// It says false for numbers beyond that. It must be asked about one text only.
func (p *place) of(text string, point int) (int, bool) {
	if point < p.point && p.offsets == nil {
		p.point, p.byte = 0, 0
		if p.back++; p.back > maxBack {
			p.offsets = codePoints(text)
		}
	}
	if p.offsets != nil {
		if point >= len(p.offsets) {
			return 0, false
		}
		return int(p.offsets[point]), true
	}
	at := p.byte
	for n := p.point; n < point; n++ {
		switch {
		case at >= len(text):
			return 0, false
		case text[at] < utf8.RuneSelf:
			at++
		default:
			_, size := utf8.DecodeRuneInString(text[at:])
			at += size
		}
	}
	p.point, p.byte = point, at
	return at, true
}

// codePoints returns where each code point of text begins, and its end.
func codePoints(text string) []int32 {
	offsets := make([]int32, 0, len(text)+1)
	for i := range text {
		offsets = append(offsets, int32(i))
	}
	return append(offsets, int32(len(text)))
}
