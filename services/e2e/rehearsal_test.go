package e2e

import (
	"testing"
	"time"

	"catsvdogs/services/allinone"
)

// TestTheAccountStaysBalancedWhateverAPersonBreaksInTheDemo has no enricher that is killed: its client would outlive the test,
// as it outlives a kill nowhere else.
func TestTheAccountStaysBalancedWhateverAPersonBreaksInTheDemo(t *testing.T) {
	t.Parallel()
	got := run(t, t.Context(), allinone.Config{
		For: 16 * time.Second, Rate: 200, Seed: 7, Data: t.TempDir(),
		Fault: []string{"index_half_a_bulk@0s", "store_answer_lost@1s", "poison_record@2s", "index_429@3s", "broker_away@4s"},
	})
	got.balanced(t, "after faults")
	if got.Poisoned != 1 {
		t.Errorf("%d records were put in", got.Poisoned)
	}
	for _, name := range []string{"index_half_a_bulk", "index_429", "poison_record", "broker_away"} {
		if got.Faults[name] == 0 {
			t.Errorf("nothing has met the fault %s: %v", name, got.Faults)
		}
	}
}
