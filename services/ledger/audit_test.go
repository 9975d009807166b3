package ledger

import (
	"testing"
)

func TestAWorldThatIsWholeIsBalancedAlsoAfterKafkaHasForgotten(t *testing.T) {
	t.Parallel()
	w := startWorld(t)
	drawn := w.audit()
	if !drawn.Balanced || !drawn.Settled {
		t.Fatalf("%s: %s", drawn.Summary, said(drawn))
	}
	if drawn.Raw.Records != posts+3 || drawn.Enriched.Records != posts+2 || drawn.DeadLetters.Records != 1 {
		t.Errorf("counted are %d, %d and %d", drawn.Raw.Records, drawn.Enriched.Records, drawn.DeadLetters.Records)
	}
	if drawn.Raw.Archived != posts+3 || drawn.Enriched.Archived != posts+2 || drawn.Posts.Looks != posts+2 || drawn.Posts.Remembered != posts {
		t.Errorf("%+v", drawn)
	}
	if h := drawn.Handed; h == nil || h.Lines != posts+1 || h.Lost+h.Invented+h.Pending != 0 {
		t.Errorf("handed over: %+v", h)
	}
	w.forget()
	w.cfg.Truth = ""
	drawn = w.audit()
	if !drawn.Balanced || !drawn.Settled || drawn.Raw.Archived != posts+3 || drawn.Posts.Remembered != posts {
		t.Errorf("after Kafka has forgotten: %s: %s, %+v", drawn.Summary, said(drawn), drawn.Posts)
	}
}
