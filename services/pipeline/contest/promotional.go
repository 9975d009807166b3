package contest

import (
	"fmt"
	"math"
)

// Promotional says what makes a post promotional. The weights of the reasons found are added up; from Threshold on the
// post is promotional.
type Promotional struct {
	Threshold float64            `yaml:"threshold"` // over 0, at most 1
	Weights   PromotionalWeights `yaml:"weights"`
}

// PromotionalWeights say how much each reason counts, from 0, which leaves the reason out, to 1. What each reason means
// stands in package enricher/promotion.
type PromotionalWeights struct {
	PaidPartnership float64 `yaml:"paid_partnership"`
	Nullcast        float64 `yaml:"nullcast"`
	HashtagStuffing float64 `yaml:"hashtag_stuffing"`
	AffiliateLink   float64 `yaml:"affiliate_link"`
	ShortenedLink   float64 `yaml:"shortened_link"`
	SalesTalk       float64 `yaml:"sales_talk"`
	RepeatedText    float64 `yaml:"repeated_text"`
}

// DefaultPromotional is what a contest file has that says nothing about promotional posts; a file that says something
// changes just that. What the author or X says for certain decides alone, and so does what no owner of a cat does by
// accident; a shortened link is a hint that needs another.
func DefaultPromotional() Promotional {
	return Promotional{
		Threshold: 0.5,
		Weights: PromotionalWeights{
			PaidPartnership: 1, Nullcast: 1, HashtagStuffing: 0.5, AffiliateLink: 0.6, ShortenedLink: 0.2, SalesTalk: 0.5, RepeatedText: 0.5,
		},
	}
}

// Hundredths rounds a weight, a score or a threshold as documents show it, so that 0.2 + 0.3 reaches a threshold of 0.5
// whatever binary fractions make of it.
func Hundredths(x float64) float64 { return math.Round(x*100) / 100 }

func checkPromotional(p Promotional, report func([]string, string)) {
	// People shorten links for many reasons, and a file that did otherwise would empty the count of honest posts.
	if link := p.Weights.ShortenedLink; Hundredths(link) >= Hundredths(p.Threshold) {
		report([]string{"promotional", "weights", "shortened_link"}, fmt.Sprintf(
			"promotional.weights.shortened_link is %g and the threshold %g: a shortened link alone must not make a post promotional, so its weight must be the lower one", link, p.Threshold))
	}
}
