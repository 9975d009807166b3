package headline

import "cmp"

// growthFrom is from how many likes and the like an hour on a growth is worth a word.
const growthFrom = 10

// WritePopularity returns the sentence about popularity: who has more of it, in shares as they are shown beside it, and whose
// posts gain most at the moment.
func WritePopularity(now State) Sentence {
	if said, yes := noContest(now); yes {
		return said
	}
	ranked := rank(now.Sides, func(a, b Side) int { return cmp.Compare(b.Popularity, a.Popularity) })
	first := ranked[0]
	if !(first.Popularity > 0) {
		return sentence(KindNoLikes).noLikes(now.Over)
	}
	kind, tie := KindLead, KindTie
	if now.Over {
		kind, tie = KindFinal, KindFinalTie
	}
	tied := 1
	for tied < len(ranked) && tied < mentionedAtMost && ranked[tied].Popularity == first.Popularity {
		tied++
	}
	switch {
	case len(ranked) == 1:
		return sentence(kind).havePopularity(first)
	case tied > 1:
		return sentence(tie).equallyPopular(ranked[:tied], now.Over)
	}
	said := sentence(kind).popular(ranked, now.Over)
	if fastest, yes := fastest(now.Sides); yes && !now.Over {
		return said.growing(fastest)
	}
	return said.end()
}

// fastest is the side whose engagement grows more than that of every other, when that is worth a word.
func fastest(sides []Side) (s Side, yes bool) {
	var second float64
	for _, side := range sides {
		switch {
		case !side.Grown:
		case !s.Grown || side.Growth > s.Growth:
			s, second = side, s.Growth
		default:
			second = max(second, side.Growth)
		}
	}
	return s, s.Grown && s.Growth >= growthFrom && s.Growth > second
}
