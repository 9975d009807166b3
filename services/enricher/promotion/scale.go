package promotion

import "catsvdogs/services/pipeline/contest"

// Scale weighs reasons as a contest says. It never changes; use it from any goroutine.
type Scale struct {
	weights   [reasonCount]float64
	threshold float64
}

// NewScale returns the scale of a contest.
func NewScale(p contest.Promotional) *Scale {
	w := p.Weights
	return &Scale{
		threshold: contest.Hundredths(p.Threshold),
		weights: [reasonCount]float64{
			PaidPartnership: w.PaidPartnership, Nullcast: w.Nullcast, HashtagStuffing: w.HashtagStuffing, AffiliateLink: w.AffiliateLink,
			ShortenedLink: w.ShortenedLink, SalesTalk: w.SalesTalk, RepeatedText: w.RepeatedText,
		},
	}
}

// Verdict is what the reasons found in a post come to.
type Verdict struct {
	Promotional bool
	Score       float64  // in [0,1], to two decimals
	Reasons     []string // by name, each once, never nil; those of weight 0 are left out
}

// Weigh adds the weights of the reasons up, to 1 at most. A post is promotional when that reaches the threshold.
func (s *Scale) Weigh(found Reasons) Verdict {
	if found == 0 {
		return Verdict{Reasons: []string{}}
	}
	v := Verdict{Reasons: make([]string, 0, reasonCount)}
	for r := range reasonCount {
		if found.Has(r) && s.weights[r] > 0 {
			v.Reasons = append(v.Reasons, r.String())
			v.Score += s.weights[r]
		}
	}
	v.Score = min(1, contest.Hundredths(v.Score))
	v.Promotional = v.Score >= s.threshold
	return v
}
