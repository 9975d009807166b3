package promotion

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"catsvdogs/services/pipeline/contest"
)

func of(reasons ...Reason) Reasons {
	var set Reasons
	for _, r := range reasons {
		set = set.With(r, true)
	}
	return set
}

func TestReasonsAreAddedUpToAScore(t *testing.T) {
	t.Parallel()
	s := NewScale(contest.DefaultPromotional())
	for _, c := range []struct {
		found Reasons
		want  Verdict
	}{
		{0, Verdict{Reasons: []string{}}},
		{of(ShortenedLink), Verdict{Score: 0.2, Reasons: []string{"shortened_link"}}},
		{of(PaidPartnership), Verdict{Promotional: true, Score: 1, Reasons: []string{"paid_partnership"}}},
		{of(Nullcast), Verdict{Promotional: true, Score: 1, Reasons: []string{"nullcast"}}},
		{of(SalesTalk, ShortenedLink), Verdict{Promotional: true, Score: 0.7, Reasons: []string{"shortened_link", "sales_talk"}}},
		{of(RepeatedText), Verdict{Promotional: true, Score: 0.5, Reasons: []string{"repeated_text"}}},
		{of(RepeatedText, AffiliateLink, HashtagStuffing), Verdict{Promotional: true, Score: 1, Reasons: []string{"hashtag_stuffing", "affiliate_link", "repeated_text"}}},
	} {
		if diff := cmp.Diff(c.want, s.Weigh(c.found)); diff != "" {
			t.Errorf("%b:\n%s", c.found, diff)
		}
	}
}

func TestAThresholdIsReachedWhateverBinaryFractionsMakeOfTheSum(t *testing.T) {
	t.Parallel()
	p := contest.Promotional{Threshold: 0.3, Weights: contest.PromotionalWeights{ShortenedLink: 0.1, SalesTalk: 0.2}}
	if a, b := 0.1, 0.2; a+b == 0.3 {
		t.Fatal("this machine adds as people do")
	}
	p.Threshold = 0.1 + 0.2 + 1e-12
	if v := NewScale(p).Weigh(of(ShortenedLink, SalesTalk)); !v.Promotional || v.Score != 0.3 {
		t.Errorf("%+v", v)
	}
}

func TestAReasonWithoutWeightIsLeftOut(t *testing.T) {
	t.Parallel()
	p := contest.DefaultPromotional()
	p.Weights.HashtagStuffing = 0
	if diff := cmp.Diff(Verdict{Score: 0.2, Reasons: []string{"shortened_link"}}, NewScale(p).Weigh(of(HashtagStuffing, ShortenedLink))); diff != "" {
		t.Error(diff)
	}
}

func TestEveryReasonHasANameOfItsOwn(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for r := range reasonCount {
		if r.String() == "" || seen[r.String()] {
			t.Errorf("reason %d is called %q", r, r)
		}
		seen[r.String()] = true
	}
}
