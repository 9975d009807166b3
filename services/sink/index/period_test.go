package index

import (
	"testing"

	"catsvdogs/services/pipeline/kafkatest"
	"catsvdogs/services/pipeline/tweet"
	"catsvdogs/services/sink/elastictest"
)

func TestAnIndexKeepsThePeriodItHas(t *testing.T) {
	t.Parallel()
	_, kafka := kafkatest.Start(t, 1)
	es := elastictest.Start(t, elastictest.Faults{Indices: []string{"tweets-2026.05", "tweets-2026.06.03", "tweets-2026.06.02", "restored-tweets-2026.01.01"}})
	produce(t, kafka, 5)
	s := start(t, kafka, es, false)
	s.awaitUnreadyBecause(t, "--index-period is month, and the alias tweets has indices of a day (2, the first is tweets-2026.06.02)")
	if n := es.Bulks(); n != 0 {
		t.Errorf("%d bulks were sent", n)
	}
	es.Fail(elastictest.Faults{Indices: []string{"tweets-2026.05"}})
	s.awaitUnready(t, "")
	awaitDone(t, kafka, 5)
	s.stop(t)
}

func TestThePeriodFollowsFromTheName(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]tweet.IndexPeriod{
		"tweets-2026.06": tweet.IndexMonthly, "tweets-2026.06.03": tweet.IndexDaily,
		"tweets-2026": "", "tweets-2026.06-copy": "", "old-tweets-2026.06": "", "tweets-2026.13": "", "tweets": "", "": "",
	} {
		if got, _ := periodOf(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}
