package refresher

import (
	"testing"
	"time"

	"catsvdogs/services/pipeline/tweet"
)

func TestARecordIsOfTheTimeOfItsObservationWhateverTheHostsClockSays(t *testing.T) {
	t.Parallel()
	observed := time.Date(2026, 6, 3, 12, 0, 0, 0, time.UTC)
	if r := recordOf(&tweet.Raw{Key: []byte("1"), ObservedAt: observed}); !r.Timestamp.Equal(observed) {
		t.Errorf("the record is of %s", r.Timestamp)
	}
}
