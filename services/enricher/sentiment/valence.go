package sentiment

const (
	// shoutStep is what ALL CAPS add to a word, as the authors measured it.
	shoutStep = 0.733
	// negationFactor turns a negated word round and weakens it: "not good" is
	// less bad than "bad".
	negationFactor = -0.74
	// neverSoFactor strengthens what "never so" or "never this" precedes.
	neverSoFactor = 1.25
)

// sentence is the text as the rules see it.
type sentence struct {
	words     []word
	someShout bool
}

// Products are converted to float64 wherever a sum may follow: the compiler may
// otherwise fuse the two on some processors, with another last bit, and the
// reference decides by exact zero and exact equality.

// valence is what word i adds to the sentence: its own valence, changed by up to
// three words before it and two after; 0 for a word without one.
func (a *Analyzer) valence(s sentence, i int) float64 {
	w := s.words[i]
	if !w.listed || w.is("kind") && s.at(i+1, "of") {
		return 0
	}
	v := s.ownValence(i)
	for distance := 1; distance <= 3 && distance <= i; distance++ {
		before := s.words[i-distance]
		// A word with a valence of its own counts for itself and changes no other.
		if before.listed {
			continue
		}
		v += s.degree(before, distance, v)
		v = s.negate(v, i, distance)
		if distance == 3 {
			v = a.idiom(v, s.words, i)
		}
	}
	if s.at(i-1, "least") && !s.at(i-2, "at") && !s.at(i-2, "very") {
		v = float64(v * negationFactor)
	}
	return v
}

// ownValence is the valence of word i with its capitals and with "no", which is
// a negative word on its own and a negation beside another listed word.
func (s sentence) ownValence(i int) float64 {
	w := s.words[i]
	v := w.valence
	if w.is("no") && i+1 < len(s.words) && s.words[i+1].listed {
		v = 0
	}
	if s.at(i-1, "no") || s.at(i-2, "no") || s.at(i-3, "no") && (s.at(i-1, "or") || s.at(i-1, "nor")) {
		v = float64(w.valence * negationFactor)
	}
	if w.shouted && s.someShout {
		v += awayFromZero(shoutStep, v)
	}
	return v
}

// degree is what the degree adverb w, some words before a word of valence v,
// adds to that valence; 0 if w is not one. It fades with the distance.
func (s sentence) degree(w word, distance int, v float64) float64 {
	if w.degree == 0 {
		return 0
	}
	d := w.degree
	if v < 0 {
		d = -d
	}
	if w.shouted && s.someShout {
		d += awayFromZero(shoutStep, v)
	}
	switch distance {
	case 2:
		d *= 0.95
	case 3:
		d *= 0.9
	}
	return float64(d)
}

// awayFromZero gives step the sign of v, minus for 0.
func awayFromZero(step, v float64) float64 {
	if v > 0 {
		return step
	}
	return -step
}

// negate applies what the word at a distance before word i does to its valence
// as a negation.
func (s sentence) negate(v float64, i, distance int) float64 {
	neverSo, withoutDoubt := false, false
	switch before := s.words[i-distance]; distance {
	case 2:
		neverSo = before.is("never") && s.soOrThis(i-1)
		withoutDoubt = before.is("without") && s.at(i-1, "doubt")
	case 3:
		// The reference surely meant "never" and then one of two places, but it has
		// no brackets: right before the word, "so" or "this" strengthens alone.
		neverSo = before.is("never") && s.soOrThis(i-2) || s.soOrThis(i-1)
		withoutDoubt = before.is("without") && (s.at(i-2, "doubt") || s.at(i-1, "doubt"))
	}
	switch {
	case neverSo:
		return float64(v * neverSoFactor)
	case withoutDoubt:
		return v
	case s.words[i-distance].negates:
		return float64(v * negationFactor)
	default:
		return v
	}
}

// idiom replaces the valence v of word i if it is part of an idiom, and softens
// it after "kind of" and the like. Needs three words before i.
func (a *Analyzer) idiom(v float64, words []word, i int) float64 {
	// The order matters: the first found holds, and runs that go on after the
	// word overrule it.
	for _, run := range [...][]word{words[i-1 : i+1], words[i-2 : i+1], words[i-2 : i], words[i-3 : i], words[i-3 : i-1]} {
		if value, ok := a.idioms.lookup(run); ok {
			v = value
			break
		}
	}
	for end := i + 2; end <= i+3 && end <= len(words); end++ {
		if value, ok := a.idioms.lookup(words[i:end]); ok {
			v = value
		}
	}
	for _, run := range [...][]word{words[i-3 : i-1], words[i-2 : i]} {
		if value, ok := a.softened.lookup(run); ok {
			v += value
		}
	}
	return v
}

// at reports whether word i exists and is text.
func (s sentence) at(i int, text string) bool {
	return 0 <= i && i < len(s.words) && s.words[i].is(text)
}

func (s sentence) soOrThis(i int) bool { return s.at(i, "so") || s.at(i, "this") }
